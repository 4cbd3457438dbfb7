"""What a hospital has recorded, as samples for a rule: for the preview of an edit, and for the lab."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.surge.definitions import Definition
from app.surge.measures import MEASURES
from app.surge.models import Reading
from app.surge.occupancy import Key, Known, samples
from app.surge.queries import unit_beds
from app.surge.triggers import Sample

PREVIEW = timedelta(days=14)
MOST_READINGS = 200_000


def samples_of(
    session: Session, facility_id: str, definition: Definition, now: datetime, length: timedelta | None = None
) -> list[Sample]:
    """At least the time that the rule needs to make up its mind."""
    rule = definition.rule
    needed = timedelta(minutes=rule.window_minutes + rule.on_delay + rule.off_delay + rule.min_hold)
    begins = now - (length or max(PREVIEW, needed))
    units = unit_beds(session, [facility_id]).get(facility_id, {}).get(definition.unit_class, [])
    measure = MEASURES[definition.measure]
    found = readings_between(session, [unit.id for unit in units], measure.metrics, begins, now)
    return samples(units, {}, found, None, now, measure, rule.stale_after)


def readings_between(
    session: Session, unit_ids: list[str], metrics: tuple[str, ...], begins: datetime, now: datetime
) -> list[tuple[Key, Known]]:
    """In order of time; of what was corrected, the last word."""
    query = (
        sa.select(Reading.unit_id, Reading.metric, Reading.value, Reading.observed_at)
        .where(
            Reading.unit_id.in_(unit_ids),
            Reading.metric.in_(metrics),
            Reading.observed_at >= begins,
            Reading.observed_at <= now,
        )
        .order_by(Reading.observed_at.desc(), Reading.seq.desc())
        .limit(MOST_READINGS)
    )
    rows = session.execute(query).all()
    return [((unit_id, metric), Known(value, at)) for unit_id, metric, value, at in reversed(rows)]
