"""Find what was granted, receive it, say what does not come, close."""

from __future__ import annotations

from datetime import datetime

from app.core.actor import Actor
from app.core.clock import as_utc
from app.core.db import UnitOfWork
from app.core.errors import Invalid
from app.core.permissions import Permission
from app.incidents.rules import optional_text, required_text
from app.resources import events, rules
from app.resources.actions.find import enter, fill_of, line_of, state_of, take_request
from app.resources.actions.stock import put_back, take_out
from app.resources.models import Fill, ResourceRequest
from app.resources.rules import RequestState, Source, Step


def fill(
    uow: UnitOfWork,
    actor: Actor,
    incident_id: str,
    request_id: str,
    *,
    line_id: str,
    quantity: int,
    source: str,
    source_name: str = "",
    expected_at: datetime | None = None,
    seen: int | None = None,
) -> ResourceRequest:
    """Send units of one line on their way: out of our own stock, or from a source that is named."""
    incident, request = take_request(
        uow, actor, Permission.REQUEST_FULFIL, incident_id, request_id, Step.FILL, seen
    )
    line = line_of(request, line_id)
    kind, name = _source(source, source_name)
    line.become(line.line.fill(quantity))
    if kind is Source.STOCK:
        take_out(uow, incident, actor, request, line, quantity)
    made = Fill(
        id=uow.new_id(),
        number=len(request.fills) + 1,
        line_id=line.id,
        quantity=quantity,
        received=0,
        fell_through=0,
        source=kind,
        source_name=name,
        expected_at=as_utc(expected_at) if expected_at else None,
        filled_at=uow.now,
        filled_by=actor.name,
    )
    request.fills.append(made)
    filled = events.RequestFilled(
        request_id=request.id,
        number=request.number,
        state=state_of(request).value,
        fill_id=made.id,
        fill_number=made.number,
        line_id=line.id,
        description=line.description,
        unit=line.unit,
        quantity=quantity,
        source=kind.value,
        source_name=name,
        expected_at=made.expected_at,
    )
    return enter(uow, incident, actor, request, state_of(request), filled)


def receive(
    uow: UnitOfWork,
    actor: Actor,
    incident_id: str,
    request_id: str,
    *,
    fill_id: str,
    quantity: int,
    seen: int | None = None,
) -> ResourceRequest:
    """Units of one delivery have arrived where they were wanted; the rest of it stays on the way."""
    incident, request = take_request(
        uow, actor, Permission.REQUEST_FULFIL, incident_id, request_id, Step.RECEIVE, seen
    )
    made = fill_of(request, fill_id)
    line = line_of(request, made.line_id)
    _check_under_way(made, quantity)
    line.become(line.line.receive(quantity))
    made.received += quantity
    received = events.RequestReceived(
        request_id=request.id,
        number=request.number,
        state=state_of(request).value,
        fill_id=made.id,
        line_id=line.id,
        description=line.description,
        unit=line.unit,
        quantity=quantity,
    )
    return enter(uow, incident, actor, request, state_of(request), received)


def fall_through(
    uow: UnitOfWork,
    actor: Actor,
    incident_id: str,
    request_id: str,
    *,
    fill_id: str,
    reason: str,
    seen: int | None = None,
) -> ResourceRequest:
    """What is still on the way in this delivery does not come. Units from own stock count as put back."""
    incident, request = take_request(
        uow, actor, Permission.REQUEST_FULFIL, incident_id, request_id, Step.FALL_THROUGH, seen
    )
    made = fill_of(request, fill_id)
    line = line_of(request, made.line_id)
    lost = made.under_way
    _check_under_way(made, lost)
    reason = required_text("reason", reason, 2000)
    line.become(line.line.fall_through(lost))
    made.fell_through += lost
    if made.source is Source.STOCK:
        put_back(uow, incident, actor, request, line, lost)
    fell = events.RequestFellThrough(
        request_id=request.id,
        number=request.number,
        state=state_of(request).value,
        fill_id=made.id,
        line_id=line.id,
        description=line.description,
        unit=line.unit,
        quantity=lost,
        reason=reason,
    )
    return enter(uow, incident, actor, request, state_of(request), fell)


def close(
    uow: UnitOfWork,
    actor: Actor,
    incident_id: str,
    request_id: str,
    *,
    reason: str = "",
    seen: int | None = None,
) -> ResourceRequest:
    """End a request. When something that was granted has not come, a reason is wanted: unmet need counts."""
    incident, request = take_request(
        uow, actor, Permission.REQUEST_FULFIL, incident_id, request_id, Step.CLOSE, seen
    )
    missing = rules.outstanding(line.line for line in request.lines)
    if missing and not reason.strip():
        raise Invalid.field(
            "reason", f"must not be empty, because {missing:,} units that were granted have not come"
        )
    reason = optional_text("reason", reason, 2000)
    closed = events.RequestClosed(
        request_id=request.id, number=request.number, not_received=missing, reason=reason
    )
    return enter(uow, incident, actor, request, RequestState.CLOSED, closed, reason=reason)


def _source(source: str, name: str) -> tuple[Source, str]:
    try:
        kind = Source(source)
    except ValueError:
        raise Invalid.field("source", f"must be one of {', '.join(Source)}") from None
    if kind is Source.STOCK:
        return kind, optional_text("source_name", name, 200)
    return kind, required_text("source_name", name, 200)


def _check_under_way(made: Fill, quantity: int) -> None:
    if not 1 <= quantity <= made.under_way:
        raise Invalid.field(
            "quantity",
            f"must be 1 to {made.under_way:,}, which is what is on the way in this delivery"
            if made.under_way
            else "nothing is on the way in this delivery any more",
        )
