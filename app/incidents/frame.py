"""The frame around every page of one incident, whichever room draws it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import current_app, g, url_for
from sqlalchemy.orm import Session

from app.accounts.access import actor
from app.core.permissions import Permission
from app.facilities.queries import facility
from app.incidents import queries
from app.incidents.models import Incident, IncidentState
from app.runtime import runtime

# Label, endpoint, permission. An endpoint that no room has is left out.
TABS = (
    ("Positions", "incidents.positions", Permission.BOARD_VIEW),
    ("Call-outs", "activation.index", Permission.BOARD_VIEW),
    ("Tasks", "incidents.tasks", Permission.BOARD_VIEW),
    ("Waiting", "escalation.waiting", Permission.BOARD_VIEW),
    ("Objectives", "incidents.objectives", Permission.BOARD_VIEW),
    ("Requests", "resources.of_incident", Permission.BOARD_VIEW),
    ("Command", "incidents.command", Permission.BOARD_VIEW),
    ("Log", "incidents.log", Permission.BOARD_VIEW),
    ("Review", "review.show", Permission.REVIEW_VIEW),
)


def board_url(incident_id: object) -> str:
    """The live board, which is a room of its own."""
    return f"/incidents/{incident_id}"


def frame(db: Session, incident: Incident, current: str) -> dict[str, Any]:
    place = facility(db, incident.facility_id)
    g.zone = place.zone
    tabs = [{"label": "Board", "url": board_url(incident.id), "current": False}]
    for label, endpoint, permission in TABS:
        if endpoint not in current_app.view_functions or not actor().may(permission, incident.facility_id):
            continue
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
