"""The crowding scores of a hospital, from the readings of its emergency department. Pure.

For a person the last known numbers are taken, and the score is provisional when one of them is old. For a trigger old
numbers are left out: what they could only add to then stands as a lower bound, and a score can surely be too high
while part of it is not known, but never surely low enough.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.scores.catalogue import CALCULATORS
from app.scores.score import Reason, Score, calculate, half_up, shown
from app.surge.facts import Facts, UnitBeds
from app.surge.windows import UNKNOWN, Bounds

STAFFED = "staffed_beds"
SET_UP = ""
ADDS, LOWERS, STEADY = "adds", "lowers", "steady"


@dataclass(frozen=True)
class Origin:
    """Where an input comes from: the readings of a metric added up over the units of the emergency department (of
    waits the `longest`), `per` of which make one of the input's unit. SET_UP: the inpatient beds of the house.

    More of it `adds` to the score, `lowers` it, or nothing is known without it (`steady`).
    """

    input: str
    metric: str
    longest: bool = False
    per: int = 1
    effect: str = ADDS


def _hours(name: str, metric: str) -> Origin:
    return Origin(name, metric, longest=True, per=60)


_BEDS = ("ed_beds", STAFFED)
ORIGINS: dict[str, tuple[Origin, ...]] = {
    "nedocs": (
        Origin("ed_patients", "ed_patients"),
        Origin(*_BEDS, effect=LOWERS),
        Origin("admits_in_ed", "ed_boarding"),
        Origin("hospital_beds", SET_UP, effect=STEADY),
        Origin("ventilated", "ed_ventilated"),
        _hours("longest_admit_hours", "ed_longest_boarding_minutes"),
        _hours("last_bed_wait_hours", "ed_last_bed_wait_minutes"),
    ),
    "cedocs": (
        Origin("critical_care", "ed_critical_care"),
        _hours("longest_admit_hours", "ed_longest_boarding_minutes"),
        Origin("waiting_room", "ed_waiting_room"),
        Origin("ed_patients", "ed_patients"),
        Origin(*_BEDS, effect=LOWERS),
        Origin("annual_visits", "ed_visits_year", effect=STEADY),
    ),
    "edwin": (
        *(Origin(f"esi_{n}", f"ed_triage_{n}") for n in range(1, 6)),
        Origin("attendings", "ed_attendings", effect=STEADY),
        Origin("treatment_bays", STAFFED, effect=LOWERS),
        Origin("boarders", "ed_boarding"),
    ),
    "readi": (
        Origin("patients", "ed_patients"),
        Origin("predicted_arrivals", "ed_expected_arrivals"),
        Origin("predicted_departures", "ed_expected_departures", effect=STEADY),
        Origin("treatment_spaces", STAFFED, effect=LOWERS),
        *(Origin(f"acuity_{n}", f"ed_acuity_{n}", effect=STEADY) for n in range(1, 5)),
        Origin("arrivals_per_hour", "ed_arrivals_hour"),
        Origin("provider_rate", "ed_provider_rate", effect=STEADY),
    ),
    "icmed": (
        Origin("ambulance_offload_p90_minutes", "ed_offload_p90_minutes", longest=True),
        Origin("left", "ed_left_unseen_day"),
        Origin("came", "ed_arrivals_day"),
        Origin("arrival_to_triage_minutes", "ed_arrival_to_triage_minutes", longest=True),
        Origin("ed_patients", "ed_patients"),
        Origin(*_BEDS),
        Origin("patients_over_4h", "ed_over_4h"),
        Origin("longest_urgent_wait_minutes", "ed_urgent_wait_minutes", longest=True),
        Origin("admitted_waiting", "ed_boarding"),
        Origin("admitted_over_2h", "ed_boarding_over_2h"),
        Origin("boarders", "ed_boarding"),
    ),
    "boarding_hours": (Origin("waits_hours", "ed_boarding_minutes", per=60),),
}


@dataclass(frozen=True)
class Made:
    """One input as it was found. `value` None: not reported. `most`: what it can be at most, where it is known."""

    origin: Origin
    value: float | None
    fresh: bool
    most: float | None = None
    at: datetime | None = None
    source: str = ""
    reported: bool = True


@dataclass(frozen=True)
class Live:
    """A score with the inputs it was made of."""

    score: Score
    made: tuple[Made, ...]


def metrics_of(name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.metric for each in ORIGINS[name] if each.metric != SET_UP))


def live(name: str, units: Sequence[UnitBeds], facts: Facts) -> Live:
    """For people: the last known numbers, old ones marked."""
    made = tuple(_made(origin, units, facts) for origin in ORIGINS[name])
    stale = [each.origin.input for each in made if each.value is not None and not each.fresh]
    return Live(_score(name, {each.origin.input: each.value for each in made}, stale), made)


def bounds(name: str, units: Sequence[UnitBeds], facts: Facts) -> tuple[Bounds, str]:
    """For triggers: where the score surely lies, and in words."""
    made = [_made(origin, units, facts) for origin in ORIGINS[name]]
    if name == "icmed":
        return _violations(made)
    complete = all(each.fresh and each.value is not None for each in made)
    values = {each.origin.input: each.value if each.fresh else _least(each) for each in made}
    known = any(each.fresh and each.origin.effect == ADDS and each.value is not None for each in made)
    score = _score(name, values) if known else Score(name)
    value = _compared(score)
    if value is None:
        return UNKNOWN, _said(score, complete=complete)
    return Bounds(value, value if complete else None), _said(score, complete=complete)


def _made(origin: Origin, units: Sequence[UnitBeds], facts: Facts) -> Made:
    if origin.metric == SET_UP:
        beds = max((unit.house for unit in units), default=0)
        return Made(origin, beds, fresh=True, most=beds, source="set up")
    values, most, fresh, reported = [], 0, True, bool(units)
    ages, sources = [], []
    for unit in units:
        fact = facts(unit.id, origin.metric)
        if fact is None and origin.metric == STAFFED:
            values.append(unit.staffed)
            most += unit.staffed
            sources.append("set up")
        elif fact is None:
            reported = False
        else:
            values.append(fact.value)
            most += fact.value if fact.fresh else max(fact.value, unit.physical)
            fresh = fresh and fact.fresh
            ages.append(fact.at)
            sources.append(fact.source)
    value = None
    if reported:
        value = (max(values) if origin.longest else sum(values)) / origin.per
        value = int(value) if value == int(value) else value
    oldest = min((at for at in ages if at is not None), default=None)
    said = ", ".join(sorted(set(filter(None, sources))))
    ceiling = most if origin.metric == STAFFED and units else None
    return Made(origin, value, fresh and reported, ceiling, oldest, said, reported)


def _least(made: Made) -> float | None:
    """What stands for an input that is not known, so that the score can only be higher."""
    return {ADDS: 0, LOWERS: made.most, STEADY: None}[made.origin.effect]


def _score(name: str, values: dict[str, Any], stale: Sequence[str] = ()) -> Score:
    calculator = CALCULATORS[name]
    if name == "icmed":
        left, came = values.pop("left"), values.pop("came")
        values["lwbs_percent"] = left * 100 / came if left is not None and came else None
        stale = ["lwbs_percent" if each in ("left", "came") else each for each in dict.fromkeys(stale)]
    if name == "boarding_hours" and values["waits_hours"] is not None:
        return _boarding(values["waits_hours"], old=bool(stale))
    return calculate(calculator, values, list(dict.fromkeys(stale)))


def _boarding(hours: float, *, old: bool) -> Score:
    """The hours come added up already: nobody's own wait is reported."""
    reasons = [Reason(f"{shown(hours)} hours, all who wait for a bed together", "waits_hours", hours)]
    if old:
        reasons.append(Reason("Boarding time is out of date: the score is provisional.", "waits_hours"))
    return Score("boarding_hours", float(hours), half_up(hours, 1), None, old, tuple(reasons))


def _compared(score: Score) -> float | None:
    """The number a limit is held against: rounded as it is shown, and going on where the scale ends."""
    if score.raw is None or score.score is None:
        return None
    beyond: dict[str, Callable[[float], float]] = {
        "nedocs": lambda raw: max(0.0, half_up(raw)),
        "cedocs": lambda raw: max(0.0, half_up(2 * raw)),
    }
    return beyond[score.name](score.raw) if score.name in beyond else score.score


def _said(score: Score, *, complete: bool) -> str:
    title = CALCULATORS[score.name].title
    if score.score is None:
        return f"{title}: no number can be given"
    band = f", {score.band}" if score.band else ""
    return f"{title} {'' if complete else 'at least '}{score.score:g}{band}"


def _violations(made: Sequence[Made]) -> tuple[Bounds, str]:
    """What nobody ever reports may or may not be violated; what is old could be anything."""
    values = {each.origin.input: each.value if each.fresh else None for each in made}
    score = _score("icmed", values)
    if score.score is None:
        return UNKNOWN, _said(score, complete=False)
    old = any(each.reported and not each.fresh for each in made)
    never = sum(reason.text.startswith("Not known") for reason in score.reasons)
    violated = [reason.text for reason in score.reasons if reason.text.startswith("Violated")]
    words = f"{len(violated)} of 8 violated" + (f", {never} not known" if never else "")
    return Bounds(score.score, None if old else score.score + never), words
