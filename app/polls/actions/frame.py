"""What every action on a poll does: take it with its hospitals, and write down what was done."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.facilities.stream import stream_of, take_hospitals
from app.incidents.actions.record import record
from app.incidents.models import Incident, IncidentState
from app.incidents.models import stream_of as incident_stream
from app.journal import Event, append, lock
from app.polls import queries
from app.polls.models import Poll, PollAsk

POLLS = Actor.system("polls")


def take_poll(uow: UnitOfWork, poll_id: str) -> Poll:
    """The poll as it is once nobody else writes to it: all its hospitals are locked."""
    found = queries.poll(uow.session, poll_id)
    take_hospitals(uow, hospitals_of(uow, found))
    uow.session.refresh(found)
    return found


def hospitals_of(uow: UnitOfWork, found: Poll) -> list[str]:
    query = sa.select(PollAsk.facility_id).where(PollAsk.poll_id == found.id).distinct()
    return sorted(uow.session.scalars(query))


def tell(uow: UnitOfWork, actor: Actor, facility_ids: Iterable[str], event: Event) -> None:
    """Into the journals of hospitals that have been taken."""
    for facility_id in facility_ids:
        append(uow, stream_of(facility_id), actor, event)


def tell_incident(uow: UnitOfWork, actor: Actor, found: Poll, event: Event) -> None:
    """Into the journal of the incident in which the poll was started, while it is open."""
    if found.incident_id is None:
        return
    lock(uow, incident_stream(found.incident_id))
    incident = uow.session.get_one(Incident, found.incident_id, populate_existing=True)
    if incident.state is IncidentState.ACTIVE:
        record(uow, incident, actor, event)
