"""Reading capacity, triggers and levels. No screen scans the history of readings."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.facilities.models import Unit
from app.facilities.stream import stream_of
from app.surge.metrics import fresh
from app.surge.models import (
    CsvMapping,
    Firing,
    LatestReading,
    Recommendation,
    RecommendationState,
    SurgeHospital,
    SurgeLevel,
    Trigger,
    TriggerState,
)
from app.surge.occupancy import OCCUPIED, STAFFED, Key, Known


def capacity_version(session: Session, facility_id: str) -> int:
    """Rises with every change of this hospital's readings; 0 before the first."""
    query = sa.select(SurgeHospital.reading_version).where(SurgeHospital.facility_id == facility_id)
    return session.scalar(query) or 0


def latest_known(session: Session, facility_id: str) -> dict[Key, Known]:
    """The newest observation of each metric of each unit of a hospital."""
    query = (
        sa.select(LatestReading.unit_id, LatestReading.metric, LatestReading.value, LatestReading.observed_at)
        .join(Unit)
        .where(Unit.facility_id == facility_id)
    )
    return {(unit_id, metric): Known(value, at) for unit_id, metric, value, at in session.execute(query)}


def level(session: Session, facility_id: str) -> SurgeLevel | None:
    """The hospital's level; None while nobody has ever set one, which counts as the lowest."""
    return session.get(SurgeLevel, stream_of(facility_id))


def level_rank(session: Session, facility_id: str) -> int:
    found = level(session, facility_id)
    return found.rank if found else 0


def open_recommendation(session: Session, facility_id: str) -> Recommendation | None:
    return session.scalar(
        sa.select(Recommendation).where(
            Recommendation.facility_id == facility_id, Recommendation.state == RecommendationState.OPEN
        )
    )


def standing_firings(session: Session, facility_id: str) -> list[tuple[Firing, Trigger]]:
    """Firings that have not cleared, the oldest first."""
    query = (
        sa.select(Firing, Trigger)
        .join(Trigger, Trigger.id == Firing.trigger_id)
        .where(Trigger.facility_id == facility_id, Firing.cleared_at.is_(None))
        .order_by(Firing.fired_at, Firing.id)
    )
    return [(firing, trigger) for firing, trigger in session.execute(query)]


def stale_inputs(session: Session, facility_id: str, at: datetime) -> list[str]:
    """Names of the units that triggers watch and whose numbers are missing or too old."""
    watched = sa.select(Trigger.unit_class).where(Trigger.facility_id == facility_id)
    query = sa.select(Unit).where(Unit.facility_id == facility_id, Unit.unit_class.in_(watched))
    known = latest_known(session, facility_id)
    return [
        unit.name for unit in session.scalars(query.order_by(Unit.name)) if not _usable(known, unit.id, at)
    ]


def _usable(known: dict[Key, Known], unit_id: str, at: datetime) -> bool:
    """Staffed beds that nobody has ever reported are as set up; occupied beds must have been counted."""
    occupied, staffed = known.get((unit_id, OCCUPIED)), known.get((unit_id, STAFFED))
    if occupied is None or not fresh(OCCUPIED, occupied.at, at):
        return False
    return staffed is None or fresh(STAFFED, staffed.at, at)


def triggers(session: Session, facility_id: str) -> list[tuple[Trigger, TriggerState]]:
    """The triggers of a hospital that has units of their class, and where each stands."""
    classes = sa.select(Unit.unit_class).where(Unit.facility_id == facility_id)
    query = (
        sa.select(Trigger, TriggerState)
        .join(TriggerState, TriggerState.trigger_id == Trigger.id)
        .where(Trigger.facility_id == facility_id, Trigger.unit_class.in_(classes))
        .order_by(Trigger.unit_class, Trigger.threshold_percent)
    )
    return [(trigger, state) for trigger, state in session.execute(query)]


def csv_sources(session: Session) -> list[str]:
    """Sources whose files have been mapped before."""
    return list(session.scalars(sa.select(CsvMapping.source).order_by(CsvMapping.source)))


def csv_mapping(session: Session, source: str) -> str | None:
    """How the files of a source are read, as JSON."""
    return session.scalar(sa.select(CsvMapping.mapping).where(CsvMapping.source == source))
