"""What these pages have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, url_for
from sqlalchemy.orm import Session

from app.core.errors import Invalid
from app.incidents.frame import frame
from app.incidents.models import Incident
from app.resources.models import ResourceRequest
from app.resources.rules import SAID, SOURCE_SAID, RequestState
from app.web.forms import typed

pages = Blueprint("resources", __name__)

PRIORITIES = (
    ("urgent", "Urgent", "Lives or the response depend on it."),
    ("routine", "Routine", "Needed, and there is time."),
    ("low", "Low", "It would help."),
)
STATE_LOOK: Mapping[RequestState, str] = {
    RequestState.SUBMITTED: "watch",
    RequestState.RECEIVED: "watch",
    RequestState.CLOSED: "done",
    RequestState.DENIED: "missing",
    RequestState.CANCELLED: "missing",
}
"""Colour only where a person has something to do: decide, or close."""

WORDS = {"said": SAID, "source_said": SOURCE_SAID, "look": STATE_LOOK, "priorities": PRIORITIES}


def incident_frame(db: Session, incident: Incident, here: str | None = None) -> dict[str, Any]:
    """The frame of an incident's pages; `here` is the last word of the breadcrumb."""
    context = frame(db, incident, "Requests")
    if here is not None:
        requests = {"label": "Requests", "url": url_for("resources.of_incident", incident_id=incident.id)}
        context["breadcrumb"] = [*context["breadcrumb"][:-1], requests, {"label": here}]
    return context


def what(request: ResourceRequest) -> str:
    return "; ".join(f"{line.asked:,} {line.description}" for line in request.lines)


def whole(name: str, text: str | None = None) -> int:
    """A field that must hold a whole number. Raises Invalid naming it."""
    given = typed(name) if text is None else text
    try:
        return int(given.replace(",", ""))
    except ValueError:
        raise Invalid.field(name, f"must be a whole number; {given[:20]!r} was given") from None


def seen() -> int | None:
    """The version that the page was drawn from."""
    return whole("seen") if typed("seen") else None
