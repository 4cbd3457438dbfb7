"""Resource requests escalate three times over: nobody decides, nobody finds it, it is not there in time."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.core.db import UnitOfWork
from app.escalation import deadlines
from app.escalation.deadlines import ENGINE
from app.escalation.kinds import Subject, escalates
from app.escalation.planner import Policy, Step
from app.incidents.models import Incident
from app.journal import Entry, subscribe
from app.resources.actions import mark_overdue
from app.resources.events import (
    RequestApproved,
    RequestCancelled,
    RequestClosed,
    RequestDenied,
    RequestFellThrough,
    RequestFilled,
    RequestRaised,
    RequestReceived,
)
from app.resources.models import ResourceRequest
from app.resources.rules import ENDED, SAID, RequestState

LOGISTICS = "logistics_section_chief"

# An unmet request is told to the superior of whoever asked: it may need another source or another plan.
LATE = Policy((Step(0, "mark_overdue"), Step(0, "tell_supervisor")))
UNDECIDED = Policy((Step(20, "tell_role", LOGISTICS), Step(40, "tell_commander")))
NOT_FOUND = Policy((Step(60, "tell_role", LOGISTICS),))

KINDS = ("request", "request_undecided", "request_not_found")
ARRIVED = {*ENDED, RequestState.RECEIVED}
WANTED = {RequestState.APPROVED, RequestState.PARTLY_FILLED}


def _late(session: Session, request_id: str) -> Subject:
    request = session.get_one(ResourceRequest, request_id)
    words = f"needed by now at {request.deliver_to}; {SAID[request.state]}."
    return Subject(f"Request {request.number}", words, request.position)


def _waits(session: Session, request_id: str) -> Subject:
    request = session.get_one(ResourceRequest, request_id)
    words = f"{SAID[request.state]}; for {request.deliver_to}, {request.priority.value}."
    return Subject(f"Request {request.number}", words, request.position)


def _mark_overdue(uow: UnitOfWork, incident: Incident, request_id: str, late_seconds: int) -> None:
    request = uow.session.get_one(ResourceRequest, request_id, populate_existing=True)
    if request.state not in ARRIVED and not request.overdue:
        mark_overdue(uow, ENGINE, incident, request, late_seconds=late_seconds)


escalates(
    "request", label="Requests that are late", about=_late, does={"mark_overdue": _mark_overdue}, default=LATE
)
escalates("request_undecided", label="Requests nobody has decided", about=_waits, default=UNDECIDED)
escalates("request_not_found", label="Requests not found yet", about=_waits, default=NOT_FOUND)


@subscribe(RequestRaised)
def raised(uow: UnitOfWork, entry: Entry) -> None:
    event, incident_id = entry.event, entry.stream.removeprefix("incident:")
    assert isinstance(event, RequestRaised)
    if event.needed_by is not None:
        deadlines.begin(uow, "request", event.request_id, incident_id, event.needed_by)
    deadlines.begin(uow, "request_undecided", event.request_id, incident_id, uow.now)


@subscribe(RequestApproved)
def approved(uow: UnitOfWork, entry: Entry) -> None:
    event, incident_id = entry.event, entry.stream.removeprefix("incident:")
    assert isinstance(event, RequestApproved)
    deadlines.end(uow, "request_undecided", event.request_id)
    deadlines.begin(uow, "request_not_found", event.request_id, incident_id, uow.now)


@subscribe(RequestFilled, RequestFellThrough)
def found(uow: UnitOfWork, entry: Entry) -> None:
    event, incident_id = entry.event, entry.stream.removeprefix("incident:")
    assert isinstance(event, RequestFilled | RequestFellThrough)
    if RequestState(event.state) in WANTED:
        deadlines.begin(uow, "request_not_found", event.request_id, incident_id, uow.now)
    else:
        deadlines.end(uow, "request_not_found", event.request_id)


@subscribe(RequestReceived)
def received(uow: UnitOfWork, entry: Entry) -> None:
    event = entry.event
    assert isinstance(event, RequestReceived)
    if event.state == RequestState.RECEIVED:
        _end(uow, event.request_id)


@subscribe(RequestDenied, RequestCancelled, RequestClosed)
def ended(uow: UnitOfWork, entry: Entry) -> None:
    event = entry.event
    assert isinstance(event, RequestDenied | RequestCancelled | RequestClosed)
    _end(uow, event.request_id)


def _end(uow: UnitOfWork, request_id: str) -> None:
    for kind in KINDS:
        deadlines.end(uow, kind, request_id)
