"""What an incident's journal can say about resource requests, and a hospital's about its stock.

`state` is the request's state after the event, so that a reader need not reckon it again.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from app.journal import Event, event


class LineAsked(msgspec.Struct, frozen=True):
    """`sku` is None for something that is not in the catalogue."""

    line_id: str
    number: int
    sku: str | None
    description: str
    unit: str
    quantity: int


class LineApproved(msgspec.Struct, frozen=True):
    line_id: str
    quantity: int


@event("request.raised", "request:{request_id}")
class RequestRaised(Event):
    """`position` is the HICS position on whose behalf it is asked, if any."""

    request_id: str
    number: int
    priority: str
    position: str | None
    position_title: str
    why: str
    deliver_to: str
    needed_by: datetime | None
    lines: list[LineAsked]


@event("request.approved", "request:{request_id}")
class RequestApproved(Event):
    """Of a line with fewer units than asked, the rest is denied."""

    request_id: str
    number: int
    note: str
    lines: list[LineApproved]


@event("request.denied", "request:{request_id}")
class RequestDenied(Event):
    request_id: str
    number: int
    reason: str


@event("request.filled", "request:{request_id}")
class RequestFilled(Event):
    request_id: str
    number: int
    state: str
    fill_id: str
    fill_number: int
    line_id: str
    description: str
    unit: str
    quantity: int
    source: str
    source_name: str
    expected_at: datetime | None


@event("request.received", "request:{request_id}")
class RequestReceived(Event):
    request_id: str
    number: int
    state: str
    fill_id: str
    line_id: str
    description: str
    unit: str
    quantity: int


@event("request.fell_through", "request:{request_id}")
class RequestFellThrough(Event):
    """What was on the way in this fill does not come; it is wanted again."""

    request_id: str
    number: int
    state: str
    fill_id: str
    line_id: str
    description: str
    unit: str
    quantity: int
    reason: str


@event("request.closed", "request:{request_id}")
class RequestClosed(Event):
    """`not_received` units were granted and never came; then there is a reason."""

    request_id: str
    number: int
    not_received: int
    reason: str


@event("request.cancelled", "request:{request_id}")
class RequestCancelled(Event):
    request_id: str
    number: int
    reason: str


@event("request.overdue", "request:{request_id}")
class RequestOverdue(Event):
    """`late_seconds`: how long after `needed_by` this was noticed; more than a tick after an outage."""

    request_id: str
    number: int
    late_seconds: int


@event("stock.moved", "stock:{sku}")
class StockMoved(Event):
    """Units taken from a hospital's stock for a request (negative), or put back; `on_hand` are left."""

    facility_id: str
    sku: str
    name: str
    unit: str
    change: int
    on_hand: int
    request_id: str
    number: int


@event("stock.counted", "stock:{sku}")
class StockCounted(Event):
    """On the hospital's own stream. `before` is None at the first count."""

    facility_id: str
    sku: str
    name: str
    unit: str
    before: int | None
    on_hand: int
    note: str
