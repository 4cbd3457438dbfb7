"""What the response is to achieve."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import request, url_for
from sqlalchemy.orm import Session

from app.accounts.access import actor, requires
from app.core.errors import Invalid
from app.core.permissions import Permission
from app.incidents import actions, queries
from app.incidents.models import Incident
from app.incidents.pages.frame import pages, show
from app.runtime import transact
from app.web.forms import Errors, done, submitted, typed


@pages.route("/incidents/<uuid:incident_id>/objectives")
@requires(Permission.BOARD_VIEW)
def objectives(incident_id: UUID) -> str:
    return _page(incident_id)


@pages.route("/incidents/<uuid:incident_id>/objectives", methods=["POST"])
@requires(Permission.INCIDENT_COMMAND)
def set_objective(incident_id: UUID) -> Any:
    def act() -> Any:
        transact(actions.set_objective, actor(), str(incident_id), text=typed("text"), priority=_priority())
        return done("Objective set.", url_for("incidents.objectives", incident_id=incident_id))

    return submitted(act, lambda errors: _page(incident_id, errors))


@pages.route("/incidents/<uuid:incident_id>/objectives/<uuid:objective_id>/end", methods=["POST"])
@requires(Permission.INCIDENT_COMMAND)
def end_objective(incident_id: UUID, objective_id: UUID) -> Any:
    def act() -> Any:
        ended = transact(
            actions.end_objective,
            actor(),
            str(incident_id),
            str(objective_id),
            state=typed("state"),
            reason=typed("reason"),
        )
        return done(
            f"Objective {ended.state.value}.", url_for("incidents.objectives", incident_id=incident_id)
        )

    return submitted(act, lambda errors: _page(incident_id, errors))


def _page(incident_id: UUID, errors: Errors | None = None) -> str:
    def fill(db: Session, incident: Incident) -> dict[str, Any]:
        return {"objectives": queries.objectives(db, incident.id)}

    return show(incident_id, "Objectives", "objectives.html", fill, data=request.form, errors=errors)


def _priority() -> int | None:
    text = typed("priority")
    if text and not text.isdecimal():
        raise Invalid.field("priority", "must be a whole number from 1 to 99, or empty")
    return int(text[:6]) if text else None
