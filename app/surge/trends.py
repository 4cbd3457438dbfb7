"""How full a hospital has been over fourteen days: a mark for every six hours, a gap where somebody did not count."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.facilities.models import Unit
from app.surge.huddle_metrics import WITHOUT
from app.surge.measures import OCCUPIED, STAFFED
from app.surge.models import ReadingMark

STEP = timedelta(hours=6)
MARKS = 56
STAFFING_HOLDS = 2
"""For so many marks staffed beds count on when nobody has reported them anew: about a shift."""

Points = Sequence[float | None]


@dataclass(frozen=True)
class Window:
    """The marks that are drawn: the first begins at `begins`, the last is the one that `now` lies in."""

    begins: datetime

    @property
    def ends(self) -> datetime:
        return self.begins + STEP * MARKS

    def place(self, at: datetime) -> int:
        return (at - self.begins) // STEP


@dataclass(frozen=True)
class Trends:
    """`units`: occupied beds by unit id. `classes`: occupancy in percent by class."""

    window: Window
    units: Mapping[str, Points] = field(default_factory=dict)
    classes: Mapping[str, Points] = field(default_factory=dict)


def window(now: datetime) -> Window:
    last = now.replace(hour=now.hour // 6 * 6, minute=0, second=0, microsecond=0)
    return Window(last - STEP * (MARKS - 1))


def trends(session: Session, units: Sequence[Unit], now: datetime) -> Trends:
    """One query for all of these units."""
    shown = window(now)
    query = sa.select(
        ReadingMark.unit_id, ReadingMark.metric, ReadingMark.begins_at, ReadingMark.value
    ).where(
        ReadingMark.unit_id.in_([unit.id for unit in units]),
        ReadingMark.metric.in_((OCCUPIED, STAFFED)),
        ReadingMark.begins_at >= shown.begins,
        ReadingMark.begins_at < shown.ends,
    )
    found: dict[tuple[str, str], list[int | None]] = defaultdict(lambda: [None] * MARKS)
    for unit_id, metric, begins_at, value in session.execute(query):
        found[unit_id, metric][shown.place(begins_at)] = value
    occupied = {unit.id: found.get((unit.id, OCCUPIED), [None] * MARKS) for unit in units}
    staffed = {
        unit.id: held(found.get((unit.id, STAFFED)), unit.staffed_beds, STAFFING_HOLDS) for unit in units
    }
    by_class: dict[str, list[str]] = defaultdict(list)
    for unit in units:
        by_class[unit.unit_class].append(unit.id)
    return Trends(
        shown,
        occupied,
        {
            name: together([occupied[each] for each in ids], [staffed[each] for each in ids])
            for name, ids in by_class.items()
        },
    )


def held(points: Sequence[int | None] | None, set_up: int, most: int) -> list[int | None]:
    """Staffed beds hold for `most` marks after they were reported; where nobody ever reports them, as set up."""
    if points is None:
        return [set_up] * MARKS
    found: list[int | None] = []
    last, age = None, 0
    for point in points:
        last, age = (point, 0) if point is not None else (last, age + 1)
        found.append(last if age <= most else None)
    return found


def together(parts: Sequence[Sequence[int | None]], wholes: Sequence[Sequence[int | None]]) -> Points:
    """Percent at each mark over all of them; None where one of them is not known, or there is no bed."""
    found: list[float | None] = []
    for part, whole in zip(zip(*parts, strict=True), zip(*wholes, strict=True), strict=True):
        if None in part or None in whole or not sum(whole):
            found.append(None)
        else:
            found.append(sum(part) * 1000 // sum(whole) / 10)
    return found


def patients(
    session: Session, units: Mapping[str, int], facility_ids: Collection[str], now: datetime
) -> dict[str, Points]:
    """Patients in inpatient beds by hospital, in one query. `units`: how many such units each has.

    A mark stands only where every one of them was counted.
    """
    shown = window(now)
    query = (
        sa.select(Unit.facility_id, ReadingMark.begins_at, sa.func.count(), sa.func.sum(ReadingMark.value))
        .join(ReadingMark, ReadingMark.unit_id == Unit.id)
        .where(
            Unit.facility_id.in_(facility_ids),
            Unit.unit_class.not_in(WITHOUT),
            ReadingMark.metric == OCCUPIED,
            ReadingMark.begins_at >= shown.begins,
            ReadingMark.begins_at < shown.ends,
        )
        .group_by(Unit.facility_id, ReadingMark.begins_at)
    )
    found: dict[str, list[float | None]] = {}
    for facility_id, begins_at, counted, value in session.execute(query):
        points = found.setdefault(facility_id, [None] * MARKS)
        if counted == units.get(facility_id):
            points[shown.place(begins_at)] = int(value)
    return dict(found)
