"""Believable counts every few minutes, so that a demo's numbers stay fresh. What a person has counted is left alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from app.demo.census import RHYTHMS
from app.demo.model import METRICS, Reading, Unit
from app.demo.more import KEPT, more
from app.surge.huddle_metrics import EXPECTED

SOURCE = "demo feed"
HANDS_OFF = timedelta(hours=1)
"""How long the feed keeps away from a unit after somebody else has counted it."""


@dataclass(frozen=True)
class Last:
    """The newest reading of a metric of a unit."""

    value: int
    at: datetime
    source: str


def counts(
    units: Iterable[Unit],
    zones: Mapping[str, str],
    last: Mapping[tuple[str, str, str], Last],
    now: datetime,
    rng: Random,
) -> list[Reading]:
    """The next count of each unit. `last` is by facility, unit and metric; `zones` by facility."""
    found: list[Reading] = []
    busy = {
        place[:2]
        for place, each in last.items()
        if place[2] not in EXPECTED and each.source != SOURCE and now - each.at < HANDS_OFF
    }
    for unit in units:
        before = {metric: last.get((unit.facility, unit.code, metric)) for metric in METRICS}
        if unit_place(unit) in busy:
            continue
        staffed, occupied, blocked = (each.value if each else None for each in before.values())
        local = now.astimezone(ZoneInfo(zones[unit.facility]))
        values = (
            unit.staffed_beds if staffed is None else staffed,
            _next(unit, occupied, _aim(unit, local), rng),
            blocked or 0,
        )
        told = dict(zip(METRICS, values, strict=True))
        others = more(unit, ZoneInfo(zones[unit.facility]), now, *values)
        told |= {metric: value for metric, value in others.items() if _tell(unit, metric, value, last, now)}
        found += [Reading(*unit_place(unit), metric, now, value) for metric, value in told.items()]
    return found


def unit_place(unit: Unit) -> tuple[str, str]:
    return unit.facility, unit.code


def _tell(
    unit: Unit, metric: str, value: int, last: Mapping[tuple[str, str, str], Last], now: datetime
) -> bool:
    """What is the same is told again only now and then."""
    before = last.get((*unit_place(unit), metric))
    return before is None or before.value != value or now - before.at >= KEPT


def _aim(unit: Unit, local: datetime) -> float:
    rhythm = RHYTHMS[unit.unit_class]
    shape = rhythm.day[local.hour] * rhythm.week[local.weekday()]
    return unit.staffed_beds * unit.usual_percent / 100 * shape


def _next(unit: Unit, occupied: int | None, aim: float, rng: Random) -> int:
    """At most one patient comes or goes, more likely toward the usual number."""
    if occupied is None:
        return round(aim)
    pull = max(-1.0, min(1.0, (aim - occupied) / max(2.0, unit.staffed_beds / 10)))
    chance = rng.random()
    step = 1 if chance < 0.15 + 0.15 * pull else -1 if chance > 0.85 + 0.15 * pull else 0
    return max(0, min(unit.physical_beds, occupied + step))
