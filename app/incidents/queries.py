"""Reading incidents."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.actor import Actor
from app.core.errors import NotFound
from app.core.permissions import Permission
from app.incidents.models import Incident, IncidentState


def incident(session: Session, incident_id: str) -> Incident:
    found = session.get(Incident, incident_id)
    if found is None:
        raise NotFound("There is no such incident.")
    return found


def visible_incident(session: Session, actor: Actor, incident_id: str) -> Incident:
    """The incident, if this actor may see boards at its hospital."""
    found = incident(session, incident_id)
    actor.require(Permission.BOARD_VIEW, found.facility_id)
    return found


def by_number_or_id(session: Session, text: str) -> Incident:
    query = sa.select(Incident).where(sa.or_(Incident.number == text, Incident.id == text))
    found = session.scalar(query)
    if found is None:
        raise NotFound(f"There is no incident {text!r}.")
    return found


def open_incidents(session: Session, facility_id: str | None = None) -> Sequence[Incident]:
    query = (
        sa.select(Incident)
        .where(Incident.state == IncidentState.ACTIVE)
        .order_by(Incident.declared_at.desc())
    )
    if facility_id is not None:
        query = query.where(Incident.facility_id == facility_id)
    return session.scalars(query).all()


def visible(actor: Actor) -> sa.Select[Incident]:
    """All incidents at the hospitals where this actor may see boards."""
    query = sa.select(Incident)
    if actor.may(Permission.BOARD_VIEW) and not any(g.facility_id is None for g in actor.grants):
        query = query.where(Incident.facility_id.in_({g.facility_id for g in actor.grants}))
    return query
