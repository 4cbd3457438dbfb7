"""Tasks and objectives."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Response

from app.accounts.access import actor, requires
from app.core.permissions import Permission
from app.incidents import actions, queries
from app.incidents.api.room import api
from app.incidents.models import Objective, Task
from app.incidents.schemas import (
    DoneIn,
    ObjectiveEndIn,
    ObjectiveIn,
    ObjectiveOut,
    ObjectivePage,
    ReopenIn,
    SetAsideIn,
    TaskArgs,
    TaskIn,
    TaskOut,
    TaskPage,
)
from app.runtime import runtime
from app.web.api import PageArgs, page, post


@api.route("/incidents/<uuid:incident_id>/tasks")
@api.arguments(TaskArgs, location="query")
@api.response(200, TaskPage)
@requires(Permission.BOARD_VIEW)
def list_tasks(args: dict[str, Any], incident_id: Any) -> Any:
    """Tasks of an incident, in the order in which they were added"""
    state, position = args.pop("state"), args.pop("position")
    with runtime().db.read() as db:
        incident = queries.visible_incident(db, actor(), str(incident_id))
        query = queries.tasks_of(incident.id, state=state, position=position)
        return page(db, query, Task.id, **args)


@api.route("/incidents/<uuid:incident_id>/tasks", methods=["POST"])
@api.arguments(TaskIn)
@api.response(201, TaskOut)
@requires(Permission.TASK_WORK)
def add_task(args: dict[str, Any], incident_id: Any) -> Response:
    """Add a task for a position"""
    return post(actions.add_task, TaskOut, actor(), str(incident_id), **args)


@api.route("/incidents/<uuid:incident_id>/tasks/<uuid:task_id>/done", methods=["POST"])
@api.arguments(DoneIn)
@api.response(201, TaskOut)
@requires(Permission.TASK_WORK)
def finish_task(args: dict[str, Any], incident_id: Any, task_id: Any) -> Response:
    """Mark a task done"""
    return post(actions.finish_task, TaskOut, actor(), str(incident_id), str(task_id), **args)


@api.route("/incidents/<uuid:incident_id>/tasks/<uuid:task_id>/not-applicable", methods=["POST"])
@api.arguments(SetAsideIn)
@api.response(201, TaskOut)
@requires(Permission.TASK_WORK)
def set_aside_task(args: dict[str, Any], incident_id: Any, task_id: Any) -> Response:
    """Say that a task does not apply, and why"""
    return post(actions.set_aside_task, TaskOut, actor(), str(incident_id), str(task_id), **args)


@api.route("/incidents/<uuid:incident_id>/tasks/<uuid:task_id>/reopen", methods=["POST"])
@api.arguments(ReopenIn)
@api.response(201, TaskOut)
@requires(Permission.TASK_WORK)
def reopen_task(args: dict[str, Any], incident_id: Any, task_id: Any) -> Response:
    """Take back that a task was done or did not apply"""
    return post(actions.reopen_task, TaskOut, actor(), str(incident_id), str(task_id), **args)


@api.route("/incidents/<uuid:incident_id>/objectives")
@api.arguments(PageArgs, location="query")
@api.response(200, ObjectivePage)
@requires(Permission.BOARD_VIEW)
def list_objectives(args: dict[str, Any], incident_id: Any) -> Any:
    """Objectives of an incident, in the order in which they were set"""
    with runtime().db.read() as db:
        incident = queries.visible_incident(db, actor(), str(incident_id))
        query = sa.select(Objective).where(Objective.incident_id == incident.id)
        return page(db, query, Objective.id, **args)


@api.route("/incidents/<uuid:incident_id>/objectives", methods=["POST"])
@api.arguments(ObjectiveIn)
@api.response(201, ObjectiveOut)
@requires(Permission.INCIDENT_COMMAND)
def set_objective(args: dict[str, Any], incident_id: Any) -> Response:
    """Set an objective"""
    return post(actions.set_objective, ObjectiveOut, actor(), str(incident_id), **args)


@api.route("/incidents/<uuid:incident_id>/objectives/<uuid:objective_id>/end", methods=["POST"])
@api.arguments(ObjectiveEndIn)
@api.response(201, ObjectiveOut)
@requires(Permission.INCIDENT_COMMAND)
def end_objective(args: dict[str, Any], incident_id: Any, objective_id: Any) -> Response:
    """End an objective: met, or dropped with a reason"""
    return post(actions.end_objective, ObjectiveOut, actor(), str(incident_id), str(objective_id), **args)
