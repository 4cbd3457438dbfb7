"""Whatever escalates is followed here: policies are frozen when an incident begins, and end with it."""

from __future__ import annotations

from app.activation.codes import also_gives
from app.core.db import UnitOfWork
from app.escalation import alarms, callouts, deadlines, numbers, phones, positions, reports, requests, tasks
from app.escalation.failures import take_failures
from app.escalation.kinds import KINDS
from app.escalation.models import FrozenPolicy
from app.escalation.queries import policy_for
from app.incidents.events import IncidentClosed, IncidentDeclared
from app.journal import Entry, subscribe
from app.messaging.inbox import on_delivery, on_reply

FOLLOWED = (alarms, callouts, numbers, positions, reports, requests, tasks)

on_reply(phones.take_replies, first=True)
also_gives(phones.given)
on_delivery("question")(take_failures)


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
    positions.declared(uow, event)
    reports.declared(uow, event)


@subscribe(IncidentClosed)
def closed(uow: UnitOfWork, entry: Entry) -> None:
    event = entry.event
    assert isinstance(event, IncidentClosed)
    deadlines.end_all(uow, event.incident_id)
