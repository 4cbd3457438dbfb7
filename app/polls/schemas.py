"""Polls at the API."""

from __future__ import annotations

from marshmallow import fields, validate

from app.polls.rules import MINUTES, PRESETS, AskState, Whom
from app.surge.metrics import METRICS
from app.web.api import Schema


class PollIn(Schema):
    facility = fields.String(
        load_default=None, metadata={"description": "code of the hospital; without it, all hospitals"}
    )
    preset = fields.String(
        load_default=None,
        validate=validate.OneOf([each.slug for each in PRESETS]),
        metadata={"description": "numbers, time and chases together; what is given beside it stands"},
    )
    title = fields.String(load_default="", validate=validate.Length(max=200))
    metrics = fields.List(fields.String(validate=validate.OneOf(list(METRICS))), load_default=None)
    minutes = fields.Integer(load_default=None, validate=validate.Range(*MINUTES))
    chase = fields.List(
        fields.Integer(), load_default=None, metadata={"description": "minutes after the start"}
    )
    whom = fields.String(load_default=Whom.UNITS.value, validate=validate.OneOf([w.value for w in Whom]))
    incident = fields.UUID(load_default=None)


class NumberOut(Schema):
    metric = fields.String(required=True)
    value = fields.Integer(required=True, allow_none=True, metadata={"description": "null: missing"})


class PollUnitOut(Schema):
    facility = fields.String(required=True)
    unit = fields.String(required=True)
    name = fields.String(required=True)
    asked = fields.String(required=True, metadata={"description": "who is asked; empty: nobody"})
    trouble = fields.String(required=True, metadata={"description": "why nobody could be asked"})
    unreached = fields.Boolean(required=True, metadata={"description": "the last message did not arrive"})
    state = fields.String(required=True, validate=validate.OneOf([s.value for s in AskState]))
    overdue = fields.Boolean(required=True)
    answered_at = fields.AwareDateTime(required=True, allow_none=True)
    numbers = fields.List(fields.Nested(NumberOut), required=True)


class PollOut(Schema):
    id = fields.String(required=True)
    title = fields.String(required=True)
    facility = fields.String(required=True, allow_none=True, metadata={"description": "null: all hospitals"})
    whom = fields.String(required=True)
    exercise = fields.Boolean(required=True)
    started_at = fields.AwareDateTime(required=True)
    started_by = fields.String(required=True)
    due_at = fields.AwareDateTime(required=True)
    next_chase_at = fields.AwareDateTime(required=True, allow_none=True)
    chased = fields.Integer(required=True)
    closed_at = fields.AwareDateTime(required=True, allow_none=True)
    made = fields.Boolean(
        required=True,
        metadata={"description": "false: one of the same scope was open already, and this is it"},
    )
    completeness = fields.String(required=True)
    units = fields.List(fields.Nested(PollUnitOut), required=True)
