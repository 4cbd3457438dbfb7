"""The roster at the API. Phone numbers leave it masked."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from app.staffing.phones import masked
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


class PhoneOut(Schema):
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
    contacts = fields.List(fields.Nested(PhoneOut))


PersonPage: type[ma.Schema] = page_of(PersonOut, "PersonPage")


def search_of(args: dict[str, Any]) -> dict[str, Any]:
    """What `queries.search` takes, out of the query string."""
    return {"text": args["q"], "skill": args["skill"], "department": args["department"]}
