"""Scores at the API: each calculator's inputs become a schema."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from app.scores.score import Calculator, Input
from app.web.api import Schema

MOST_IN_A_SERIES = 500


class ReasonOut(Schema):
    text = fields.String(required=True)
    input = fields.String(required=True, allow_none=True, metadata={"description": "the field it is about"})
    value = fields.Raw(required=True, allow_none=True)
    adds = fields.Float(
        required=True, allow_none=True, metadata={"description": "what it adds to `raw`, where that is a sum"}
    )


class ScoreOut(Schema):
    name = fields.String(required=True)
    raw = fields.Float(required=True, allow_none=True, metadata={"description": "as the formula gives it"})
    score = fields.Float(
        required=True,
        allow_none=True,
        metadata={"description": "as it is shown; null: cannot be computed, see reasons"},
    )
    band = fields.String(required=True, allow_none=True)
    provisional = fields.Boolean(
        required=True, metadata={"description": "an input is out of date or not known"}
    )
    reasons = fields.List(fields.Nested(ReasonOut), required=True)


def schema_of(calculator: Calculator) -> type[ma.Schema]:
    """All inputs by name (null: not known) and `stale`, the names of those that are out of date."""
    names = [i.name for i in calculator.inputs]
    members: dict[str, Any] = {i.name: _field(i, calculator.name) for i in calculator.inputs}
    members["stale"] = fields.List(
        fields.String(validate=validate.OneOf(names)),
        load_default=list,
        metadata={"description": "fields that are out of date"},
    )
    return Schema.from_dict(members, name=f"{_camel(calculator.name)}In")


def _field(wanted: Input, owner: str) -> fields.Field[Any]:
    common: dict[str, Any] = {
        "allow_none": True,
        "metadata": {
            "description": f"{wanted.label}. {wanted.definition}",
            **({"x-unit": wanted.unit} if wanted.unit else {}),
        },
    }
    common |= {"load_default": wanted.default} if wanted.optional else {"required": True}
    allowed = validate.Range(wanted.low, wanted.high)
    if wanted.kind == "count":
        return fields.Integer(strict=True, validate=allowed, **common)
    if wanted.kind == "number":
        return fields.Float(validate=allowed, **common)
    if wanted.kind == "flag":
        return fields.Boolean(**common)
    if wanted.kind == "choice":
        return fields.String(validate=_choice(wanted), **common)
    inner: fields.Field[Any] = fields.Float(allow_none=True, validate=allowed)
    if wanted.kind == "units":
        columns = {column.name: _column(column, owner) for column in wanted.columns}
        inner = fields.Nested(Schema.from_dict(columns, name=f"{_camel(owner)}Unit"))
    return fields.List(inner, validate=validate.Length(0, MOST_IN_A_SERIES), **common)


def _column(wanted: Input, owner: str) -> fields.Field[Any]:
    """A column of a unit's line cannot be left open: half a line is no unit."""
    field = _field(wanted, owner)
    field.allow_none = False
    return field


def _choice(wanted: Input) -> validate.Validator:
    return validate.OneOf(wanted.choices) if wanted.choices else validate.Length(1, 80)


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))
