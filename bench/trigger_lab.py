"""The trigger lab over real series, and how fast it is.

    python -m bench.trigger_lab --data FOLDER      the study of docs/trigger-lab.md
    python -m bench.trigger_lab --speed            ten years of daily numbers of 50 units
    --json                                         one JSON line with the same figures

FOLDER holds germany_icu_daily/bundeslaender.csv.gz and hhs_state_daily/state_timeseries.csv.gz.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from app.surge import packs
from app.surge.definitions import DAY, Definition
from app.surge.lab import Figures, Target, series_samples
from app.surge.triggers import Rule
from app.surge.trying import Answer, Chosen, Question, Stretch, answer, as_seen_by

GERMANY_FROM = "2020-08-05"
"""From the day before, the emergency reserve is asked apart and free beds fall overnight."""
US_FROM = "2020/08/15"
"""Reporting went from one system to another in July 2020; bed totals are back by mid-August."""
NOT_USED = {"RI": "occupied beds exceed beds on many days, up to 118 %"}
Points = list[tuple[datetime, float | None]]


def rule(title: str, **numbers: Any) -> Chosen:
    return Chosen(title, "this study", Definition(title, "occupancy", "icu", Rule("at_least", **numbers)))


def published(pack: str, slug: str) -> Chosen:
    found = next(each for each in packs.examples() if each.slug == pack)
    shipped = next(each for each in found.rules if each.slug == slug)
    return Chosen(shipped.definition.title, f"{found.title} {found.version}", shipped.definition)


def sets(limit: float, matters: float) -> list[Chosen]:
    return [
        rule(f"{limit:g} % now, no delay", threshold=limit),
        rule(f"{limit:g} % two days in a row, clears under {limit - 3:g} % for 3 days",
             threshold=limit, on_delay=DAY, deadband=3, off_delay=3 * DAY),
        rule(f"{limit + 3:g} % two days in a row, clears under {limit + 1:g} % for 3 days",
             threshold=limit + 3, on_delay=DAY, deadband=2, off_delay=3 * DAY),
        rule(f"7-day mean at {limit:g} %, clears under {limit - 2:g} % for 3 days",
             threshold=limit, deadband=2, off_delay=3 * DAY, window="mean", window_minutes=7 * DAY),
        published("california", "ca_hospital_notifies"),
        published("massachusetts", "ma_tier2_icu"),
        rule(f"Trend of 7 days reaches {matters:g} % within 21 days",
             threshold=matters, off_delay=3 * DAY, window="projected", window_minutes=7 * DAY,
             horizon_minutes=21 * DAY),
        rule(f"Trend of 14 days reaches {matters:g} % within 7 days, two days in a row",
             threshold=matters, on_delay=DAY, deadband=3, off_delay=3 * DAY, window="projected",
             window_minutes=14 * DAY, horizon_minutes=7 * DAY),
    ]  # fmt: skip


def germany(folder: Path) -> dict[str, Points]:
    found: dict[str, Points] = defaultdict(list)
    for row in _rows(folder / "germany_icu_daily" / "bundeslaender.csv.gz"):
        if row["datum"] >= GERMANY_FROM:
            used, free = float(row["intensivbetten_belegt"]), float(row["intensivbetten_frei"])
            at = datetime.fromisoformat(row["datum"]).replace(tzinfo=UTC)
            found[row["bundesland_name"]].append((at, used * 100 / (used + free) if used + free else None))
    return found


def united_states(folder: Path) -> dict[str, Points]:
    found: dict[str, Points] = defaultdict(list)
    for row in _rows(folder / "hhs_state_daily" / "state_timeseries.csv.gz"):
        if row["date"] >= US_FROM and row["state"] not in NOT_USED:
            used = row["inpatient_beds_utilization_numerator"].replace(",", "")
            of = row["inpatient_beds_utilization_denominator"].replace(",", "")
            at = datetime.strptime(row["date"], "%Y/%m/%d").replace(tzinfo=UTC)
            value = float(used) * 100 / float(of) if used and of and float(of) else None
            found[row["state"]].append((at, value))
    return found


def study(series: dict[str, Points], target: Target, chosen: Sequence[Chosen]) -> Answer:
    stretches = []
    for name, points in sorted(series.items()):
        points.sort(key=lambda point: point[0])
        begins, ends = points[0][0], points[-1][0]
        samples = series_samples(points, ends)
        rules = tuple((as_seen_by(each.definition, "occupancy", samples) or [],) for each in chosen)
        stretches.append(Stretch(name, begins, ends, samples, rules))
    question = Question("study", "occupancy", target, 7 * DAY, tuple((each,) for each in chosen))
    return answer(question, stretches, UTC)


def report(title: str, found: Answer, chosen: Sequence[Chosen]) -> None:
    first = found.sets[0].total
    print(f"\n{title}: {found.series} series, {found.numbers} numbers, {first.crossings} crossings\n")
    print(
        "| rule | warned | median warning, days | stood before | late | missed | firings | false | flaps | in alarm |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    for each, by in zip(chosen, found.sets, strict=True):
        total = by.total
        lead = "none" if total.lead is None else f"{total.lead / DAY:.1f}"
        print(
            f"| {each.label} | {total.warned} | {lead} | {total.standing} | {total.late} | {total.missed} | "
            f"{total.firings} | {total.false_calls} | {total.flaps} | {total.share_in_alarm or 0:.1f} % |"
        )


def speed(units: int = 50, years: int = 10) -> dict[str, float]:
    """Seconds for one rule and its target over all units; the clock of the process, and of the wall."""
    rng, begins = Random(1974), datetime(2015, 1, 1, tzinfo=UTC)
    series: dict[str, Points] = {}
    for unit in range(units):
        value, points = 80.0, []
        for day in range(years * 365):
            value = max(50.0, min(110.0, value + rng.gauss(0, 2.5)))
            points.append((begins + timedelta(days=day), value if rng.random() > 0.01 else None))
        series[f"unit {unit}"] = points
    target = Target("at_least", 100, DAY, 3 * DAY, 14 * DAY)
    found = {}
    for name, chosen in (
        ("now", rule("now", threshold=90.0, on_delay=DAY, deadband=5, off_delay=3 * DAY)),
        ("mean", rule("mean", threshold=90.0, window="mean", window_minutes=7 * DAY)),
        ("projected", rule("projected", threshold=100.0, window="projected", window_minutes=7 * DAY,
                           horizon_minutes=7 * DAY)),
    ):  # fmt: skip
        wall, cpu = time.perf_counter(), time.process_time()
        study(series, target, [chosen])
        found[f"{name}_cpu_s"] = round(time.process_time() - cpu, 2)
        found[f"{name}_wall_s"] = round(time.perf_counter() - wall, 2)
    return found


def _rows(path: Path) -> Iterable[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _plain(total: Figures) -> dict[str, Any]:
    plain = asdict(total) | {"lead_days": None if total.lead is None else total.lead / DAY}
    plain.pop("leads")
    return plain


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--speed", action="store_true")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    figures: dict[str, Any] = {}
    if asked.data:
        for title, series, target, chosen in (
            ("Germany, intensive care, 8 states", germany(asked.data),
             Target("at_least", 90, DAY, 7 * DAY, 14 * DAY), sets(85, 90)),
            ("United States, all inpatient beds, 26 states", united_states(asked.data),
             Target("at_least", 80, 2 * DAY, 14 * DAY, 14 * DAY), sets(75, 80)),
        ):  # fmt: skip
            found = study(series, target, chosen)
            report(title, found, chosen)
            figures[title] = {
                each.label: _plain(by.total) for each, by in zip(chosen, found.sets, strict=True)
            }
    if asked.speed:
        figures["speed"] = speed()
        print("\nTen years of daily numbers of 50 units, one rule and its target:")
        for name, seconds in figures["speed"].items():
            print(f"  {name:18} {seconds:6.2f}")
    if asked.json:
        print(json.dumps(figures))


if __name__ == "__main__":
    main()
