"""Whatever escalates is followed here: policies are frozen when an incident begins, and end with it."""

from __future__ import annotations

from app.core.db import UnitOfWork
from app.escalation import callouts, deadlines, tasks
from app.escalation.kinds import KINDS
from app.escalation.models import FrozenPolicy
from app.escalation.queries import policy_for
from app.incidents.events import IncidentClosed, IncidentDeclared
from app.journal import Entry, subscribe

FOLLOWED = (callouts, tasks)


@subscribe(IncidentDeclared)
def declared(uow: UnitOfWork, entry: Entry) -> None:
    event = entry.event
    assert isinstance(event, IncidentDeclared)
    for kind in KINDS:
        policy = policy_for(uow.session, event.facility_id, kind)
        uow.session.add(
            FrozenPolicy(incident_id=event.incident_id, kind=kind, steps=policy.dump(), rounds=policy.rounds)
        )
    uow.session.flush()


@subscribe(IncidentClosed)
def closed(uow: UnitOfWork, entry: Entry) -> None:
    event = entry.event
    assert isinstance(event, IncidentClosed)
    deadlines.end_all(uow, event.incident_id)
