"""The surge level, the four S and what is recommended, at the API."""

from __future__ import annotations

from marshmallow import ValidationError, fields, validate, validates_schema

from app.surge.continuum import RESOURCES
from app.surge.levels import BANDS, COLOURS, HIGHEST_RANK
from app.web.api import Schema

_BAND = {"enum": list(BANDS)}
_RESOURCE = {"enum": list(RESOURCES)}


class FiringReasonOut(Schema):
    """A trigger that has fired and speaks for the level."""

    firing_id = fields.String(required=True)
    trigger_id = fields.String(required=True)
    title = fields.String(required=True)
    resource = fields.String(required=True, metadata=_RESOURCE)
    said = fields.String(required=True, metadata={"description": "what was seen when it fired"})
    rule = fields.String(required=True, metadata={"description": "the limit it had passed"})
    since = fields.AwareDateTime(required=True)
    fired_at = fields.AwareDateTime(required=True)
    version = fields.Integer(required=True, metadata={"description": "of the trigger that fired"})


class LevelRecommendationOut(Schema):
    id = fields.UUID(required=True)
    rank = fields.Integer(required=True)
    label = fields.String(required=True)
    band = fields.String(required=True, metadata=_BAND)
    drivers = fields.List(fields.String(metadata=_RESOURCE), required=True)
    reasons = fields.List(fields.Nested(FiringReasonOut), required=True)
    made_at = fields.AwareDateTime(required=True)
    age_seconds = fields.Integer(required=True)


class SignOut(Schema):
    title = fields.String(required=True)
    rank = fields.Integer(required=True, metadata={"description": "of the level it speaks for"})
    fresh = fields.Boolean(required=True, metadata={"description": "false: too old to be cleared"})
    aside = fields.Boolean(required=True, metadata={"description": "put aside by a person"})


class SideOut(Schema):
    resource = fields.String(required=True, metadata=_RESOURCE)
    band = fields.String(required=True, metadata=_BAND)
    drives = fields.Boolean(required=True, metadata={"description": "at the worst band of the four"})
    asks = fields.String(required=True, metadata=_BAND | {"description": "what its triggers speak for"})
    signs = fields.List(fields.Nested(SignOut), required=True)
    provisional = fields.Boolean(required=True)
    stale = fields.List(fields.String(), required=True, metadata={"description": "units not known"})
    watched = fields.Boolean(required=True, metadata={"description": "some trigger looks at it"})


class ContinuumOut(Schema):
    """The level people have set, and the four S it stands for. The band is the worst of the four."""

    facility = fields.String(required=True)
    as_of = fields.AwareDateTime(required=True)
    rank = fields.Integer(required=True)
    label = fields.String(required=True)
    band = fields.String(required=True, metadata=_BAND)
    drivers = fields.List(fields.String(metadata=_RESOURCE), required=True)
    provisional = fields.Boolean(
        required=True, metadata={"description": "some input is missing or too old: it may be worse"}
    )
    set_at = fields.AwareDateTime(required=True, allow_none=True)
    set_by = fields.String(required=True, allow_none=True, metadata={"description": "null: nobody ever has"})
    reason = fields.String(required=True, allow_none=True)
    age_seconds = fields.Integer(required=True, allow_none=True)
    resources = fields.List(fields.Nested(SideOut), required=True)
    recommendation = fields.Nested(LevelRecommendationOut, required=True, allow_none=True)


class NamedLevelOut(Schema):
    rank = fields.Integer(required=True)
    label = fields.String(required=True)
    meaning = fields.String(required=True)
    colour = fields.String(required=True, metadata={"enum": list(COLOURS)})
    band = fields.String(required=True, metadata=_BAND)


class NamedLevelsOut(Schema):
    facility = fields.String(required=True)
    version = fields.Integer(required=True, metadata={"description": "0: as the program ships them"})
    levels = fields.List(fields.Nested(NamedLevelOut), required=True)


class DeclineIn(Schema):
    reason = fields.String(required=True, validate=validate.Length(1, 2000))


class ConfirmIn(Schema):
    """The plan starts in an open incident, or in one declared from `guide`; with neither nobody gets a task."""

    reason = fields.String(required=True, validate=validate.Length(1, 2000))
    incident_id = fields.UUID(load_default=None, allow_none=True)
    guide = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=80))
    resources = fields.List(
        fields.String(validate=validate.OneOf(RESOURCES)),
        load_default=list,
        validate=validate.Length(max=4),
        metadata={"description": "what drives it; for crisis exactly one"},
    )
    name = fields.String(
        load_default="",
        validate=validate.Length(max=200),
        metadata={"description": "for crisis alone: the name of the account, typed by its person"},
    )


class SetLevelIn(ConfirmIn):
    """Either `rank`, or one of the four S as `resource` with its `band`."""

    rank = fields.Integer(
        strict=True, load_default=None, allow_none=True, validate=validate.Range(0, HIGHEST_RANK)
    )
    resource = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(RESOURCES))
    band = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(BANDS))
    restart = fields.Boolean(
        load_default=False,
        metadata={"description": "on leaving crisis: the care put off is staffed to start again"},
    )
    instead_of = fields.UUID(
        load_default=None,
        allow_none=True,
        metadata={"description": "with rank: the recommendation that is declined with a lower level"},
    )

    @validates_schema
    def _one_of_both(self, data: dict[str, object], **_: object) -> None:
        one, whole = data.get("rank") is not None, data.get("resource") is not None
        if one == whole:
            raise ValidationError("give either rank, or resource and band", "rank")
        if whole and data.get("band") is None:
            raise ValidationError("is needed with resource", "band")
        if whole and data.get("resources"):
            raise ValidationError("resource names it already", "resources")
