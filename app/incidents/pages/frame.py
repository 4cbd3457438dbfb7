"""What the pages of this room have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template
from sqlalchemy.orm import Session

from app.accounts.access import actor
from app.incidents import queries
from app.incidents.frame import board_url, frame, zone_of
from app.incidents.models import Incident
from app.runtime import runtime
from app.web.forms import Errors

__all__ = ["LABELS", "board_url", "pages", "show", "zone_of"]

pages = Blueprint("incidents", __name__)

Fill = Callable[[Session, Incident], dict[str, Any]]
LABELS = {
    "activation_level": "Activation",
    "briefing": "Briefing",
    "due_at": "Due",
    "exercise": "Real event or exercise",
    "facility": "Hospital",
    "guide": "What has happened",
    "handover": "Handover",
    "name": "Name",
    "occurred_at": "When it happened",
    "person_id": "Person",
    "position": "Position",
    "priority": "Priority",
    "reason": "Reason",
    "started_at": "When it began",
    "state": "State",
    "statement": "What it should say",
    "text": "Text",
}


def show(
    incident_id: UUID,
    current: str,
    template: str,
    fill: Fill,
    *,
    data: Mapping[str, Any] | None = None,
    errors: Errors | None = None,
) -> str:
    """A page of an incident: its frame, and what `fill` reads for it. `data`: what was typed."""
    with runtime().db.read() as db:
        incident = queries.visible_incident(db, actor(), str(incident_id))
        context = frame(db, incident, current) | fill(db, incident)
        return render_template(
            f"incidents/{template}", **context, data=data or {}, errors=errors or {}, labels=LABELS
        )
