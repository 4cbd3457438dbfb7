"""/api/v1/adt and /api/v1/facilities/<code>/census"""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify, request
from marshmallow import ValidationError

from app.accounts.access import actor, requires
from app.census import queries
from app.census.receive import Receipt, Receiver
from app.census.schemas import AdtArgs, CensusOut, MessageIn, ReceiptOut
from app.core.errors import Invalid, NotFound
from app.core.permissions import Permission
from app.facilities.queries import facility_by_code
from app.runtime import runtime
from app.web.api import blueprint

ER7 = "x-application/hl7-v2+er7"
api = blueprint("census", "Running census from HL7 v2 ADT messages")

_TEXT = {"schema": {"type": "string", "format": "binary"}}
_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            ER7: _TEXT,
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


def _body() -> bytes:
    if request.is_json:
        try:
            text: str = MessageIn().load(request.get_json())["message"]
        except ValidationError as wrong:
            raise Invalid("The body is not as expected.", wrong.normalized_messages()) from None
        return text.encode("utf-8", "replace")
    if request.mimetype not in (ER7, "text/plain"):
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
