"""Resource requests."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.board.picture import Picture, on, reads_tables
from app.board.sections.requests import FillView, LineView, RequestView
from app.journal import Entry
from app.resources import events
from app.resources.models import ResourceRequest


@on(events.RequestRaised, cards=("requests",))
def raised(picture: Picture, entry: Entry, event: events.RequestRaised) -> None:
    who = entry.actor["name"]
    request = RequestView(
        event.request_id,
        event.number,
        event.priority,
        event.position,
        event.position_title,
        event.why,
        event.deliver_to,
        event.needed_by,
        raised_by=who,
        raised_at=entry.occurred_at,
        changed_by=who,
        changed_at=entry.occurred_at,
    )
    for asked in event.lines:
        request.lines[asked.line_id] = LineView(
            asked.line_id, asked.number, asked.sku, asked.description, asked.unit, asked.quantity
        )
    picture.requests.items[event.request_id] = request


@on(events.RequestApproved, cards=("requests",))
def approved(picture: Picture, entry: Entry, event: events.RequestApproved) -> None:
    request = _changed(picture, entry, event.request_id, "approved")
    request.reason = event.note
    for granted in event.lines:
        request.lines[granted.line_id].approved = granted.quantity


@on(events.RequestDenied, cards=("requests",))
def denied(picture: Picture, entry: Entry, event: events.RequestDenied) -> None:
    _ended(picture, entry, event.request_id, "denied", event.reason)


@on(events.RequestCancelled, cards=("requests",))
def cancelled(picture: Picture, entry: Entry, event: events.RequestCancelled) -> None:
    _ended(picture, entry, event.request_id, "cancelled", event.reason)


@on(events.RequestClosed, cards=("requests",))
def closed(picture: Picture, entry: Entry, event: events.RequestClosed) -> None:
    _ended(picture, entry, event.request_id, "closed", event.reason)


@on(events.RequestFilled, cards=("requests",))
def filled(picture: Picture, entry: Entry, event: events.RequestFilled) -> None:
    request = _changed(picture, entry, event.request_id, event.state)
    request.lines[event.line_id].filled += event.quantity
    request.fills[event.fill_id] = FillView(
        event.fill_id,
        event.fill_number,
        event.line_id,
        event.quantity,
        event.source,
        event.source_name,
        event.expected_at,
        entry.occurred_at,
        entry.actor["name"],
    )


@on(events.RequestReceived, cards=("requests",))
def received(picture: Picture, entry: Entry, event: events.RequestReceived) -> None:
    request = _changed(picture, entry, event.request_id, event.state)
    request.lines[event.line_id].received += event.quantity
    request.fills[event.fill_id].received += event.quantity


@on(events.RequestFellThrough, cards=("requests",))
def fell_through(picture: Picture, entry: Entry, event: events.RequestFellThrough) -> None:
    request = _changed(picture, entry, event.request_id, event.state)
    request.lines[event.line_id].filled -= event.quantity
    request.fills[event.fill_id].fell_through += event.quantity


@on(events.RequestOverdue, cards=("requests",))
def overdue(picture: Picture, _entry: Entry, event: events.RequestOverdue) -> None:
    picture.requests.items[event.request_id].overdue = True


def _changed(picture: Picture, entry: Entry, request_id: str, state: str) -> RequestView:
    request = picture.requests.items[request_id]
    request.state = state
    request.version += 1
    request.changed_by, request.changed_at = entry.actor["name"], entry.occurred_at
    return request


def _ended(picture: Picture, entry: Entry, request_id: str, state: str, reason: str) -> None:
    request = _changed(picture, entry, request_id, state)
    request.reason, request.ended_at = reason, entry.occurred_at


@reads_tables
def read(session: Session, incident_id: str, picture: Picture) -> None:
    query = sa.select(ResourceRequest).where(ResourceRequest.incident_id == incident_id)
    for r in session.scalars(query):
        picture.requests.items[r.id] = view(r)


def view(r: ResourceRequest) -> RequestView:
    """A request of the tables as the picture has it."""
    request = RequestView(
        r.id,
        r.number,
        r.priority.value,
        r.position,
        r.position_title,
        r.why,
        r.deliver_to,
        r.needed_by,
        r.raised_by,
        r.raised_at,
        r.changed_by,
        r.changed_at,
        r.version,
        r.state.value,
        r.overdue,
        r.reason,
        r.ended_at,
    )
    for each in r.lines:
        request.lines[each.id] = LineView(
            each.id,
            each.number,
            each.sku,
            each.description,
            each.unit,
            each.asked,
            each.approved,
            each.filled,
            each.received,
        )
    for fill in r.fills:
        request.fills[fill.id] = FillView(
            fill.id,
            fill.number,
            fill.line_id,
            fill.quantity,
            fill.source.value,
            fill.source_name,
            fill.expected_at,
            fill.filled_at,
            fill.filled_by,
            fill.received,
            fill.fell_through,
        )
    return request
