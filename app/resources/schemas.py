"""Requests and stock at the API."""

from __future__ import annotations

import marshmallow as ma
from marshmallow import fields, validate

from app.resources.actions.requests import MOST_LINES
from app.resources.rules import MOST, Priority, RequestState, Source
from app.web.api import PageArgs, Schema, page_of

REASON = validate.Length(1, 2000)
UNITS = validate.Range(1, MOST)
VERSION = {"description": "`version` as you last saw it; a request that has changed since is a 409"}


class LineIn(Schema):
    sku = fields.String(
        load_default=None, allow_none=True, metadata={"description": "an item of the catalogue, or else"}
    )
    description = fields.String(load_default="", validate=validate.Length(max=200))
    unit = fields.String(load_default="", validate=validate.Length(max=80))
    quantity = fields.Integer(required=True, strict=True, validate=UNITS)


class RequestIn(Schema):
    priority = fields.String(required=True, validate=validate.OneOf([p.value for p in Priority]))
    deliver_to = fields.String(required=True, validate=validate.Length(1, 200))
    why = fields.String(required=True, validate=REASON)
    needed_by = fields.AwareDateTime(load_default=None, allow_none=True)
    position = fields.String(
        load_default=None, allow_none=True, metadata={"description": "slug of an open position"}
    )
    lines = fields.List(fields.Nested(LineIn), required=True, validate=validate.Length(min=1, max=MOST_LINES))


class GrantIn(Schema):
    line_id = fields.UUID(required=True)
    quantity = fields.Integer(required=True, strict=True, validate=validate.Range(0, MOST))


class ApproveIn(Schema):
    lines = fields.List(
        fields.Nested(GrantIn),
        load_default=list,
        validate=validate.Length(max=MOST_LINES),
        metadata={"description": "lines left out are granted in full"},
    )
    note = fields.String(load_default="", validate=validate.Length(max=2000))
    version = fields.Integer(load_default=None, allow_none=True, metadata=VERSION)


class ReasonIn(Schema):
    reason = fields.String(required=True, validate=REASON)
    version = fields.Integer(load_default=None, allow_none=True, metadata=VERSION)


class FillIn(Schema):
    line_id = fields.UUID(required=True)
    quantity = fields.Integer(required=True, strict=True, validate=UNITS)
    source = fields.String(required=True, validate=validate.OneOf([s.value for s in Source]))
    source_name = fields.String(
        load_default="",
        validate=validate.Length(max=200),
        metadata={"description": "who gives it; needed for every source but stock"},
    )
    expected_at = fields.AwareDateTime(load_default=None, allow_none=True)
    version = fields.Integer(load_default=None, allow_none=True, metadata=VERSION)


class ReceiveIn(Schema):
    fill_id = fields.UUID(required=True)
    quantity = fields.Integer(required=True, strict=True, validate=UNITS)
    version = fields.Integer(load_default=None, allow_none=True, metadata=VERSION)


class FellThroughIn(ReasonIn):
    fill_id = fields.UUID(required=True)


class CloseRequestIn(Schema):
    reason = fields.String(
        load_default="",
        validate=validate.Length(max=2000),
        metadata={"description": "needed while anything that was granted has not come"},
    )
    version = fields.Integer(load_default=None, allow_none=True, metadata=VERSION)


class LineOut(Schema):
    id = fields.UUID(required=True)
    number = fields.Integer(required=True)
    sku = fields.String(allow_none=True)
    description = fields.String(required=True)
    unit = fields.String(required=True)
    asked = fields.Integer(required=True)
    approved = fields.Integer(allow_none=True)
    filled = fields.Integer(required=True)
    received = fields.Integer(required=True)


class FillOut(Schema):
    id = fields.UUID(required=True)
    number = fields.Integer(required=True)
    line_id = fields.UUID(required=True)
    quantity = fields.Integer(required=True)
    received = fields.Integer(required=True)
    fell_through = fields.Integer(required=True)
    source = fields.Enum(Source, by_value=True, required=True)
    source_name = fields.String(required=True)
    expected_at = fields.AwareDateTime(allow_none=True)
    filled_at = fields.AwareDateTime(required=True)
    filled_by = fields.String(required=True)


class RequestOut(Schema):
    id = fields.UUID(required=True)
    incident_id = fields.UUID(required=True)
    number = fields.Integer(required=True)
    version = fields.Integer(required=True)
    state = fields.Enum(RequestState, by_value=True, required=True)
    priority = fields.Enum(Priority, by_value=True, required=True)
    position = fields.String(allow_none=True)
    why = fields.String(required=True)
    deliver_to = fields.String(required=True)
    needed_by = fields.AwareDateTime(allow_none=True)
    overdue = fields.Boolean(required=True)
    raised_by = fields.String(required=True)
    raised_at = fields.AwareDateTime(required=True)
    changed_by = fields.String(required=True)
    changed_at = fields.AwareDateTime(required=True)
    reason = fields.String(required=True)
    ended_at = fields.AwareDateTime(allow_none=True)
    lines = fields.List(fields.Nested(LineOut), required=True)
    fills = fields.List(fields.Nested(FillOut), required=True)


class RequestArgs(PageArgs):
    state = fields.String(load_default="all", validate=validate.OneOf(["open", "ended", "all"]))


class StockOut(Schema):
    """`on_hand` null: never counted, which is not the same as none."""

    sku = fields.String(attribute="item.sku", required=True)
    name = fields.String(attribute="item.name", required=True)
    category = fields.String(attribute="item.category", required=True)
    unit = fields.String(attribute="item.unit_of_issue", required=True)
    on_hand = fields.Integer(attribute="level.on_hand", dump_default=None, allow_none=True)
    par = fields.Integer(attribute="level.par", dump_default=None, allow_none=True)
    changed_at = fields.AwareDateTime(attribute="level.changed_at", dump_default=None, allow_none=True)
    changed_by = fields.String(attribute="level.changed_by", dump_default=None, allow_none=True)
    source = fields.String(attribute="level.why", dump_default=None, allow_none=True)


class CountIn(Schema):
    sku = fields.String(required=True)
    on_hand = fields.Integer(required=True, strict=True, validate=validate.Range(0, MOST))
    note = fields.String(load_default="", validate=validate.Length(max=150))


class LevelOut(Schema):
    sku = fields.String(required=True)
    on_hand = fields.Integer(required=True)
    par = fields.Integer(required=True)
    changed_at = fields.AwareDateTime(required=True)
    changed_by = fields.String(required=True)
    source = fields.String(attribute="why", required=True)


RequestPage: type[ma.Schema] = page_of(RequestOut, "RequestPage")
StockPage: type[ma.Schema] = page_of(StockOut, "StockPage")
