"""From single readings to the occupancy of a class of units over time, knowing what was known when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from app.surge.metrics import METRICS, fresh
from app.surge.triggers import Sample

Key = tuple[str, str]
"""Unit id and metric."""
STAFFED, OCCUPIED = "staffed_beds", "occupied_beds"


@dataclass(frozen=True)
class Known:
    """The value that was last observed."""

    value: int
    at: datetime


@dataclass(frozen=True)
class UnitBeds:
    """What is set up for a unit. `staffed` counts until somebody has ever reported staffed beds."""

    id: str
    staffed: int
    physical: int


def fresh_until(known: Mapping[Key, Known], now: datetime) -> datetime | None:
    """When the next of these becomes stale; None when all are already."""
    ends = (reading.at + METRICS[metric].max_age for (_, metric), reading in known.items())
    return min((end for end in ends if end > now), default=None)


def samples(
    units: Iterable[UnitBeds],
    before: Mapping[Key, Known],
    arrivals: Iterable[tuple[Key, Known]],
    since: datetime | None,
    now: datetime,
) -> list[Sample]:
    """Occupied of staffed beds of these units together, at each moment from `since` when it changes: at
    an observation, when one becomes stale, and now. Observations older than what is known change nothing.
    """
    units = list(units)
    known = dict(before)
    mine = {(unit.id, metric) for unit in units for metric in (STAFFED, OCCUPIED)}
    waiting = sorted(((k, r) for k, r in arrivals if k in mine), key=lambda a: a[1].at)
    observed = [(key, known[key]) for key in mine if key in known] + waiting
    moments = {min(reading.at, now) for _, reading in waiting} | {now}
    moments |= {reading.at + METRICS[metric].max_age for (_, metric), reading in observed}
    found, next_arrival = [], 0
    for moment in sorted(m for m in moments if m <= now and (since is None or m >= since)):
        while next_arrival < len(waiting) and min(waiting[next_arrival][1].at, now) <= moment:
            key, reading = waiting[next_arrival]
            if key not in known or reading.at >= known[key].at:
                known[key] = reading
            next_arrival += 1
        found.append(_sample(units, known, moment))
    return found


def _sample(units: Iterable[UnitBeds], known: Mapping[Key, Known], at: datetime) -> Sample:
    used = of = 0
    complete = True
    for unit in units:
        occupied, staffed = known.get((unit.id, OCCUPIED)), known.get((unit.id, STAFFED))
        if occupied is not None and fresh(OCCUPIED, occupied.at, at):
            used += occupied.value
        else:
            complete = False
        if staffed is None:
            of += unit.staffed
        elif fresh(STAFFED, staffed.at, at):
            of += staffed.value
        else:
            of += max(staffed.value, unit.physical)
            complete = False
    return Sample(at, used, of, complete)
