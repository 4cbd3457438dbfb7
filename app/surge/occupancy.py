"""From single readings to a measure of a class of units over time, knowing what was known when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.surge.facts import Fact, Parts, UnitBeds
from app.surge.measures import MEASURES, OCCUPIED, STAFFED, Measure
from app.surge.metrics import METRICS
from app.surge.triggers import Sample

__all__ = ["OCCUPIED", "STAFFED", "Key", "Known", "UnitBeds", "fresh_until", "parts_at", "samples"]

YEARLY = timedelta(days=360)
Key = tuple[str, str]
"""Unit id and metric."""


@dataclass(frozen=True)
class Known:
    """The value that was last observed."""

    value: int
    at: datetime


def fresh_until(known: Mapping[Key, Known], now: datetime) -> datetime | None:
    """When the next of these becomes stale; None when all are already."""
    ends = (reading.at + METRICS[metric].max_age for (_, metric), reading in known.items())
    return min((end for end in ends if end > now), default=None)


def next_stale(
    units: Iterable[UnitBeds],
    known: Mapping[Key, Known],
    now: datetime,
    measure: Measure,
    stale_after: int | None = None,
) -> datetime | None:
    """When the next reading that the measure is made of becomes stale; None when none will."""
    keys = ((unit.id, metric) for unit in units for metric in measure.metrics)
    ends = (known[key].at + _age(key[1], stale_after) for key in keys if key in known)
    return min((end for end in ends if end > now), default=None)


def samples(
    units: Sequence[UnitBeds],
    before: Mapping[Key, Known],
    arrivals: Iterable[tuple[Key, Known]],
    since: datetime | None,
    now: datetime,
    measure: Measure = MEASURES["occupancy"],
    stale_after: int | None = None,
) -> list[Sample]:
    """The measure of these units together at each moment from `since` when it changes: at an observation, and when
    one becomes stale. Observations older than what is known change nothing; one that comes late counts from `since`.
    """
    known = dict(before)
    mine = {(unit.id, metric) for unit in units for metric in measure.metrics}
    waiting = sorted(((k, r) for k, r in arrivals if k in mine), key=lambda a: a[1].at)
    held = [(key, known[key]) for key in mine if key in known]
    moments = {_counts_from(reading, since, now) for _, reading in waiting}
    if since is None:
        moments |= {reading.at for _, reading in held}
    moments |= {reading.at + _age(metric, stale_after) for (_, metric), reading in held + waiting}
    found, next_arrival = [], 0
    for moment in sorted(m for m in moments if m <= now and (since is None or m >= since)):
        while next_arrival < len(waiting) and _counts_from(waiting[next_arrival][1], since, now) <= moment:
            key, reading = waiting[next_arrival]
            if key not in known or reading.at >= known[key].at:
                known[key] = reading
            next_arrival += 1
        parts = parts_at(units, known, moment, measure, stale_after)
        found.append(Sample(moment, measure.bounds(parts)))
    return found


def parts_at(
    units: Iterable[UnitBeds],
    known: Mapping[Key, Known],
    at: datetime,
    measure: Measure,
    stale_after: int | None = None,
) -> Parts:
    """What the measure is made of at that moment."""

    def fact(unit_id: str, metric: str) -> Fact | None:
        reading = known.get((unit_id, metric))
        if reading is None:
            return None
        return Fact(reading.value, at - reading.at < _age(metric, stale_after))

    return measure.parts(units, fact)


def _age(metric: str, stale_after: int | None) -> timedelta:
    """A rule's own age is not for what is counted once a year."""
    usual = METRICS[metric].max_age
    return usual if stale_after is None or usual >= YEARLY else timedelta(minutes=stale_after)


def _counts_from(reading: Known, since: datetime | None, now: datetime) -> datetime:
    moment = min(reading.at, now)
    return moment if since is None else max(moment, since)
