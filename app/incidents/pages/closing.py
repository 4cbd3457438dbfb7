"""Closing an incident, knowing what is still open."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import request
from sqlalchemy.orm import Session

from app.accounts.access import actor, requires
from app.core.permissions import Permission
from app.incidents import actions
from app.incidents.closing import still_open
from app.incidents.models import Incident
from app.incidents.pages.frame import board_url, pages, show
from app.runtime import transact
from app.web.forms import Errors, done, submitted, typed


@pages.route("/incidents/<uuid:incident_id>/close")
@requires(Permission.INCIDENT_CLOSE)
def closing(incident_id: UUID) -> str:
    return _page(incident_id)


@pages.route("/incidents/<uuid:incident_id>/close", methods=["POST"])
@requires(Permission.INCIDENT_CLOSE)
def close(incident_id: UUID) -> Any:
    def act() -> Any:
        closed = transact(actions.close, actor(), str(incident_id), reason=typed("reason"))
        return done(f"{closed.number} is closed. Its log stays open for notes.", board_url(closed.id))

    return submitted(act, lambda errors: _page(incident_id, errors))


def _page(incident_id: UUID, errors: Errors | None = None) -> str:
    def fill(db: Session, incident: Incident) -> dict[str, Any]:
        return {"still_open": still_open(db, incident.id)}

    return show(incident_id, "Close", "close.html", fill, data=request.form, errors=errors)
