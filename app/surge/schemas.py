"""Readings and capacity at the API."""

from __future__ import annotations

from marshmallow import fields, validate

from app.surge.definitions import LARGEST, LONGEST
from app.surge.evaluating import ACTS
from app.surge.levels import BANDS
from app.surge.metrics import METRICS
from app.surge.triggers import CHANGED, CLEARED, COMPARISONS, FIRED, UNSHELVED, Status
from app.surge.windows import KINDS, NOW
from app.web.api import Schema

MOST_AT_ONCE = 10_000
_STATES = {"enum": [status.value for status in Status]}


class ReadingIn(Schema):
    facility = fields.String(required=True, metadata={"description": "code of the hospital, such as SBMC"})
    unit = fields.String(required=True, metadata={"description": "code of the unit, such as MICU"})
    metric = fields.String(
        required=True,
        validate=validate.OneOf(list(METRICS), error="{input} is unknown; allowed are {choices}"),
    )
    value = fields.Integer(required=True, strict=True, metadata={"description": "a count, 0 to 100000"})
    observed_at = fields.AwareDateTime(
        required=True, metadata={"description": "when it was counted, with a zone; at most 5 minutes ahead"}
    )
    source = fields.String(
        load_default="api",
        validate=validate.Length(1, 200),
        metadata={"description": "who or what counted; part of what makes a reading the same again"},
    )


class RefusedOut(Schema):
    index = fields.Integer(required=True, metadata={"description": "place in what was posted, from 0"})
    errors = fields.Dict(keys=fields.String(), values=fields.List(fields.String()), required=True)


class EnteredOut(Schema):
    accepted = fields.Integer(required=True, metadata={"description": "taken, those known already included"})
    unchanged = fields.Integer(required=True, metadata={"description": "of these, known already"})
    corrected = fields.Integer(required=True, metadata={"description": "of these, another value than before"})
    refused = fields.List(fields.Nested(RefusedOut), required=True)
    warnings = fields.List(fields.String(), required=True)


class ValueOut(Schema):
    value = fields.Integer(required=True)
    observed_at = fields.AwareDateTime(required=True)
    received_at = fields.AwareDateTime(required=True)
    source = fields.String(required=True)
    fresh = fields.Boolean(required=True, metadata={"description": "false: too old to be believed"})


class UnitCapacityOut(Schema):
    """Null where nobody has said, or too long ago: missing is not zero."""

    unit = fields.Function(lambda u: u.unit.code, metadata={"type": "string"})
    name = fields.Function(lambda u: u.unit.name, metadata={"type": "string"})
    unit_class = fields.Function(lambda u: u.unit.unit_class, metadata={"type": "string"})
    staffed = fields.Integer(allow_none=True)
    occupied = fields.Integer(allow_none=True)
    blocked = fields.Integer(allow_none=True)
    available = fields.Integer(
        allow_none=True,
        metadata={
            "description": "the lesser of unblocked beds and nurses times ratio, less patients; not below 0"
        },
    )
    available_limit = fields.String(
        attribute="room.limit", metadata={"description": "what limits it, or why it cannot be told"}
    )
    available_at_most = fields.Boolean(
        attribute="room.at_most", metadata={"description": "blocked beds are not known: it may be less"}
    )
    patients_per_nurse = fields.Integer(attribute="ratio.patients", allow_none=True)
    trouble = fields.String(
        metadata={"description": "what is missing, too old, or does not fit together; empty when all is well"}
    )
    occupancy_percent = fields.Float(attribute="occupancy", allow_none=True)
    readings = fields.Dict(
        attribute="values",
        keys=fields.String(),
        values=fields.Nested(ValueOut),
        metadata={"description": "by metric, the newest of each that was ever reported"},
    )


class ClassCapacityOut(Schema):
    """Sums over the units with fresh numbers; `missing` names the others."""

    unit_class = fields.String(required=True)
    units = fields.Function(lambda c: len(c.units), metadata={"type": "integer"})
    staffed = fields.Integer(allow_none=True)
    occupied = fields.Integer(allow_none=True)
    available = fields.Integer(allow_none=True)
    occupancy_percent = fields.Float(attribute="occupancy", allow_none=True)
    oldest_observed_at = fields.Function(
        lambda c: c.oldest.observed_at.isoformat() if c.oldest else None,
        metadata={"type": ["string", "null"], "format": "date-time"},
    )
    missing = fields.List(fields.String(), required=True)


class SurgeLevelOut(Schema):
    rank = fields.Integer(required=True)
    label = fields.String(required=True)
    band = fields.String(required=True, metadata={"enum": list(BANDS)})
    set_at = fields.AwareDateTime(required=True)
    set_by = fields.String(required=True)
    reason = fields.String(required=True)


class RecommendationOut(Schema):
    id = fields.UUID(required=True)
    rank = fields.Integer(required=True)
    label = fields.String(required=True)
    because = fields.String(required=True)
    made_at = fields.AwareDateTime(required=True)


class TriggerOut(Schema):
    slug = fields.String(required=True)
    title = fields.String(required=True)
    unit_class = fields.String(required=True)
    version = fields.Integer(required=True)
    status = fields.String(required=True, metadata=_STATES)
    firing = fields.Boolean(required=True, metadata={"description": "fired, and not yet cleared"})


class CapacityOut(Schema):
    facility = fields.String(required=True)
    version = fields.Integer(required=True, metadata={"description": "rises with every change of readings"})
    as_of = fields.AwareDateTime(required=True)
    level = fields.Nested(SurgeLevelOut, allow_none=True)
    recommendation = fields.Nested(RecommendationOut, allow_none=True)
    triggers = fields.List(fields.Nested(TriggerOut), required=True)
    classes = fields.List(fields.Nested(ClassCapacityOut), required=True)
    units = fields.List(fields.Nested(UnitCapacityOut), required=True)


class RuleIn(Schema):
    """Times in minutes. It fires when the value has been beyond the threshold for `on_delay` without a break, and
    clears when it has been back past the threshold by more than `deadband` for `off_delay`, but not before it has
    stood for `min_hold`. Above 85 with a deadband of 5 clears at 80 or less; at least 85 clears under 80.
    """

    comparison = fields.String(
        required=True,
        validate=validate.OneOf(COMPARISONS, error="{input} is unknown; allowed are {choices}"),
    )
    threshold = fields.Float(required=True, validate=validate.Range(-LARGEST, LARGEST))
    on_delay = fields.Integer(strict=True, load_default=0, validate=validate.Range(0, LONGEST))
    off_delay = fields.Integer(strict=True, load_default=0, validate=validate.Range(0, LONGEST))
    deadband = fields.Float(load_default=0.0, validate=validate.Range(0, LARGEST))
    min_hold = fields.Integer(strict=True, load_default=0, validate=validate.Range(0, LONGEST))
    stale_after = fields.Integer(
        strict=True,
        load_default=None,
        allow_none=True,
        validate=validate.Range(1, LONGEST),
        metadata={"description": "a sample holds for so long at most, then nothing is known; null: for ever"},
    )
    window = fields.String(
        load_default=NOW,
        validate=validate.OneOf(KINDS, error="{input} is unknown; allowed are {choices}"),
        metadata={
            "description": "what is compared: the value now, its mean or change over `window_minutes`, or the value "
            "`horizon_minutes` ahead on the straight line that fits `window_minutes` best"
        },
    )
    window_minutes = fields.Integer(strict=True, load_default=0, validate=validate.Range(0, LONGEST))
    horizon_minutes = fields.Integer(strict=True, load_default=0, validate=validate.Range(0, LONGEST))


class SampleIn(Schema):
    at = fields.AwareDateTime(required=True)
    value = fields.Float(
        required=True,
        allow_none=True,
        validate=validate.Range(-1e9, 1e9),
        metadata={"description": "holds until the next sample; null: not known from here on"},
    )


class ActIn(Schema):
    """A named person's act. Shelving wants `until`."""

    at = fields.AwareDateTime(required=True)
    act = fields.String(required=True, validate=validate.OneOf(ACTS))
    until = fields.AwareDateTime(load_default=None, allow_none=True)


class EvaluateIn(Schema):
    rule = fields.Nested(RuleIn, required=True)
    samples = fields.List(fields.Nested(SampleIn), required=True, validate=validate.Length(0, MOST_AT_ONCE))
    acts = fields.List(fields.Nested(ActIn), load_default=list, validate=validate.Length(0, 1000))
    now = fields.AwareDateTime(
        required=True, metadata={"description": "samples and acts after this have not happened yet"}
    )


class TransitionOut(Schema):
    kind = fields.String(
        required=True,
        metadata={
            "enum": [FIRED, CLEARED, UNSHELVED, CHANGED],
            "description": "changed: any other change of state",
        },
    )
    at = fields.AwareDateTime(required=True)
    since = fields.AwareDateTime(
        required=True, metadata={"description": "when the threshold, or the clear limit, had been passed"}
    )
    value = fields.Float(
        required=True, allow_none=True, metadata={"description": "compared with the threshold then"}
    )
    was = fields.String(required=True, metadata=_STATES)
    becomes = fields.String(required=True, metadata=_STATES)


class EvaluatedOut(Schema):
    state = fields.String(required=True, metadata=_STATES)
    firing = fields.Boolean(required=True, metadata={"description": "fired, and not yet cleared"})
    provisional = fields.Boolean(
        required=True,
        metadata={"description": "it stands, and its inputs are not known: nothing clears it until they are"},
    )
    value = fields.Float(
        required=True, allow_none=True, metadata={"description": "what was last compared with the threshold"}
    )
    beyond_since = fields.AwareDateTime(required=True, allow_none=True)
    clear_since = fields.AwareDateTime(required=True, allow_none=True)
    fired_at = fields.AwareDateTime(required=True, allow_none=True)
    acknowledged_at = fields.AwareDateTime(required=True, allow_none=True)
    shelved_until = fields.AwareDateTime(required=True, allow_none=True)
    transitions = fields.List(fields.Nested(TransitionOut), required=True)
