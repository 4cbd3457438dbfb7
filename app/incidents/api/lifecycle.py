"""Declare, look, change the level, note, close."""

from __future__ import annotations

from typing import Any

from flask import Response

from app.accounts.access import actor, requires
from app.core.permissions import Permission
from app.facilities.queries import facility_by_code
from app.incidents import actions, queries
from app.incidents.api.room import api
from app.incidents.models import Incident
from app.incidents.schemas import (
    CloseIn,
    IncidentIn,
    IncidentOut,
    IncidentPage,
    LevelIn,
    NoteIn,
    NoteOut,
)
from app.runtime import runtime
from app.web.api import PageArgs, page, post


@api.route("/incidents")
@api.arguments(PageArgs, location="query")
@api.response(200, IncidentPage)
@requires(Permission.BOARD_VIEW)
def list_incidents(args: dict[str, Any]) -> Any:
    """Incidents at the hospitals that you may see, oldest first"""
    with runtime().db.read() as db:
        return page(db, queries.visible(actor()), Incident.id, **args)


@api.route("/incidents", methods=["POST"])
@api.arguments(IncidentIn)
@api.response(201, IncidentOut)
@requires(Permission.INCIDENT_DECLARE)
def declare(args: dict[str, Any]) -> Response:
    """Declare an incident or an exercise"""
    with runtime().db.read() as db:
        args["facility_id"] = facility_by_code(db, args.pop("facility")).id
    args["linked_to"] = str(args["linked_to"]) if args["linked_to"] else None
    return post(actions.declare, IncidentOut, actor(), **args)


@api.route("/incidents/<uuid:incident_id>")
@api.response(200, IncidentOut)
@requires(Permission.BOARD_VIEW)
def get_incident(incident_id: Any) -> Incident:
    """One incident"""
    with runtime().db.read() as db:
        return queries.visible_incident(db, actor(), str(incident_id))


@api.route("/incidents/<uuid:incident_id>/close", methods=["POST"])
@api.arguments(CloseIn)
@api.response(201, IncidentOut)
@requires(Permission.INCIDENT_CLOSE)
def close(args: dict[str, Any], incident_id: Any) -> Response:
    """Close an incident"""
    return post(actions.close, IncidentOut, actor(), str(incident_id), **args)


@api.route("/incidents/<uuid:incident_id>/level", methods=["POST"])
@api.arguments(LevelIn)
@api.response(201, IncidentOut)
@requires(Permission.INCIDENT_COMMAND)
def change_level(args: dict[str, Any], incident_id: Any) -> Response:
    """Change the activation level"""
    return post(actions.change_level, IncidentOut, actor(), str(incident_id), **args)


@api.route("/incidents/<uuid:incident_id>/notes", methods=["POST"])
@api.arguments(NoteIn)
@api.response(201, NoteOut)
@requires(Permission.JOURNAL_NOTE)
def add_note(args: dict[str, Any], incident_id: Any) -> Response:
    """Add a note to the log; it may say when it happened"""
    return post(actions.note, NoteOut, actor(), str(incident_id), **args)
