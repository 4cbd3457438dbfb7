"""Open requests, the overdue and the urgent first; and what the journal says of requests and stock."""

from __future__ import annotations

from typing import Any

from app.board.cards import card
from app.board.faces import links
from app.board.picture import Picture
from app.board.sections.requests import RequestView
from app.board.wording import Data, says
from app.resources.rules import SAID, SOURCE_SAID, RequestState, Source

SHOWN = 8


@card("requests", "Requests", region="right", template="board/requests.html")
def requests(picture: Picture) -> dict[str, Any]:
    waiting = picture.requests.open()
    overdue = sum(request.overdue for request in waiting)
    undecided = sum(request.state == RequestState.SUBMITTED for request in waiting)
    base = links.page(picture.command.id, "requests")
    return {
        "rows": [_row(request) for request in waiting[: max(SHOWN, overdue)]],
        "more": max(0, len(waiting) - max(SHOWN, overdue)),
        "open_count": len(waiting),
        "overdue_count": overdue,
        "undecided_count": undecided,
        "all_url": base,
        "raise_url": f"{base}/new",
    }


def _row(request: RequestView) -> dict[str, Any]:
    return {
        "request": request,
        "what": "; ".join(f"{line.asked:,} {line.description}" for line in request.lines.values()),
        "said": SAID[RequestState(request.state)],
        "url": f"/requests/{request.id}",
        "approve_url": f"/requests/{request.id}/approve",
    }


def _because(text: str, reason: str) -> str:
    return f"{text}: {reason}" if reason else text


def _raised(data: Data, _picture: Picture) -> str:
    what = "; ".join(f"{line['quantity']:,} {line['description']}" for line in data["lines"])
    return f"Request {data['number']} raised, {data['priority']}: {what}, to {data['deliver_to']}"


def _approved(data: Data, picture: Picture) -> str:
    lines = picture.requests.items[data["request_id"]].lines
    granted = "; ".join(
        f"{line['quantity']:,} of {lines[line['line_id']].asked:,} {lines[line['line_id']].description}"
        for line in data["lines"]
    )
    return _because(f"Request {data['number']} approved, {granted}", data["note"])


def _filled(data: Data, _picture: Picture) -> str:
    source = data["source_name"] or SOURCE_SAID[Source(data["source"])]
    return f"Request {data['number']}: {data['quantity']:,} {data['description']} on the way from {source}"


def _closed(data: Data, _picture: Picture) -> str:
    missing = f", {data['not_received']:,} units never came" if data["not_received"] else ""
    return _because(f"Request {data['number']} closed{missing}", data["reason"])


def _moved(data: Data, _picture: Picture) -> str:
    verb = "taken from" if data["change"] < 0 else "back in"
    return f"{abs(data['change']):,} {data['name']} {verb} stock, {data['on_hand']:,} left"


says("request.raised", _raised)
says("request.approved", _approved)
says("request.denied", "Request {number} denied: {reason}")
says("request.cancelled", "Request {number} cancelled: {reason}")
says("request.filled", _filled)
says("request.received", "Request {number}: {quantity:,} {description} received")
says("request.fell_through", "Request {number}: {quantity:,} {description} will not come: {reason}")
says("request.closed", _closed)
says("request.overdue", "Request {number} is overdue")
says("stock.moved", _moved)
