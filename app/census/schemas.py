"""The census at the API."""

from __future__ import annotations

from marshmallow import fields

from app.web.api import Schema


class MessageIn(Schema):
    message = fields.String(required=True, metadata={"description": "HL7 v2 text: a message or a batch"})


class AdtArgs(Schema):
    facility = fields.String(
        load_default=None, metadata={"description": "code of the hospital; without it MSH-6 or MSH-5 says"}
    )


class ReceiptOut(Schema):
    acknowledgements = fields.List(fields.String(), required=True)
    applied = fields.Integer(required=True)
    duplicates = fields.Integer(required=True, metadata={"description": "came before; nothing was changed"})
    refused = fields.Integer(required=True)
    reasons = fields.List(
        fields.String(), required=True, metadata={"description": "of the refused, in order"}
    )
    faults = fields.List(
        fields.String(), required=True, metadata={"description": "what is wrong with the batch around them"}
    )


class UnitCensusOut(Schema):
    code = fields.String(required=True)
    name = fields.String(required=True)
    unit_class = fields.String(required=True)
    staffed_beds = fields.Integer(required=True)
    occupied = fields.Integer(
        required=True, metadata={"description": "patients we were told of, not beds; as_of says since when"}
    )
    on_leave = fields.Integer(required=True, metadata={"description": "away, their bed kept"})
    conflicts = fields.Integer(required=True, metadata={"description": "beds with more than one patient"})
    beds = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(),
        required=True,
        metadata={"description": "beds out of use, by the last status reported (A20)"},
    )


class LocationOut(Schema):
    location = fields.String(required=True)
    occupied = fields.Integer(required=True)


class ConflictOut(Schema):
    location = fields.String(required=True)
    room = fields.String(required=True)
    bed = fields.String(required=True)
    patients = fields.Integer(required=True)


class CensusOut(Schema):
    facility = fields.String(required=True)
    as_of = fields.AwareDateTime(
        required=True, allow_none=True, metadata={"description": "when the last message came; null: none yet"}
    )
    last_event_at = fields.AwareDateTime(required=True, allow_none=True)
    stale = fields.Boolean(required=True, metadata={"description": "no message for 30 minutes"})
    occupied = fields.Integer(
        required=True, metadata={"description": "patients in units; unmapped locations apart"}
    )
    units = fields.List(fields.Nested(UnitCensusOut), required=True)
    unmapped = fields.List(fields.Nested(LocationOut), required=True)
    left_out = fields.List(fields.Nested(LocationOut), required=True)
    unplaced = fields.Integer(required=True, metadata={"description": "in the house, place not told"})
    registered = fields.Integer(required=True, metadata={"description": "registered, without a bed"})
    conflicts = fields.List(fields.Nested(ConflictOut), required=True)
    day = fields.Date(required=True, metadata={"description": "the hospital's own day, for what follows"})
    admissions = fields.Integer(required=True)
    discharges = fields.Integer(required=True)
    cancelled = fields.Integer(required=True)
    corrected = fields.Integer(
        required=True, metadata={"description": "by the house's own census list, accepted"}
    )
    unmatched = fields.Integer(required=True)
    messages = fields.Integer(required=True)
    duplicates = fields.Integer(required=True)
    refused = fields.Integer(required=True)


class ListArgs(Schema):
    taken_at = fields.AwareDateTime(
        load_default=None, metadata={"description": "when the list was taken; without it, now"}
    )


class TextIn(Schema):
    list = fields.String(required=True, metadata={"description": "CSV or HL7 v2 text"})


class ListedPlaceOut(Schema):
    point_of_care = fields.String(required=True, allow_none=True)
    room = fields.String(required=True)
    bed = fields.String(required=True)


class DifferenceOut(Schema):
    kind = fields.String(
        required=True, metadata={"description": "ours, theirs or elsewhere: who has the patient, or where"}
    )
    ours = fields.Nested(ListedPlaceOut, required=True, allow_none=True)
    theirs = fields.Nested(ListedPlaceOut, required=True, allow_none=True)
    line = fields.Integer(required=True, allow_none=True, metadata={"description": "of the list"})
    accepted = fields.Boolean(required=True, allow_none=True)


class CensusListOut(Schema):
    id = fields.String(required=True)
    taken_at = fields.AwareDateTime(required=True)
    received_at = fields.AwareDateTime(required=True)
    state = fields.String(required=True)
    patients = fields.Integer(required=True)
    same = fields.Integer(required=True)
    faults = fields.List(fields.String(), required=True)
    differences = fields.List(fields.Nested(DifferenceOut), required=True)
