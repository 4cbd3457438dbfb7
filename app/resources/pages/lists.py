"""Requests by urgency: of every incident one may see, and of one incident."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import render_template, request, url_for
from sqlalchemy.orm import Session

from app.accounts.access import actor, requires
from app.core.permissions import Permission
from app.incidents.queries import visible_incident
from app.resources import queries
from app.resources.pages.frame import WORDS, incident_frame, pages, what
from app.runtime import runtime
from app.web.forms import page_number

PAGE = 50
STATES = {"open": "Open", "ended": "Ended", "all": "All"}


@pages.route("/requests")
@requires(Permission.BOARD_VIEW)
def index() -> str:
    """Open requests of all incidents, the overdue and the urgent first."""
    with runtime().db.read() as db:
        context = _rows(db, "resources.index")
        return render_template("resources/index.html", **context, **WORDS)


@pages.route("/incidents/<uuid:incident_id>/requests")
@requires(Permission.BOARD_VIEW)
def of_incident(incident_id: UUID) -> str:
    with runtime().db.read() as db:
        incident = visible_incident(db, actor(), str(incident_id))
        context = incident_frame(db, incident) | _rows(
            db, "resources.of_incident", incident_id=str(incident_id)
        )
        return render_template("resources/of_incident.html", **context, **WORDS)


def _rows(db: Session, endpoint: str, **of: Any) -> dict[str, Any]:
    state = request.args.get("state", "open")
    state = state if state in STATES else "open"
    query = queries.requests(actor(), state=state, **of)
    total = db.scalar(sa.select(sa.func.count()).select_from(query.subquery("found"))) or 0
    number = page_number()
    page = queries.by_urgency(query).limit(PAGE).offset((number - 1) * PAGE)
    return {
        "rows": [(asked, incident, what(asked)) for asked, incident in db.execute(page).tuples()],
        "total": total,
        "state": state,
        "views": [
            {"label": label, "url": url_for(endpoint, state=value, **of), "current": value == state}
            for value, label in STATES.items()
        ],
        "number": number,
        "count_of_pages": -(-total // PAGE),
        "page_url": url_for(endpoint, state=state, **of) + "&page={page}",
    }
