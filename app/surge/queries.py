"""Reading capacity, triggers and levels. No screen scans the history of readings."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session, defer

from app.core.errors import NotFound
from app.facilities.models import Unit
from app.facilities.stream import stream_of
from app.surge.models import (
    CsvMapping,
    Firing,
    LabRun,
    LatestReading,
    Recommendation,
    RecommendationState,
    Shelving,
    SurgeHospital,
    SurgeLevel,
    Trigger,
    TriggerState,
    TriggerVersion,
)
from app.surge.occupancy import Key, Known


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


def triggers(session: Session, facility_id: str) -> list[tuple[Trigger, TriggerState]]:
    """The triggers of a hospital that has units of their class, and where each stands."""
    classes = sa.select(Unit.unit_class).where(Unit.facility_id == facility_id)
    query = (
        sa.select(Trigger, TriggerState)
        .join(TriggerState, TriggerState.trigger_id == Trigger.id)
        .where(
            Trigger.facility_id == facility_id, Trigger.retired.is_(False), Trigger.unit_class.in_(classes)
        )
        .order_by(Trigger.unit_class, Trigger.recommends_rank, Trigger.slug)
    )
    return [(trigger, state) for trigger, state in session.execute(query)]


def trigger(session: Session, trigger_id: str) -> tuple[Trigger, TriggerState]:
    """Raises NotFound."""
    found = session.get(Trigger, trigger_id)
    if found is None:
        raise NotFound("There is no such trigger.")
    return found, session.get_one(TriggerState, trigger_id)


def all_triggers(session: Session, facility_id: str) -> list[tuple[Trigger, TriggerState]]:
    """Every trigger of a hospital, also one whose units it has not, and the retired ones last."""
    query = (
        sa.select(Trigger, TriggerState)
        .join(TriggerState, TriggerState.trigger_id == Trigger.id)
        .where(Trigger.facility_id == facility_id)
        .order_by(Trigger.retired, Trigger.unit_class, Trigger.recommends_rank, Trigger.slug)
    )
    return [(trigger, state) for trigger, state in session.execute(query)]


def versions(session: Session, trigger_id: str) -> list[TriggerVersion]:
    """Every wording of a trigger, the newest first."""
    query = sa.select(TriggerVersion).where(TriggerVersion.trigger_id == trigger_id)
    return list(session.scalars(query.order_by(TriggerVersion.version.desc())))


def firings_of(session: Session, trigger_id: str, most: int = 20) -> list[Firing]:
    """The last times it fired, the newest first."""
    query = sa.select(Firing).where(Firing.trigger_id == trigger_id).order_by(Firing.id.desc())
    return list(session.scalars(query.limit(most)))


def shelvings(session: Session, facility_id: str) -> list[tuple[Shelving, Trigger]]:
    """What is put aside at a hospital now, the oldest first."""
    query = (
        sa.select(Shelving, Trigger)
        .join(Trigger, Trigger.id == Shelving.trigger_id)
        .where(Trigger.facility_id == facility_id, Shelving.ended_at.is_(None))
        .order_by(Shelving.id)
    )
    return [(shelving, trigger) for shelving, trigger in session.execute(query)]


def lab_runs(session: Session, facility_id: str, most: int = 30) -> list[LabRun]:
    """The newest first, without what came of them."""
    query = sa.select(LabRun).where(LabRun.facility_id == facility_id).options(defer(LabRun.result))
    return list(session.scalars(query.order_by(LabRun.id.desc()).limit(most)))


def csv_sources(session: Session) -> list[str]:
    """Sources whose files have been mapped before."""
    return list(session.scalars(sa.select(CsvMapping.source).order_by(CsvMapping.source)))


def csv_mapping(session: Session, source: str) -> str | None:
    """How the files of a source are read, as JSON."""
    return session.scalar(sa.select(CsvMapping.mapping).where(CsvMapping.source == source))
