"""The roster at the API. Numbers and addresses leave it masked."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from app.staffing.models import ShiftKind
from app.staffing.phones import masked
from app.staffing.rota import MOST_ROWS
from app.web.api import PageArgs, Schema, page_of


class PeopleArgs(PageArgs):
    facility = fields.String(load_default=None, metadata={"description": "code of a hospital"})
    skill = fields.String(load_default=None, validate=validate.Length(1, 80))
    department = fields.String(load_default=None, validate=validate.Length(1, 200))
    q = fields.String(
        load_default="",
        validate=validate.Length(max=200),
        metadata={"description": "words in name, job or department"},
    )


class ContactOut(Schema):
    id = fields.UUID(required=True)
    channel = fields.String(required=True)
    address = fields.Function(
        lambda c: masked(c.address), metadata={"type": "string", "description": "masked"}
    )
    rank = fields.Integer(required=True)
    verified_at = fields.AwareDateTime(allow_none=True)
    opted_out_at = fields.AwareDateTime(allow_none=True)


class PersonOut(Schema):
    id = fields.UUID(required=True)
    facility_id = fields.UUID(required=True)
    employee_number = fields.String(allow_none=True)
    name = fields.String(required=True)
    job_title = fields.String(required=True)
    department = fields.String(required=True)
    travel_minutes = fields.Integer(allow_none=True)
    active = fields.Boolean(required=True)
    skills = fields.Function(
        lambda p: sorted(s.slug for s in p.skills),
        metadata={"type": "array", "items": {"type": "string"}},
    )
    contacts = fields.List(fields.Nested(ContactOut))


PersonPage: type[ma.Schema] = page_of(PersonOut, "PersonPage")


def search_of(args: dict[str, Any]) -> dict[str, Any]:
    """What `queries.search` takes, out of the query string."""
    return {"text": args["q"], "skill": args["skill"], "department": args["department"]}


class ShiftIn(Schema):
    employee_number = fields.String(required=True, validate=validate.Length(1, 80))
    start = fields.AwareDateTime(required=True)
    end = fields.AwareDateTime(required=True)
    kind = fields.String(load_default="planned", validate=validate.OneOf([k.value for k in ShiftKind]))
    unit = fields.String(
        load_default="", validate=validate.Length(max=80), metadata={"description": "code of a unit"}
    )
    department = fields.String(
        load_default="", validate=validate.Length(max=200), metadata={"description": "else the person's own"}
    )
    job = fields.String(
        load_default="",
        validate=validate.Length(max=200),
        metadata={"description": "what they work as; for a call, what for"},
    )


class ShiftsIn(Schema):
    shifts = fields.List(fields.Nested(ShiftIn), required=True, validate=validate.Length(1, MOST_ROWS))
    source = fields.String(
        required=True,
        validate=validate.Length(1, 200),
        metadata={"description": "which program or list says so"},
    )
    replace = fields.Boolean(
        load_default=False,
        metadata={"description": "these are all the shifts of these people in that time; remove others"},
    )


class RefusedOut(Schema):
    row = fields.Integer(required=True, metadata={"description": "place in the list, from 1"})
    why = fields.String(required=True)


class ShiftsOut(Schema):
    added = fields.Integer(required=True)
    changed = fields.Integer(required=True)
    same = fields.Integer(required=True, metadata={"description": "were there already"})
    removed = fields.Integer(required=True)
    refused = fields.List(fields.Nested(RefusedOut), required=True)


class ThereOut(Schema):
    person_id = fields.UUID(required=True)
    name = fields.String(required=True)
    job = fields.String(required=True)
    until = fields.AwareDateTime(required=True)


class PlaceOut(Schema):
    place = fields.Function(lambda pair: pair[0], metadata={"type": "string"})
    people = fields.Function(
        lambda pair: ThereOut(many=True).dump(pair[1]),
        metadata={"type": "array", "items": {"type": "object"}},
    )


class FloorOut(Schema):
    place = fields.String(required=True)
    skill = fields.String(required=True)
    least = fields.Integer(required=True)
    on_duty = fields.Function(lambda floor: len(floor.on_duty), metadata={"type": "integer"})


class OnDutyOut(Schema):
    at = fields.AwareDateTime(required=True)
    recorded_at = fields.AwareDateTime(
        allow_none=True, metadata={"description": "when shifts were last recorded; null: never"}
    )
    ends_at = fields.AwareDateTime(
        allow_none=True, metadata={"description": "up to when shifts are recorded"}
    )
    unknown_people = fields.Integer(
        required=True, metadata={"description": "active people of whom no shift is known"}
    )
    away = fields.Integer(required=True)
    places = fields.List(fields.Nested(PlaceOut), required=True)
    on_call = fields.List(fields.Nested(ThereOut), required=True)
    floors = fields.List(fields.Nested(FloorOut), required=True)
