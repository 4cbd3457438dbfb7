"""Resource requests with a time by which they are needed escalate when it has passed."""

from __future__ import annotations

from app.core.db import UnitOfWork
from app.escalation import deadlines
from app.escalation.deadlines import ENGINE
from app.escalation.kinds import Subject, escalates
from app.escalation.planner import Policy, Step
from app.incidents.models import Incident
from app.journal import Entry, subscribe
from app.resources.actions import mark_overdue
from app.resources.events import (
    RequestCancelled,
    RequestClosed,
    RequestDenied,
    RequestRaised,
    RequestReceived,
)
from app.resources.models import ResourceRequest
from app.resources.rules import ENDED, RequestState

REQUEST = Policy((Step(0, "mark_overdue"), Step(15, "tell_supervisor"), Step(30, "tell_commander")))


def _about(uow: UnitOfWork, request_id: str) -> Subject:
    request = uow.session.get_one(ResourceRequest, request_id)
    return Subject(f"Request {request.number}", "not here when it was needed.", request.position)


def _mark_overdue(uow: UnitOfWork, incident: Incident, request_id: str, late_seconds: int) -> None:
    request = uow.session.get_one(ResourceRequest, request_id, populate_existing=True)
    if request.state not in ENDED and not request.overdue:
        mark_overdue(uow, ENGINE, incident, request, late_seconds=late_seconds)


escalates("request", label="Requests", about=_about, does={"mark_overdue": _mark_overdue}, default=REQUEST)


@subscribe(RequestRaised)
def raised(uow: UnitOfWork, entry: Entry) -> None:
    event = entry.event
    assert isinstance(event, RequestRaised)
    if event.needed_by is not None:
        incident_id = entry.stream.removeprefix("incident:")
        deadlines.begin(uow, "request", event.request_id, incident_id, event.needed_by)


@subscribe(RequestDenied, RequestClosed, RequestCancelled)
def ended(uow: UnitOfWork, entry: Entry) -> None:
    event = entry.event
    assert isinstance(event, RequestDenied | RequestClosed | RequestCancelled)
    deadlines.end(uow, "request", event.request_id)


@subscribe(RequestReceived)
def received(uow: UnitOfWork, entry: Entry) -> None:
    """All of it is here: nobody waits any more, though it is closed later."""
    event = entry.event
    assert isinstance(event, RequestReceived)
    if event.state == RequestState.RECEIVED:
        deadlines.end(uow, "request", event.request_id)
