"""What the pages of one incident have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint, g, render_template, url_for
from sqlalchemy.orm import Session

from app.accounts.access import actor
from app.facilities.queries import facility
from app.incidents import queries
from app.incidents.models import Incident, IncidentState
from app.runtime import runtime
from app.web.forms import Errors

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
TABS = (
    ("Positions", "incidents.positions"),
    ("Call-outs", "activation.index"),
    ("Tasks", "incidents.tasks"),
    ("Objectives", "incidents.objectives"),
    ("Command", "incidents.command"),
    ("Log", "incidents.log"),
)


def board_url(incident_id: object) -> str:
    """The live board, which is a room of its own."""
    return f"/incidents/{incident_id}"


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


def frame(db: Session, incident: Incident, current: str) -> dict[str, Any]:
    place = facility(db, incident.facility_id)
    g.zone = place.zone
    tabs = [{"label": "Board", "url": board_url(incident.id), "current": False}]
    for label, endpoint in TABS:
        url = url_for(endpoint, incident_id=incident.id)
        tabs.append({"label": label, "url": url, "current": label == current})
    return {
        "incident": incident,
        "running": incident.state is IncidentState.ACTIVE,
        "facility": place,
        "place": place.name,
        "exercise": incident.exercise,
        "tabs": tabs,
        "breadcrumb": [
            {"label": "Incidents", "url": url_for("incidents.index")},
            {"label": incident.number, "url": board_url(incident.id)},
            {"label": current},
        ],
    }


def zone_of(incident_id: UUID) -> str:
    """The zone in which times on this incident's pages are typed and shown."""
    with runtime().db.read() as db:
        return facility(db, queries.visible_incident(db, actor(), str(incident_id)).facility_id).zone
