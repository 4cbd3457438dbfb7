"""The two things every action on an incident does: take the incident, and write down what was done."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.core.errors import Conflict, NotFound
from app.core.permissions import Permission
from app.incidents.models import Assignment, Incident, IncidentState, stream_of
from app.journal import Entry, Event, append, lock


def take(
    uow: UnitOfWork,
    actor: Actor,
    permission: Permission | None,
    incident_id: str,
    *,
    closed_too: bool = False,
) -> Incident:
    """Lock the incident's journal, then read it: whoever comes second sees what the first has done.

    Raises NotFound, Forbidden, or Conflict when the incident is closed. `permission` None: the caller
    has a rule of its own and checks it.
    """
    lock(uow, stream_of(incident_id))
    incident = uow.session.get(Incident, incident_id, populate_existing=True)
    if incident is None:
        raise NotFound("There is no such incident.")
    if permission is not None:
        actor.require(permission, incident.facility_id)
    if incident.state is IncidentState.CLOSED and not closed_too:
        raise Conflict(f"{incident.number} is closed; nothing more can be changed in it.")
    return incident


def record(
    uow: UnitOfWork,
    incident: Incident,
    actor: Actor,
    event: Event,
    *,
    occurred_at: datetime | None = None,
    corrects: int | None = None,
    held: Mapping[str, str] | None = None,
) -> Entry:
    """Append to the incident's journal, with the positions that the actor holds at this moment. `held`: all
    that are held, by person, when the caller has read them."""
    if held is not None and actor.person_id is not None:
        position = held.get(actor.person_id)
    else:
        position = _positions_held(uow, incident.id, actor.person_id)
    return append(
        uow, incident.stream, actor, event, position=position, occurred_at=occurred_at, corrects=corrects
    )


def positions_held(uow: UnitOfWork, incident_id: str) -> dict[str, str]:
    """What everybody holds at this moment, by person."""
    query = sa.select(Assignment.person_id, Assignment.position_slug).where(
        Assignment.incident_id == incident_id, Assignment.ended_at.is_(None)
    )
    found: dict[str, str] = {}
    for person_id, slug in uow.session.execute(query.order_by(Assignment.position_slug)):
        found[person_id] = f"{found[person_id]}, {slug}" if person_id in found else slug
    return found


def _positions_held(uow: UnitOfWork, incident_id: str, person_id: str | None) -> str | None:
    if person_id is None:
        return None
    query = sa.select(Assignment.position_slug).where(
        Assignment.incident_id == incident_id,
        Assignment.person_id == person_id,
        Assignment.ended_at.is_(None),
    )
    return ", ".join(uow.session.scalars(query.order_by(Assignment.position_slug))) or None
