"""Bed runs at the API."""

from __future__ import annotations

import marshmallow as ma
from marshmallow import fields, validate

from app.bedruns import rules
from app.bedruns.models import RunState
from app.web.api import PageArgs, Schema, page_of


class BedRunIn(Schema):
    facility = fields.String(required=True, metadata={"description": "code of the hospital, such as SBMC"})
    reason = fields.String(required=True, validate=validate.Length(1, 2000))
    exercise = fields.Boolean(required=True, metadata={"description": "fixed for the life of the run"})
    units = fields.List(
        fields.String(validate=validate.Length(1, 80)),
        load_default=None,
        allow_none=True,
        validate=validate.Length(1, 500),
        metadata={"description": "codes of units; without it, every unit with beds to stay in"},
    )
    percent = fields.Integer(
        load_default=rules.PERCENT,
        validate=validate.Range(1, 100),
        metadata={"description": f"of staffed beds. {rules.SOURCE}"},
    )
    incident_id = fields.UUID(load_default=None, allow_none=True)


class BedRunArgs(PageArgs):
    facility = fields.String(load_default=None, validate=validate.Length(1, 80))


class BedCountIn(Schema):
    unit = fields.String(
        required=True, validate=validate.Length(1, 80), metadata={"description": "code of the unit"}
    )
    step = fields.String(required=True, validate=validate.OneOf(rules.STEPS))
    kind = fields.String(
        load_default="",
        validate=validate.OneOf(("", *rules.RISK_KINDS, *rules.WAYS)),
        metadata={"description": "identified: class_1 to class_5; freed: discharge, transfer or deferred"},
    )
    change = fields.Integer(
        required=True,
        validate=validate.Range(-rules.MOST_AT_ONCE, rules.MOST_AT_ONCE),
        metadata={"description": "how many more, or fewer when negative"},
    )


class BedRunEndIn(Schema):
    reached = fields.Boolean(
        required=True, metadata={"description": "true confirms the target, false stops the run"}
    )
    reason = fields.String(load_default="", validate=validate.Length(max=2000))


class BedRunQuarterOut(Schema):
    percent = fields.Integer(required=True)
    beds = fields.Integer(required=True)
    at = fields.AwareDateTime(required=True, allow_none=True)
    minutes = fields.Integer(required=True, allow_none=True)


class BedRunUnitOut(Schema):
    unit = fields.String(required=True)
    name = fields.String(required=True)
    staffed_beds = fields.Integer(required=True)
    source = fields.String(required=True)
    observed_at = fields.AwareDateTime(required=True)
    identified = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    freed = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    cleaned = fields.Integer(required=True)
    staffed = fields.Integer(required=True)
    counted = fields.Integer(required=True)


class BedRunOut(Schema):
    """`counted`: beds freed and cleaned and staffed, unit by unit. `on_the_line`: how many it would be by now if
    they came evenly. `projected_at` null: nothing was gained in the last hour, or it is too early to tell.
    """

    id = fields.UUID(required=True)
    facility_id = fields.UUID(required=True)
    incident_id = fields.UUID(required=True, allow_none=True)
    exercise = fields.Boolean(required=True)
    reason = fields.String(required=True)
    percent = fields.Integer(required=True)
    staffed_beds = fields.Integer(required=True)
    target = fields.Integer(required=True)
    counted = fields.Integer(required=True)
    on_the_line = fields.Integer(required=True)
    projected_at = fields.AwareDateTime(required=True, allow_none=True)
    started_at = fields.AwareDateTime(required=True)
    started_by = fields.String(required=True)
    deadline_at = fields.AwareDateTime(required=True)
    state = fields.Enum(RunState, by_value=True, required=True)
    ended_at = fields.AwareDateTime(required=True, allow_none=True)
    ended_by = fields.String(required=True, allow_none=True)
    end_reason = fields.String(required=True, allow_none=True)
    quarters = fields.List(fields.Nested(BedRunQuarterOut), required=True)
    units = fields.List(fields.Nested(BedRunUnitOut), required=True)


class BedsCountedOut(BedRunOut):
    count_id = fields.UUID(required=True)


BedRunPage: type[ma.Schema] = page_of(BedRunOut, "BedRunPage")
