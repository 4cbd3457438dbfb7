"""Raise a request, decide on it, cancel it, mark it overdue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.clock import as_utc
from app.core.db import UnitOfWork
from app.core.errors import Invalid
from app.core.permissions import Permission
from app.incidents.actions.record import record, take
from app.incidents.models import Incident, Position
from app.incidents.rules import optional_text, required_text
from app.resources import catalogue, events, rules
from app.resources.actions.find import enter, take_request
from app.resources.models import RequestLine, ResourceRequest
from app.resources.rules import Priority, RequestState, Step

MOST_LINES = 20


@dataclass(frozen=True)
class Wanted:
    """One line as asked: an item of the catalogue by `sku`, or a `description` with its `unit`."""

    quantity: int
    sku: str | None = None
    description: str = ""
    unit: str = ""


def raise_request(
    uow: UnitOfWork,
    actor: Actor,
    incident_id: str,
    *,
    lines: Sequence[Wanted],
    priority: str,
    deliver_to: str,
    why: str,
    needed_by: datetime | None = None,
    position: str | None = None,
) -> ResourceRequest:
    """Ask for 1 to 20 items. `position`: the open HICS position on whose behalf it is asked."""
    incident = take(uow, actor, Permission.REQUEST_RAISE, incident_id)
    seat = _position(uow, incident, position)
    if not 1 <= len(lines) <= MOST_LINES:
        raise Invalid.field("lines", f"must be 1 to {MOST_LINES}; {len(lines)} were given")
    if needed_by is not None and as_utc(needed_by) <= uow.now:
        raise Invalid.field("needed_by", "must lie in the future")
    request = ResourceRequest(
        id=uow.new_id(),
        incident_id=incident.id,
        number=_next_number(uow, incident),
        version=1,
        state=RequestState.SUBMITTED,
        priority=_priority(priority),
        position=position,
        position_title=seat.title if seat else "",
        why=required_text("why", why, 2000),
        deliver_to=required_text("deliver_to", deliver_to, 200),
        needed_by=as_utc(needed_by) if needed_by else None,
        overdue=False,
        raised_by=actor.name,
        raised_at=uow.now,
        changed_by=actor.name,
        changed_at=uow.now,
        reason="",
        ended_at=None,
    )
    request.lines = [_line(uow, number, wanted) for number, wanted in enumerate(lines, 1)]
    uow.session.add(request)
    uow.session.flush()
    record(uow, incident, actor, _raised(request))
    return request


def approve(
    uow: UnitOfWork,
    actor: Actor,
    incident_id: str,
    request_id: str,
    *,
    quantities: Mapping[str, int] | None = None,
    note: str = "",
    seen: int | None = None,
) -> ResourceRequest:
    """Grant a request: `quantities` by line id, 0 to what was asked. A line left out is granted whole; more
    than was asked is a new request.
    """
    incident, request = take_request(
        uow, actor, Permission.REQUEST_APPROVE, incident_id, request_id, Step.APPROVE, seen
    )
    granted = {line.id: line.asked for line in request.lines} | dict(quantities or {})
    known = {line.id for line in request.lines}
    if unknown := granted.keys() - known:
        raise Invalid.field("quantities", f"request {request.number} has no line {min(unknown)}")
    for line in request.lines:
        line.become(_naming(line.number, line.line.approve, granted[line.id]))
    if not any(granted.values()):
        raise Invalid.field("quantities", "must grant at least one unit; to grant nothing, deny the request")
    note = optional_text("note", note, 2000)
    approved = events.RequestApproved(
        request_id=request.id,
        number=request.number,
        note=note,
        lines=[events.LineApproved(line.id, granted[line.id]) for line in request.lines],
    )
    return enter(uow, incident, actor, request, RequestState.APPROVED, approved, reason=note)


def deny(
    uow: UnitOfWork,
    actor: Actor,
    incident_id: str,
    request_id: str,
    *,
    reason: str,
    seen: int | None = None,
) -> ResourceRequest:
    incident, request = take_request(
        uow, actor, Permission.REQUEST_APPROVE, incident_id, request_id, Step.DENY, seen
    )
    reason = required_text("reason", reason, 2000)
    denied = events.RequestDenied(request_id=request.id, number=request.number, reason=reason)
    return enter(uow, incident, actor, request, RequestState.DENIED, denied, reason=reason)


def cancel(
    uow: UnitOfWork,
    actor: Actor,
    incident_id: str,
    request_id: str,
    *,
    reason: str,
    seen: int | None = None,
) -> ResourceRequest:
    """No longer needed, and nothing is on its way. After that a request is closed instead."""
    incident, request = take_request(
        uow, actor, Permission.REQUEST_RAISE, incident_id, request_id, Step.CANCEL, seen
    )
    reason = required_text("reason", reason, 2000)
    cancelled = events.RequestCancelled(request_id=request.id, number=request.number, reason=reason)
    return enter(uow, incident, actor, request, RequestState.CANCELLED, cancelled, reason=reason)


def mark_overdue(
    uow: UnitOfWork, actor: Actor, incident: Incident, request: ResourceRequest, *, late_seconds: int
) -> None:
    """Called by escalation for an incident that it has taken, when `needed_by` has passed."""
    request.overdue = True
    overdue = events.RequestOverdue(request_id=request.id, number=request.number, late_seconds=late_seconds)
    record(uow, incident, actor, overdue)


def _line(uow: UnitOfWork, number: int, wanted: Wanted) -> RequestLine:
    field = f"lines.{number - 1}"
    item = _item(field, wanted.sku) if wanted.sku else None
    return RequestLine(
        id=uow.new_id(),
        number=number,
        sku=item.sku if item else None,
        description=item.name if item else required_text(f"{field}.description", wanted.description, 200),
        unit=item.unit_of_issue if item else required_text(f"{field}.unit", wanted.unit or "each", 80),
        asked=rules.quantity(f"{field}.quantity", wanted.quantity),
        approved=None,
        filled=0,
        received=0,
    )


def _raised(request: ResourceRequest) -> events.RequestRaised:
    return events.RequestRaised(
        request_id=request.id,
        number=request.number,
        priority=request.priority.value,
        position=request.position,
        position_title=request.position_title,
        why=request.why,
        deliver_to=request.deliver_to,
        needed_by=request.needed_by,
        lines=[
            events.LineAsked(line.id, line.number, line.sku, line.description, line.unit, line.asked)
            for line in request.lines
        ],
    )


def _next_number(uow: UnitOfWork, incident: Incident) -> int:
    """The incident's stream is locked, so two at once do not get the same."""
    query = sa.select(sa.func.max(ResourceRequest.number)).where(ResourceRequest.incident_id == incident.id)
    return (uow.session.scalar(query) or 0) + 1


def _position(uow: UnitOfWork, incident: Incident, slug: str | None) -> Position | None:
    if slug is None:
        return None
    position = uow.session.get(Position, (incident.id, slug))
    if position is None:
        raise Invalid.field("position", f"{slug!r} is not open in {incident.number}")
    return position


def _priority(text: str) -> Priority:
    try:
        return Priority(text)
    except ValueError:
        raise Invalid.field("priority", f"must be one of {', '.join(Priority)}") from None


def _item(field: str, sku: str) -> catalogue.StockItem:
    item = catalogue.find(sku)
    if item is None:
        raise Invalid.field(f"{field}.sku", f"there is no item {sku!r} in the catalogue; describe it instead")
    return item


def _naming(number: int, step: Any, units: int) -> rules.Line:
    """The rule's message, with the line it is about."""
    try:
        return step(units)
    except Invalid as error:
        raise Invalid.field("quantities", f"line {number} {error.errors['quantity'][0]}") from None
