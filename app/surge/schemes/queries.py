"""Reading schemes, and the values of their parameters now."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.facilities.models import Unit
from app.surge.measures import MEASURES
from app.surge.models import LatestReading
from app.surge.occupancy import parts_at
from app.surge.queries import latest_known, unit_beds
from app.surge.schemes.assess import Seen
from app.surge.schemes.models import EscalationScheme, SchemeValue, SchemeVersion
from app.surge.schemes.scheme import Parameter, Scheme


def schemes(session: Session, facility_id: str) -> list[EscalationScheme]:
    """Those in force, by title."""
    query = sa.select(EscalationScheme).where(
        EscalationScheme.facility_id == facility_id, EscalationScheme.retired.is_(False)
    )
    return list(session.scalars(query.order_by(EscalationScheme.title, EscalationScheme.id)))


def scheme(session: Session, scheme_id: str) -> EscalationScheme:
    found = session.get(EscalationScheme, scheme_id)
    if found is None:
        raise NotFound("There is no such scheme.")
    return found


def versions(session: Session, scheme_id: str) -> list[SchemeVersion]:
    """The newest first."""
    query = sa.select(SchemeVersion).where(SchemeVersion.scheme_id == scheme_id)
    return list(session.scalars(query.order_by(SchemeVersion.number.desc())))


def values(session: Session, row: EscalationScheme, scheme: Scheme, now: datetime) -> dict[str, Seen]:
    """By parameter, only those that have a value."""
    found = {}
    for parameter in scheme.parameters:
        seen = (
            _measured(session, row.facility_id, parameter, now)
            if parameter.measure
            else _typed(session, row.id, parameter, now)
        )
        if seen is not None:
            found[parameter.slug] = seen
    return found


def _typed(session: Session, scheme_id: str, parameter: Parameter, now: datetime) -> Seen | None:
    query = sa.select(SchemeValue).where(
        SchemeValue.scheme_id == scheme_id, SchemeValue.parameter == parameter.slug
    )
    newest = query.order_by(SchemeValue.observed_at.desc(), SchemeValue.seq.desc()).limit(1)
    found = session.scalar(newest)
    if found is None:
        return None
    fresh = now - found.observed_at < timedelta(minutes=parameter.max_age)
    return Seen(found.value, fresh, found.observed_at, f"typed by {found.entered_by}")


def _measured(session: Session, facility_id: str, parameter: Parameter, now: datetime) -> Seen | None:
    """From the same readings as the triggers; what is not wholly known is no value."""
    units = unit_beds(session, [facility_id]).get(facility_id, {}).get(parameter.place, [])
    measure = MEASURES[parameter.measure]
    bounds = measure.bounds(parts_at(units, latest_known(session, facility_id), now, measure))
    if bounds.low is None or not bounds.known:
        return None
    query = sa.select(sa.func.min(LatestReading.observed_at)).join(Unit)
    query = query.where(Unit.id.in_([unit.id for unit in units]), LatestReading.metric.in_(measure.metrics))
    return Seen(round(bounds.low, 2), True, session.scalar(query), f"read from units: {measure.label}")
