"""/api/v1/adt and /api/v1/facilities/<code>/census, and the lists it is compared with"""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify, request
from marshmallow import ValidationError
from sqlalchemy.orm import Session

from app.accounts.access import actor, requires
from app.census import actions, feed_queries, queries
from app.census.listing import read_list
from app.census.models import CensusList
from app.census.receive import Receipt, Receiver, context_of
from app.census.reconciling import Difference
from app.census.schemas import AdtArgs, CensusListOut, CensusOut, ListArgs, MessageIn, ReceiptOut, TextIn
from app.core.db import UnitOfWork
from app.core.errors import Invalid, NotFound
from app.core.permissions import Permission
from app.facilities.models import Facility
from app.facilities.queries import facility_by_code
from app.runtime import runtime
from app.web.api import blueprint, post

ER7 = "x-application/hl7-v2+er7"
ALSO_ER7 = "application/hl7-v2"
"""What senders say who do not know the name above, which HL7 gives over HTTP."""
api = blueprint("census", "Running census from HL7 v2 ADT messages")

_TEXT = {"schema": {"type": "string", "format": "binary"}}
_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            ER7: _TEXT,
            ALSO_ER7: _TEXT,
            "text/plain": _TEXT,
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["message"],
                    "properties": {"message": {"type": "string"}},
                    "additionalProperties": False,
                }
            },
        },
    }
}


@api.route("/adt", methods=["POST"])
@api.arguments(AdtArgs, location="query")
@api.doc(**_BODY)
@api.response(200, ReceiptOut, description="Acknowledgements: as HL7 for HL7, as JSON for JSON")
@api.doc(responses={200: {"content": {ER7: _TEXT}}})
@api.alt_response(204, description="Taken; the sender asked for no acknowledgement")
@requires(Permission.READING_ENTER)
def take_adt(args: dict[str, Any]) -> Response:
    """Take one ADT message or a batch. Sending the same again changes nothing."""
    hospital = None
    if args["facility"] is not None:
        with runtime().db.read() as db:
            hospital = facility_by_code(db, args["facility"])
        actor().require(Permission.READING_ENTER, hospital.id)
    body = _body()
    receipt = Receiver(runtime(), actor(), hospital).receive(body)
    if request.is_json:
        return jsonify(ReceiptOut().dump(_plain(receipt)))
    if not receipt.text:
        return Response(status=204)
    return Response(receipt.text.encode(), 200, content_type=f"{ER7}; charset=utf-8")


@api.route("/facilities/<code>/census")
@api.response(200, CensusOut)
@requires(Permission.BOARD_VIEW)
def get_census(code: str) -> queries.Census:
    """Who is in which unit, and what happened on the hospital's own day"""
    rt = runtime()
    with rt.db.read() as db:
        try:
            hospital = facility_by_code(db, code)
        except Invalid as unknown:
            raise NotFound(unknown.detail) from None
        actor().require(Permission.BOARD_VIEW, hospital.id)
        return queries.census(db, hospital, rt.clock.now())


@api.route("/facilities/<code>/census/lists", methods=["POST"])
@api.arguments(ListArgs, location="query")
@api.doc(
    requestBody={
        "required": True,
        "content": {
            "text/csv": _TEXT,
            ER7: _TEXT,
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["list"],
                    "properties": {"list": {"type": "string"}},
                    "additionalProperties": False,
                }
            },
        },
    }
)
@api.response(201, CensusListOut)
@requires(Permission.READING_ENTER)
def take_list(args: dict[str, Any], code: str) -> Response:
    """Compare the house's own census list with the running census

    CSV with the headings visit (or account) and location, and if wanted room and bed; or one ADT message a patient.
    Numbers are hashed as those of the messages are; nothing else is kept.
    """
    rt = runtime()
    place = _place(code, Permission.READING_ENTER)
    given = read_list(_list_body(), context_of(rt, place))
    taken_at = args["taken_at"] or rt.clock.now()

    def act(uow: UnitOfWork) -> dict[str, Any]:
        row = actions.take_list(uow, actor(), place.id, given=given, taken_at=taken_at)
        return _list_out(uow.session, row)

    return post(act, CensusListOut)


@api.route("/facilities/<code>/census/lists/latest")
@api.response(200, CensusListOut)
@requires(Permission.BOARD_VIEW)
def latest_list(code: str) -> dict[str, Any]:
    """The newest list and in what it differed"""
    place = _place(code, Permission.BOARD_VIEW)
    with runtime().db.read() as db:
        row = next(iter(feed_queries.lists(db, place.id, most=1)), None)
        if row is None:
            raise NotFound("No census list of this hospital has come.")
        return _list_out(db, row)


def _place(code: str, permission: Permission) -> Facility:
    with runtime().db.read() as db:
        try:
            found = facility_by_code(db, code)
        except Invalid as unknown:
            raise NotFound(unknown.detail) from None
    actor().require(permission, found.id)
    return found


def _list_out(db: Session, row: CensusList) -> dict[str, Any]:
    out = {
        name: getattr(row, name) for name in ("id", "taken_at", "received_at", "state", "patients", "same")
    }
    return out | {
        "faults": row.faults.splitlines(),
        "differences": [
            {
                "kind": each.kind.value,
                "ours": None
                if each.kind is Difference.THEIRS
                else _at(each.point_of_care, each.room, each.bed),
                "theirs": None
                if each.kind is Difference.OURS
                else _at(each.listed_point_of_care, each.listed_room, each.listed_bed),
                "line": each.line,
                "accepted": each.accepted,
            }
            for each in feed_queries.differences(db, row.id)
        ],
    }


def _at(point_of_care: str | None, room: str, bed: str) -> dict[str, Any]:
    return {"point_of_care": point_of_care, "room": room, "bed": bed}


def _list_body() -> bytes:
    if request.is_json:
        try:
            text: str = TextIn().load(request.get_json())["list"]
        except ValidationError as wrong:
            raise Invalid("The body is not as expected.", wrong.normalized_messages()) from None
        return text.encode("utf-8", "replace")
    if request.mimetype not in ("text/csv", "text/plain", ER7):
        raise Invalid.field("Content-Type", f"must be text/csv, {ER7}, text/plain or application/json")
    return request.get_data()


def _body() -> bytes:
    if request.is_json:
        try:
            text: str = MessageIn().load(request.get_json())["message"]
        except ValidationError as wrong:
            raise Invalid("The body is not as expected.", wrong.normalized_messages()) from None
        return text.encode("utf-8", "replace")
    if request.mimetype not in (ER7, ALSO_ER7, "text/plain"):
        raise Invalid.field("Content-Type", f"must be {ER7}, text/plain or application/json")
    return request.get_data()


def _plain(receipt: Receipt) -> dict[str, Any]:
    return {
        "acknowledgements": receipt.answers,
        "applied": receipt.counts["applied"],
        "duplicates": receipt.counts["duplicate"],
        "refused": receipt.counts["refused"],
        "reasons": receipt.reasons,
        "faults": receipt.faults,
    }
