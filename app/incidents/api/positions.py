"""Positions and who holds them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Response

from app.accounts.access import actor, requires
from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.core.permissions import Permission
from app.incidents import actions, queries
from app.incidents.api.room import api
from app.incidents.models import Assignment
from app.incidents.schemas import (
    AssignedOut,
    AssignmentArgs,
    AssignmentIn,
    AssignmentOut,
    AssignmentPage,
    IncidentPositionOut,
    IncidentPositionPage,
    OpenPositionIn,
    RelieveIn,
)
from app.runtime import runtime
from app.web.api import page, post


@api.route("/incidents/<uuid:incident_id>/positions")
@api.response(200, IncidentPositionPage)
@requires(Permission.BOARD_VIEW)
def list_open_positions(incident_id: Any) -> Any:
    """The positions open in an incident, in the order of the chart"""
    with runtime().db.read() as db:
        incident = queries.visible_incident(db, actor(), str(incident_id))
        return {"items": list(queries.positions(db, incident.id).values()), "next": None}


@api.route("/incidents/<uuid:incident_id>/positions", methods=["POST"])
@api.arguments(OpenPositionIn)
@api.response(201, IncidentPositionOut)
@requires(Permission.INCIDENT_COMMAND)
def open_position(args: dict[str, Any], incident_id: Any) -> Response:
    """Open one more position of the chart"""
    return post(actions.open_position, IncidentPositionOut, actor(), str(incident_id), **args)


@api.route("/incidents/<uuid:incident_id>/assignments")
@api.arguments(AssignmentArgs, location="query")
@api.response(200, AssignmentPage)
@requires(Permission.BOARD_VIEW)
def list_assignments(args: dict[str, Any], incident_id: Any) -> Any:
    """Who holds and who held which position"""
    active, position = args.pop("active"), args.pop("position")
    with runtime().db.read() as db:
        incident = queries.visible_incident(db, actor(), str(incident_id))
        query = sa.select(Assignment).where(Assignment.incident_id == incident.id)
        if position is not None:
            query = query.where(Assignment.position_slug == position)
        if active is not None:
            query = query.where(Assignment.ended_at.is_(None) == active)
        return page(db, query, Assignment.id, **args)


@api.route("/incidents/<uuid:incident_id>/assignments", methods=["POST"])
@api.arguments(AssignmentIn)
@api.response(201, AssignedOut)
@requires(Permission.POSITION_ASSIGN)
def assign(args: dict[str, Any], incident_id: Any) -> Response:
    """Give an unfilled position to a person; 409 names who holds it"""
    args["person_id"] = str(args["person_id"])
    return post(_assign, AssignedOut, actor(), str(incident_id), **args)


@api.route("/incidents/<uuid:incident_id>/assignments/<uuid:assignment_id>/end", methods=["POST"])
@api.arguments(RelieveIn)
@api.response(201, AssignmentOut)
@requires(Permission.POSITION_ASSIGN)
def end_assignment(args: dict[str, Any], incident_id: Any, assignment_id: Any) -> Response:
    """Relieve the holder; command is transferred instead"""
    return post(actions.end_assignment, AssignmentOut, actor(), str(incident_id), str(assignment_id), **args)


def _assign(
    uow: UnitOfWork, actor: Actor, incident_id: str, *, position: str, person_id: str
) -> dict[str, Any]:
    made = actions.assign(uow, actor, incident_id, position=position, person_id=person_id)
    elsewhere = queries.held_elsewhere(uow.session, [person_id], incident_id)
    columns = {c.key: getattr(made, c.key) for c in sa.inspect(Assignment).columns}
    return columns | {"also_holds": elsewhere.get(person_id, [])}
