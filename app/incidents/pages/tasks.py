"""All tasks of an incident."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import request, url_for
from sqlalchemy.orm import Session

from app.accounts.access import actor, requires
from app.core.permissions import Permission
from app.incidents import actions, queries
from app.incidents.models import Incident, TaskState
from app.incidents.pages.frame import pages, show, zone_of
from app.runtime import transact
from app.web.forms import Errors, done, local_time, submitted, typed

STATES = {"open": "Open", "overdue": "Overdue", "ended": "Ended", "all": "All"}


@pages.route("/incidents/<uuid:incident_id>/tasks")
@requires(Permission.BOARD_VIEW)
def tasks(incident_id: UUID) -> str:
    return _page(incident_id)


@pages.route("/incidents/<uuid:incident_id>/tasks", methods=["POST"])
@requires(Permission.TASK_WORK)
def add_task(incident_id: UUID) -> Any:
    def act() -> Any:
        transact(
            actions.add_task,
            actor(),
            str(incident_id),
            position=typed("position"),
            text=typed("text"),
            due_at=local_time("due_at", zone_of(incident_id)),
            evidence_asked=typed("evidence_asked"),
        )
        return done("Task added.", _back(incident_id))

    return submitted(act, lambda errors: _page(incident_id, errors))


@pages.route("/incidents/<uuid:incident_id>/tasks/<uuid:task_id>/done", methods=["POST"])
@requires(Permission.TASK_WORK)
def finish_task(incident_id: UUID, task_id: UUID) -> Any:
    def act() -> Any:
        task = transact(
            actions.finish_task,
            actor(),
            str(incident_id),
            str(task_id),
            note=typed("note"),
            evidence=typed("evidence"),
        )
        return done(f"Done: {task.text}", _back(incident_id))

    return submitted(act, lambda errors: _page(incident_id, errors))


@pages.route("/incidents/<uuid:incident_id>/tasks/<uuid:task_id>/not-applicable", methods=["POST"])
@requires(Permission.TASK_WORK)
def set_aside_task(incident_id: UUID, task_id: UUID) -> Any:
    def act() -> Any:
        task = transact(
            actions.set_aside_task, actor(), str(incident_id), str(task_id), reason=typed("reason")
        )
        return done(f"Does not apply: {task.text}", _back(incident_id))

    return submitted(act, lambda errors: _page(incident_id, errors))


@pages.route("/incidents/<uuid:incident_id>/tasks/<uuid:task_id>/reopen", methods=["POST"])
@requires(Permission.TASK_WORK)
def reopen_task(incident_id: UUID, task_id: UUID) -> Any:
    def act() -> Any:
        task = transact(actions.reopen_task, actor(), str(incident_id), str(task_id), reason=typed("reason"))
        return done(f"Open again: {task.text}", _back(incident_id))

    return submitted(act, lambda errors: _page(incident_id, errors))


def _page(incident_id: UUID, errors: Errors | None = None) -> str:
    state = request.args.get("state", "open")
    state = state if state in STATES else "open"
    position = request.args.get("position") or None

    def fill(db: Session, incident: Incident) -> dict[str, Any]:
        opened, held = queries.positions(db, incident.id), queries.holders(db, incident.id)
        everything = queries.tasks(db, incident.id, position=position)
        counts = {
            "open": sum(t.state is TaskState.OPEN for t in everything),
            "overdue": sum(t.state is TaskState.OPEN and t.overdue for t in everything),
            "ended": sum(t.state is not TaskState.OPEN for t in everything),
            "all": len(everything),
        }
        return {
            "tasks": queries.tasks(db, incident.id, state=state, position=position),
            "titles": {slug: each.title for slug, each in opened.items()},
            "positions": [
                (slug, f"{p.title} ({held[slug].person_name if slug in held else 'not filled'})")
                for slug, p in opened.items()
            ],
            "position": position or "",
            "filters": [
                {
                    "label": label,
                    "url": url_for(
                        "incidents.tasks", incident_id=incident.id, state=value, position=position
                    ),
                    "current": value == state,
                    "count": counts[value],
                }
                for value, label in STATES.items()
            ],
            "state": state,
        }

    return show(incident_id, "Tasks", "tasks.html", fill, data=request.form, errors=errors)


def _back(incident_id: UUID) -> str:
    """The page of a position when the form stood there, else the list of tasks."""
    if slug := typed("back_to"):
        return url_for("incidents.position", incident_id=incident_id, slug=slug)
    return url_for("incidents.tasks", incident_id=incident_id)
