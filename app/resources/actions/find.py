"""How every action on a request begins and ends: take it for a step, and write down what it became."""

from __future__ import annotations

from app.core.actor import Actor
from app.core.clock import local
from app.core.db import UnitOfWork
from app.core.errors import Conflict, NotFound
from app.core.permissions import Permission
from app.facilities.models import Facility
from app.incidents.actions.record import record, take
from app.incidents.models import Incident
from app.journal import Event
from app.resources import rules
from app.resources.models import Fill, RequestLine, ResourceRequest
from app.resources.rules import ENDED, RequestState, Step

# What is on its way when an incident closes still arrives; and what nobody needs any more must be ended.
AFTER_CLOSING = {Step.RECEIVE, Step.FALL_THROUGH, Step.CLOSE, Step.CANCEL}


def take_request(
    uow: UnitOfWork,
    actor: Actor,
    permission: Permission,
    incident_id: str,
    request_id: str,
    step: Step,
    seen: int | None,
) -> tuple[Incident, ResourceRequest]:
    """Lock the incident and read the request for one step.

    `seen` is the version that the person had before their eyes, if known. Raises NotFound, Forbidden, or
    Conflict saying who has changed the request and when.
    """
    incident = take(uow, actor, permission, incident_id, closed_too=step in AFTER_CLOSING)
    request = uow.session.get(ResourceRequest, request_id, populate_existing=True)
    if request is None or request.incident_id != incident.id:
        raise NotFound(f"There is no such request in {incident.number}.")
    if not rules.may(step, request.state):
        raise Conflict(
            f"Request {request.number}: {rules.SAID[request.state]}. {_last(uow, incident, request)}"
        )
    if seen is not None and seen != request.version:
        raise Conflict(
            f"Request {request.number} has changed since you looked: {rules.SAID[request.state]}. "
            f"{_last(uow, incident, request)} Look again before you go on."
        )
    return incident, request


def enter(
    uow: UnitOfWork,
    incident: Incident,
    actor: Actor,
    request: ResourceRequest,
    state: RequestState,
    event: Event,
    *,
    reason: str | None = None,
) -> ResourceRequest:
    """Bring the request into its new state and journal what was done."""
    request.state = state
    request.version += 1
    request.changed_by, request.changed_at = actor.name, uow.now
    if state in ENDED:
        request.ended_at = uow.now
    if reason is not None:
        request.reason = reason
    uow.session.flush()
    record(uow, incident, actor, event)
    return request


def line_of(request: ResourceRequest, line_id: str) -> RequestLine:
    line = next((line for line in request.lines if line.id == line_id), None)
    if line is None:
        raise NotFound(f"Request {request.number} has no such line.")
    return line


def fill_of(request: ResourceRequest, fill_id: str) -> Fill:
    fill = next((fill for fill in request.fills if fill.id == fill_id), None)
    if fill is None:
        raise NotFound(f"Request {request.number} has no such delivery.")
    return fill


def state_of(request: ResourceRequest) -> RequestState:
    return rules.progress(line.line for line in request.lines)


def _last(uow: UnitOfWork, incident: Incident, request: ResourceRequest) -> str:
    zone = uow.session.get_one(Facility, incident.facility_id).zone
    return f"The last to act was {request.changed_by} at {local(request.changed_at, zone):%H:%M}."
