"""Incidents at the API."""

from __future__ import annotations

import marshmallow as ma
from marshmallow import fields, validate

from app.incidents.models import ActivationLevel
from app.web.api import Schema, page_of


class IncidentIn(Schema):
    guide = fields.String(required=True, metadata={"description": "slug of an incident guide"})
    facility = fields.String(required=True, metadata={"description": "code of the hospital, such as SBMC"})
    exercise = fields.Boolean(required=True, metadata={"description": "fixed for the life of the incident"})
    activation_level = fields.String(
        load_default=ActivationLevel.PARTIAL.value,
        validate=validate.OneOf([v.value for v in ActivationLevel]),
    )
    reason = fields.String(required=True, validate=validate.Length(1, 2000))
    name = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 200))
    started_at = fields.AwareDateTime(
        load_default=None, allow_none=True, metadata={"description": "clock zero"}
    )
    linked_to = fields.UUID(load_default=None, allow_none=True)


class IncidentOut(Schema):
    id = fields.UUID(required=True)
    number = fields.String(required=True)
    name = fields.String(required=True)
    guide = fields.String(required=True)
    facility_id = fields.UUID(required=True)
    exercise = fields.Boolean(required=True)
    activation_level = fields.Enum(ActivationLevel, by_value=True, required=True)
    reason = fields.String(required=True)
    state = fields.Function(
        lambda i: i.state.value, metadata={"type": "string", "enum": ["active", "closed"]}
    )
    started_at = fields.AwareDateTime(required=True)
    declared_at = fields.AwareDateTime(required=True)
    closed_at = fields.AwareDateTime(allow_none=True)
    close_reason = fields.String(allow_none=True)
    linked_to = fields.UUID(allow_none=True)


class CloseIn(Schema):
    reason = fields.String(required=True, validate=validate.Length(1, 2000))


IncidentPage: type[ma.Schema] = page_of(IncidentOut, "IncidentPage")
