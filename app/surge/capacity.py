"""A hospital's capacity as it is shown: every number with its age and source, missing as missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.facilities.models import Unit
from app.facilities.queries import ratio_sets, waivers
from app.facilities.ratios import UNKNOWN, Ratio, RatioSet, Waiver, ratio_for
from app.facilities.unit_classes import CLASS_WORDS, UNIT_CLASSES, WHOLE_HOSPITAL
from app.surge.available import Available, available, causes_said, doubts
from app.surge.metrics import METRICS, OPENABLE, fresh
from app.surge.models import LatestReading, ReadingMark

TREND_DAYS = 14
MARKS_A_DAY = 4
__all__ = [
    "CLASS_WORDS",
    "WHOLE_HOSPITAL",
    "ClassCapacity",
    "House",
    "UnitCapacity",
    "Value",
    "house",
    "houses",
]


@dataclass(frozen=True)
class Value:
    """One number: what, when seen, by whom said, and whether it may still be believed."""

    value: int
    observed_at: datetime
    received_at: datetime
    source: str
    fresh: bool


@dataclass(frozen=True)
class UnitCapacity:
    """`values` by metric, only those ever reported. `staffed` falls back to what is set up for the unit. `ratio`:
    how many patients a nurse may have there now.
    """

    unit: Unit
    values: Mapping[str, Value]
    trend: Sequence[int | None] = ()
    ratio: Ratio = UNKNOWN

    def known(self, metric: str) -> int | None:
        """The value, if it is there and fresh."""
        value = self.values.get(metric)
        return value.value if value is not None and value.fresh else None

    @property
    def staffed(self) -> int | None:
        return self.known("staffed_beds") if "staffed_beds" in self.values else self.unit.staffed_beds

    @property
    def occupied(self) -> int | None:
        return self.known("occupied_beds")

    @property
    def blocked(self) -> int | None:
        return self.known("blocked_beds")

    @property
    def usable(self) -> bool:
        return self.staffed is not None and self.occupied is not None

    @cached_property
    def room(self) -> Available:
        """Staffed beds that can take a patient now, what limits them, and what they are made of."""
        return available(self.unit.physical_beds, self.unit.staffed_beds, self.ratio, self.values)

    @property
    def available(self) -> int | None:
        return self.room.beds

    @property
    def room_as_of(self) -> datetime | None:
        """A number is as old as the oldest reading that it is made of."""
        return min((self.values[metric].observed_at for metric in self.room.inputs), default=None)

    @property
    def causes(self) -> str:
        """Why beds are blocked, as far as it was told."""
        return causes_said(self.values)

    def openable(self, hours: int) -> int | None:
        """Beds reported as openable within so many hours; surge spaces are apart."""
        return self.known(OPENABLE[hours])

    @property
    def occupancy(self) -> float | None:
        """Percent of staffed beds, cut to one decimal so that 99.96 does not look full."""
        return percent(self.occupied, self.staffed)

    @property
    def trouble(self) -> str:
        """In words, what is missing or too old; empty when all is well."""
        said = [
            f"{METRICS[metric].label.lower()} {'too old' if metric in self.values else 'not reported'}"
            for metric in ("staffed_beds", "occupied_beds", "blocked_beds")
            if self.known(metric) is None and not (metric == "staffed_beds" and self.staffed is not None)
        ]
        return ", ".join([*said, *doubts(self.values)])

    @property
    def counted(self) -> Value | None:
        """The reading whose age speaks for the row: how many beds are occupied."""
        return self.values.get("occupied_beds")


@dataclass(frozen=True)
class ClassCapacity:
    """All units of a class together. Sums cover the units with fresh numbers; `missing` names the others."""

    unit_class: str
    units: Sequence[UnitCapacity]

    @property
    def label(self) -> str:
        return CLASS_WORDS.get(self.unit_class, self.unit_class)

    @property
    def counted(self) -> list[UnitCapacity]:
        return [unit for unit in self.units if unit.usable]

    @property
    def missing(self) -> list[str]:
        return [unit.unit.name for unit in self.units if not unit.usable]

    @property
    def staffed(self) -> int | None:
        return sum(unit.staffed or 0 for unit in self.counted) if self.counted else None

    @property
    def occupied(self) -> int | None:
        return sum(unit.occupied or 0 for unit in self.counted) if self.counted else None

    @property
    def available(self) -> int | None:
        """The sum over units whose room can be told; `without_room` names the others."""
        told = [unit.available for unit in self.units if unit.available is not None]
        return sum(told) if told else None

    @property
    def without_room(self) -> list[str]:
        return [unit.unit.name for unit in self.units if unit.available is None]

    @property
    def at_most(self) -> bool:
        """Blocked beds of a unit in the sum are not known."""
        return any(unit.room.at_most for unit in self.units if unit.available is not None)

    def openable(self, hours: int) -> int | None:
        told = [found for unit in self.units if (found := unit.openable(hours)) is not None]
        return sum(told) if told else None

    def without_openable(self, hours: int) -> list[str]:
        return [unit.unit.name for unit in self.units if unit.openable(hours) is None]

    @property
    def occupancy(self) -> float | None:
        return percent(self.occupied, self.staffed)

    @property
    def oldest(self) -> Value | None:
        """The oldest count in the sums: a sum is as old as its oldest part."""
        counts = [unit.values["occupied_beds"] for unit in self.counted]
        return min(counts, key=lambda value: value.observed_at, default=None)

    @property
    def sources(self) -> str:
        return ", ".join(sorted({unit.values["occupied_beds"].source for unit in self.counted}))


@dataclass(frozen=True)
class House:
    """A hospital. `whole` holds what is known only for the whole house and is in no sum."""

    classes: Sequence[ClassCapacity]
    whole: Sequence[UnitCapacity] = ()
    units: Sequence[UnitCapacity] = field(default=())


def house(session: Session, facility_id: str, now: datetime, *, trend: bool = False) -> House:
    return houses(session, [facility_id], now, trend=trend)[facility_id]


def houses(
    session: Session, facility_ids: Sequence[str], now: datetime, *, trend: bool = False
) -> dict[str, House]:
    """These hospitals by id, in as many queries as one of them takes."""
    values: dict[str, dict[str, Value]] = {}
    columns = ("unit_id", "metric", "value", "observed_at", "received_at", "source")
    query = sa.select(*(getattr(LatestReading, name) for name in columns)).join(Unit)
    for unit_id, metric, value, observed_at, received_at, source in session.execute(
        query.where(Unit.facility_id.in_(facility_ids))
    ):
        values.setdefault(unit_id, {})[metric] = Value(
            value, observed_at, received_at, source, fresh(metric, observed_at, now)
        )
    trends = _trends(session, facility_ids, now) if trend else {}
    chosen = ratio_sets(session, facility_ids, now)
    waived: dict[str, list[Waiver]] = {}
    for waiver in waivers(session, facility_ids, now):
        waived.setdefault(waiver.facility_id, []).append(waiver.terms)
    found: dict[str, list[UnitCapacity]] = {facility_id: [] for facility_id in facility_ids}
    units = sa.select(Unit).where(Unit.facility_id.in_(facility_ids)).order_by(Unit.name)
    for unit in session.scalars(units):
        ratio = _ratio(unit, chosen.get(unit.facility_id), waived.get(unit.facility_id, ()), now)
        found[unit.facility_id].append(
            UnitCapacity(unit, values.get(unit.id, {}), trends.get(unit.id, ()), ratio)
        )
    return {facility_id: _house(mine) for facility_id, mine in found.items()}


def _ratio(unit: Unit, chosen: RatioSet | None, waived: Sequence[Waiver], now: datetime) -> Ratio:
    return ratio_for(unit.unit_class, unit.patients_per_nurse, chosen, waived, now)


def _house(units: Sequence[UnitCapacity]) -> House:
    classes = [
        ClassCapacity(name, mine)
        for name in UNIT_CLASSES
        if (mine := [unit for unit in units if unit.unit.unit_class == name])
    ]
    return House(classes, [unit for unit in units if unit.unit.unit_class == WHOLE_HOSPITAL], units)


def percent(part: int | None, whole: int | None) -> float | None:
    if part is None or not whole:
        return None
    return part * 1000 // whole / 10


def _trends(session: Session, facility_ids: Sequence[str], now: datetime) -> dict[str, list[int | None]]:
    """Occupied beds at the end of each six hours, oldest first; None where nobody reported."""
    step = timedelta(hours=24 // MARKS_A_DAY)
    last = now.replace(hour=now.hour // 6 * 6, minute=0, second=0, microsecond=0)
    first = last - step * (TREND_DAYS * MARKS_A_DAY - 1)
    query = (
        sa.select(ReadingMark.unit_id, ReadingMark.begins_at, ReadingMark.value)
        .join(Unit)
        .where(
            Unit.facility_id.in_(facility_ids),
            ReadingMark.metric == "occupied_beds",
            ReadingMark.begins_at >= first,
            ReadingMark.begins_at <= last,
        )
    )
    found: dict[str, list[int | None]] = {}
    for unit_id, begins_at, value in session.execute(query):
        points = found.setdefault(unit_id, [None] * (TREND_DAYS * MARKS_A_DAY))
        points[(begins_at - first) // step] = value
    return found
