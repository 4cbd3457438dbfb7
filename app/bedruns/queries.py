"""Reading bed runs, and the staffed beds that a new one would start from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.bedruns.looks import Look, Run, look
from app.bedruns.looks import Unit as UnitAtStart
from app.bedruns.models import BedRun, BedRunCount, BedRunUnit, RunState
from app.bedruns.rules import Count
from app.core.errors import NotFound
from app.facilities.models import Unit
from app.facilities.queries import units as units_of
from app.facilities.unit_classes import UNIT_CLASSES
from app.surge.metrics import fresh
from app.surge.models import LatestReading

STAFFED, OCCUPIED = "staffed_beds", "occupied_beds"
NOT_AT_FIRST = ("ed", "perioperative")
"""Their places are no beds to stay in; whoever starts a run may take them in."""


@dataclass(frozen=True)
class Beds:
    """A unit before a run: the last that was said of its staffed beds, and whether it may still be believed."""

    unit: Unit
    staffed: LatestReading | None
    fresh: bool
    occupied: int | None

    @property
    def wanted(self) -> bool:
        return self.unit.unit_class not in NOT_AT_FIRST

    @property
    def trouble(self) -> str:
        if self.staffed is None:
            return "staffed beds not reported"
        return "" if self.fresh else "staffed beds too old"


def run(session: Session, run_id: str) -> BedRun:
    """Raises NotFound."""
    found = session.get(BedRun, run_id)
    if found is None:
        raise NotFound("There is no such bed run.")
    return found


def open_run(session: Session, facility_id: str) -> BedRun | None:
    return session.scalar(
        sa.select(BedRun).where(BedRun.facility_id == facility_id, BedRun.state == RunState.OPEN)
    )


def runs_of(facility_ids: Iterable[str] | None) -> sa.Select[BedRun]:
    query = sa.select(BedRun)
    return query if facility_ids is None else query.where(BedRun.facility_id.in_(facility_ids))


def lately(session: Session, facility_id: str, most: int = 20) -> list[BedRun]:
    """The newest first."""
    query = sa.select(BedRun).where(BedRun.facility_id == facility_id)
    return list(session.scalars(query.order_by(BedRun.started_at.desc(), BedRun.id).limit(most)))


def units(session: Session, run_id: str) -> list[BedRunUnit]:
    query = sa.select(BedRunUnit).where(BedRunUnit.run_id == run_id)
    return list(session.scalars(query.order_by(BedRunUnit.name, BedRunUnit.unit_id)))


def rows(session: Session, run_id: str) -> list[BedRunCount]:
    """In the order in which they were made."""
    query = sa.select(BedRunCount).where(BedRunCount.run_id == run_id)
    return list(session.scalars(query.order_by(BedRunCount.at, BedRunCount.id)))


def as_counts(found: Iterable[BedRunCount]) -> list[Count]:
    return [
        Count(row.id, row.unit_id, row.step, row.kind, row.change, row.at, row.undoes or "") for row in found
    ]


def read(session: Session, found: BedRun) -> Run:
    """The whole of a run."""
    return Run(
        found.id,
        found.exercise,
        found.reason,
        found.percent,
        found.staffed_beds,
        found.target,
        found.started_at,
        found.started_by,
        found.deadline_at,
        found.state.value,
        found.ended_at,
        found.ended_by or "",
        found.end_reason or "",
        {
            row.unit_id: UnitAtStart(
                row.unit_id,
                row.code,
                row.name,
                row.unit_class,
                row.staffed_beds,
                row.occupied_beds,
                row.source,
                row.observed_at,
            )
            for row in units(session, found.id)
        },
        {count.id: count for count in as_counts(rows(session, found.id))},
    )


def shown(session: Session, found: BedRun, now: datetime) -> Look:
    return look(read(session, found), now)


def beds(session: Session, facility_id: str, now: datetime) -> list[Beds]:
    """Every unit of a hospital, by name."""
    query = (
        sa.select(LatestReading)
        .join(Unit)
        .where(Unit.facility_id == facility_id, LatestReading.metric.in_((STAFFED, OCCUPIED)))
    )
    latest = {(row.unit_id, row.metric): row for row in session.scalars(query)}
    return [
        _beds(unit, latest, now) for unit in units_of(session, facility_id) if unit.unit_class in UNIT_CLASSES
    ]


def _beds(unit: Unit, latest: dict[tuple[str, str], LatestReading], now: datetime) -> Beds:
    staffed, occupied = latest.get((unit.id, STAFFED)), latest.get((unit.id, OCCUPIED))
    known = staffed is not None and fresh(STAFFED, staffed.observed_at, now)
    seen = occupied is not None and fresh(OCCUPIED, occupied.observed_at, now)
    return Beds(unit, staffed, known, occupied.value if occupied is not None and seen else None)
