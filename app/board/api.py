"""/api/v1/incidents/{id}/board and /journal"""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from app.accounts.access import actor, requires
from app.board.pages import LARGEST, moment_of
from app.core.permissions import Permission
from app.facilities.queries import facility
from app.incidents.queries import visible_incident
from app.journal import entries
from app.runtime import runtime
from app.web.api import Schema, blueprint

api = blueprint("board", "The picture of an incident, and the journal that it is folded from")


class BoardArgs(Schema):
    at = fields.String(
        load_default=None,
        validate=validate.Length(1, 40),
        metadata={"description": "an entry number or a time; without it, now"},
    )


class JournalArgs(Schema):
    after = fields.Integer(load_default=0, validate=validate.Range(0, LARGEST))
    limit = fields.Integer(load_default=100, validate=validate.Range(1, 1000))


class JournalPage(Schema):
    items = fields.List(
        fields.Dict(), metadata={"description": "entries as they are hashed, with their hash"}
    )
    next = fields.Integer(allow_none=True, metadata={"description": "`after` of the next page"})


class BoardOut(Schema):
    """`app.board.picture.Picture`; what is in a section grows with the rooms."""

    seq = fields.Integer(required=True)
    at = fields.String(required=True)
    command = fields.Dict(required=True)
    tasks = fields.Dict(required=True)
    callouts = fields.Dict(required=True)
    requests = fields.Dict(required=True)
    surge = fields.Dict(required=True)
    recent = fields.List(fields.Dict(), required=True)
    versions = fields.Dict(required=True, metadata={"description": "card id to the seq that last changed it"})


@api.route("/incidents/<uuid:incident_id>/board")
@api.arguments(BoardArgs, location="query")
@api.response(200, BoardOut)
@requires(Permission.BOARD_VIEW)
def get_board(args: dict[str, Any], incident_id: Any) -> Any:
    """The whole picture of an incident, now or as it was"""
    pictures = runtime().parts["boards"].pictures
    with runtime().db.read() as db:
        incident = visible_incident(db, actor(), str(incident_id))
        zone = facility(db, incident.facility_id).zone
    if args["at"] is None:
        with pictures.newest(incident.id) as picture:
            return picture.plain()
    return pictures.at(incident.id, moment_of(args["at"], zone)).plain()


@api.route("/incidents/<uuid:incident_id>/journal")
@api.arguments(JournalArgs, location="query")
@api.response(200, JournalPage)
@requires(Permission.BOARD_VIEW)
def get_journal(args: dict[str, Any], incident_id: Any) -> dict[str, Any]:
    """The journal's entries in order, each as it was hashed"""
    after, limit = args["after"], args["limit"]
    with runtime().db.read() as db:
        incident = visible_incident(db, actor(), str(incident_id))
        found = list(entries(db, incident.stream, after=after, limit=limit + 1))
    items = [entry.plain() | {"hash": entry.hash} for entry in found[:limit]]
    return {"items": items, "next": found[limit - 1].seq if len(found) > limit else None}
