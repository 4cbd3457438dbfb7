"""Requests escalate when they are not there by the time they are needed; a closing incident names them."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.core.db import UnitOfWork
from app.escalation import deadlines
from app.escalation.deadlines import ENGINE
from app.escalation.kinds import Subject, escalates
from app.escalation.planner import Policy, Step
from app.incidents.closing import counted, leaves_open
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
from app.resources.queries import open_count
from app.resources.rules import ENDED, SAID, RequestState

# An unmet request is told to the superior of whoever asked: it may need another source or another plan.
REQUEST = Policy((Step(0, "mark_overdue"), Step(0, "tell_supervisor")))
ARRIVED = {*ENDED, RequestState.RECEIVED}


def _about(session: Session, request_id: str) -> Subject:
    request = session.get_one(ResourceRequest, request_id)
    words = f"needed by now at {request.deliver_to}; {SAID[request.state]}."
    return Subject(f"Request {request.number}", words, request.position)


def _mark_overdue(uow: UnitOfWork, incident: Incident, request_id: str, late_seconds: int) -> None:
    request = uow.session.get_one(ResourceRequest, request_id, populate_existing=True)
    if request.state not in ARRIVED and not request.overdue:
        mark_overdue(uow, ENGINE, incident, request, late_seconds=late_seconds)


escalates("request", label="Requests", about=_about, does={"mark_overdue": _mark_overdue}, default=REQUEST)


@subscribe(RequestRaised)
def raised(uow: UnitOfWork, entry: Entry) -> None:
    event = entry.event
    assert isinstance(event, RequestRaised)
    if event.needed_by is not None:
        incident_id = entry.stream.removeprefix("incident:")
        deadlines.begin(uow, "request", event.request_id, incident_id, event.needed_by)


@subscribe(RequestReceived)
def received(uow: UnitOfWork, entry: Entry) -> None:
    event = entry.event
    assert isinstance(event, RequestReceived)
    if event.state == RequestState.RECEIVED:
        deadlines.end(uow, "request", event.request_id)


@subscribe(RequestDenied, RequestCancelled, RequestClosed)
def ended(uow: UnitOfWork, entry: Entry) -> None:
    event = entry.event
    assert isinstance(event, RequestDenied | RequestCancelled | RequestClosed)
    deadlines.end(uow, "request", event.request_id)


@leaves_open
def open_requests(session: Session, incident_id: str) -> str | None:
    return counted(open_count(session, incident_id), "open request", "open requests")
