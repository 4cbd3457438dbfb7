"""A hospital's capacity as it is shown: every number with its age and source, missing as missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.facilities.models import Unit
from app.facilities.queries import units as units_of
from app.facilities.unit_classes import UNIT_CLASSES
from app.surge.metrics import METRICS, fresh
from app.surge.models import LatestReading, ReadingMark

TREND_DAYS = 14
MARKS_A_DAY = 4
WHOLE_HOSPITAL = "whole_hospital"
"""The class of the one made-up unit that holds what is known only for a whole hospital."""

CLASS_WORDS = {
    "icu": "Intensive care",
    "stepdown": "Step-down",
    "telemetry": "Telemetry",
    "med_surg": "Medical and surgical",
    "ed": "Emergency",
    "peds": "Pediatrics",
    "picu": "Pediatric intensive care",
    "nicu": "Newborn intensive care",
    "obstetrics": "Obstetrics",
    "psych": "Psychiatry",
    "rehab": "Rehabilitation",
    "perioperative": "Surgery and recovery",
    "observation": "Observation",
    WHOLE_HOSPITAL: "All inpatient, whole hospital",
}


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
    """`values` by metric, only those ever reported. `staffed` falls back to what is set up for the unit."""

    unit: Unit
    values: Mapping[str, Value]
    trend: Sequence[int | None] = ()

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

    @property
    def available(self) -> int | None:
        """Staffed beds that can take a patient now; while blocked beds are unknown, their most."""
        if self.staffed is None or self.occupied is None:
            return None
        usable = self.staffed
        if self.unit.physical_beds:
            usable = min(usable, self.unit.physical_beds - (self.blocked or 0))
        return max(0, usable - self.occupied)

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
        return ", ".join(said)

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
        return sum(unit.available or 0 for unit in self.counted) if self.counted else None

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
    values: dict[str, dict[str, Value]] = {}
    query = sa.select(LatestReading).join(Unit).where(Unit.facility_id == facility_id)
    for latest in session.scalars(query):
        values.setdefault(latest.unit_id, {})[latest.metric] = Value(
            latest.value,
            latest.observed_at,
            latest.received_at,
            latest.source,
            fresh(latest.metric, latest.observed_at, now),
        )
    trends = _trends(session, facility_id, now) if trend else {}
    units = [
        UnitCapacity(unit, values.get(unit.id, {}), trends.get(unit.id, ()))
        for unit in units_of(session, facility_id)
    ]
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


def _trends(session: Session, facility_id: str, now: datetime) -> dict[str, list[int | None]]:
    """Occupied beds at the end of each six hours, oldest first; None where nobody reported."""
    step = timedelta(hours=24 // MARKS_A_DAY)
    last = now.replace(hour=now.hour // 6 * 6, minute=0, second=0, microsecond=0)
    first = last - step * (TREND_DAYS * MARKS_A_DAY - 1)
    query = (
        sa.select(ReadingMark.unit_id, ReadingMark.begins_at, ReadingMark.value)
        .join(Unit)
        .where(
            Unit.facility_id == facility_id,
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
