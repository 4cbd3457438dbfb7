"""Call-outs at the API."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from app.activation.candidates import Group
from app.activation.models import (
    CalloutState,
    ChainPlan,
    Outcome,
    Question,
    QuestionState,
    Slot,
    SlotKind,
    SlotState,
    Stage,
)
from app.activation.planning import MOST_AT_ONCE, MOST_NEEDED, MOST_SLOTS, MOST_WITHIN
from app.activation.rules import expected_at, tally
from app.activation.texts import MOST_EXTRA
from app.messaging.channels import Channel
from app.web.api import Schema, page_of


class GroupIn(Schema):
    """People with a skill, or of a department; one of the two."""

    skill = fields.String(load_default=None, validate=validate.Length(1, 80))
    department = fields.String(load_default=None, validate=validate.Length(1, 200))
    needed = fields.Integer(required=True, validate=validate.Range(1, MOST_NEEDED))
    at_once = fields.Integer(
        load_default=None,
        allow_none=True,
        validate=validate.Range(1, MOST_NEEDED),
        metadata={"description": "how many are asked together; null asks everybody at once"},
    )
    within_minutes = fields.Integer(
        load_default=None,
        allow_none=True,
        validate=validate.Range(1, MOST_WITHIN),
        metadata={"description": "who comes later counts only when time passes without enough"},
    )
    informs = fields.Boolean(
        load_default=False,
        metadata={"description": "nobody is wanted: all are told, and say that they have read it"},
    )

    @ma.validates_schema
    def one_of_two(self, data: dict[str, Any], **_kwargs: Any) -> None:
        if bool(data.get("skill")) == bool(data.get("department")):
            raise ma.ValidationError("name either a skill or a department", "skill")

    @ma.post_load
    def group(self, data: dict[str, Any], **_kwargs: Any) -> Group:
        return Group(**data)


class CalloutIn(Schema):
    positions = fields.List(
        fields.String(validate=validate.Length(1, 80)),
        load_default=list,
        validate=validate.Length(max=MOST_SLOTS),
        metadata={"description": "slugs of open positions that nobody holds"},
    )
    groups = fields.List(fields.Nested(GroupIn), load_default=list, validate=validate.Length(max=MOST_SLOTS))
    text = fields.String(
        load_default="",
        validate=validate.Length(max=MOST_EXTRA),
        metadata={"description": "added to what each person is sent"},
    )
    at_once = fields.Integer(
        load_default=1,
        validate=validate.Range(1, MOST_AT_ONCE),
        metadata={"description": "how many are asked together for a position"},
    )
    within_minutes = fields.Integer(
        load_default=None,
        allow_none=True,
        validate=validate.Range(1, MOST_WITHIN),
        metadata={"description": "the same for the positions: by when somebody is to be there"},
    )
    chain = fields.Enum(
        ChainPlan,
        by_value=True,
        load_default=ChainPlan.NORMAL,
        metadata={
            "description": "quick texts and calls together, normal calls after some silence, quiet does not"
        },
    )

    hold_back = fields.Boolean(
        load_default=True,
        metadata={
            "description": "exercises and information leave out who has had many messages lately; "
            "false for what is about life safety"
        },
    )


class MessageOut(Schema):
    """The words on one channel, as they are sent but for link and reference."""

    channel = fields.Enum(Channel, by_value=True, required=True)
    title = fields.String(allow_none=True)
    body = fields.String(required=True)
    segments = fields.Integer(allow_none=True)
    encoding = fields.String(allow_none=True)
    forced_by = fields.String(
        allow_none=True, metadata={"description": "the character that makes the text longer"}
    )


class LeftOut(Schema):
    why = fields.String(required=True)
    names = fields.List(fields.String(), required=True)


class SlotBeforeOut(Schema):
    kind = fields.Enum(SlotKind, by_value=True, required=True)
    position = fields.String(allow_none=True)
    title = fields.String(required=True)
    needed = fields.Integer(required=True)
    within_minutes = fields.Integer(allow_none=True)
    first = fields.List(fields.String(), required=True, metadata={"description": "asked at once"})
    listed = fields.List(fields.String(), required=True, metadata={"description": "all, best first"})
    left_out = fields.List(fields.Nested(LeftOut), required=True)
    messages = fields.List(fields.Nested(MessageOut), required=True)


class ReachOut(Schema):
    words = fields.String(required=True)
    people = fields.Integer(required=True)


class WayOut(Schema):
    """What goes over one channel. `units` are segments of texts, calls or mails; `seconds` until the last has
    been handed over, null when nothing sends on this channel."""

    channel = fields.Enum(Channel, by_value=True, required=True)
    messages = fields.Integer(required=True)
    units = fields.Integer(required=True)
    seconds = fields.Integer(allow_none=True)


class KindOut(Schema):
    sender = fields.String(required=True)
    seconds = fields.Integer(required=True)


class WarningOut(Schema):
    weight = fields.String(required=True, validate=validate.OneOf(["act", "watch", "normal"]))
    words = fields.String(required=True)


class BeforeOut(Schema):
    """Costs are whole ten-thousandths of the currency; null when a price is not set."""

    people = fields.Integer(required=True)
    reach = fields.List(fields.Nested(ReachOut), required=True)
    slots = fields.List(fields.Nested(SlotBeforeOut), required=True)
    now = fields.List(fields.Nested(WayOut), required=True)
    without_answer = fields.List(fields.Nested(WayOut), required=True)
    at_most = fields.List(fields.Nested(WayOut), required=True)
    cost = fields.Integer(allow_none=True)
    cost_at_most = fields.Integer(allow_none=True)
    currency = fields.String(required=True)
    seconds_by_sender = fields.List(fields.Nested(KindOut), required=True)
    warnings = fields.List(fields.Nested(WarningOut), required=True)


class StopIn(Schema):
    reason = fields.String(required=True, validate=validate.Length(1, 500))


class AskedOut(Schema):
    """One person asked. `stage`: how far the text has come; `outcome` is null while there is no answer."""

    person_id = fields.UUID(required=True)
    name = fields.String(attribute="person_name", required=True)
    asked_at = fields.AwareDateTime(required=True)
    channels = fields.List(fields.String(), required=True, metadata={"description": "tried so far, in order"})
    next_channel_at = fields.AwareDateTime(allow_none=True)
    state = fields.String(required=True, validate=validate.OneOf(list(QuestionState)))
    stage = fields.String(required=True, validate=validate.OneOf(list(Stage)))
    outcome = fields.Enum(Outcome, by_value=True, allow_none=True)
    answered_at = fields.AwareDateTime(allow_none=True)
    expected_at = fields.AwareDateTime(allow_none=True)

    @ma.pre_dump
    def with_expected(self, question: Question, **_kwargs: Any) -> dict[str, Any]:
        names = (
            "person_id",
            "person_name",
            "asked_at",
            "channels",
            "next_channel_at",
            "outcome",
            "answered_at",
        )
        plain = {name: getattr(question, name) for name in names}
        stands = {"state": question.state.value, "stage": question.stage.value}
        return plain | stands | {"expected_at": expected_at(question)}


class TallyOut(Schema):
    """People in each state. pending + sent + delivered + failed = asked; yes + no + silent + read = asked;
    coming and later are part of yes."""

    asked = fields.Integer(required=True)
    pending = fields.Integer(required=True)
    sent = fields.Integer(required=True)
    delivered = fields.Integer(required=True)
    failed = fields.Integer(required=True)
    yes = fields.Integer(required=True)
    coming = fields.Integer(required=True)
    later = fields.Integer(required=True)
    no = fields.Integer(required=True)
    silent = fields.Integer(required=True)
    read = fields.Integer(required=True)


class SlotOut(Schema):
    id = fields.UUID(required=True)
    kind = fields.Enum(SlotKind, by_value=True, required=True)
    position = fields.String(attribute="position_slug", allow_none=True)
    title = fields.String(required=True)
    needed = fields.Integer(required=True)
    at_once = fields.Integer(required=True)
    within_minutes = fields.Integer(allow_none=True)
    wanted_by = fields.AwareDateTime(allow_none=True)
    any_yes = fields.Boolean(required=True)
    state = fields.Enum(SlotState, by_value=True, required=True)
    counts = fields.Nested(TallyOut, required=True)
    asked = fields.List(fields.Nested(AskedOut), required=True)

    @ma.pre_dump
    def with_counts(self, slot: Slot, **_kwargs: Any) -> dict[str, Any]:
        names = ("id", "kind", "position_slug", "title", "needed", "at_once", "state")
        timely = ("within_minutes", "wanted_by", "any_yes")
        plain = {name: getattr(slot, name) for name in names + timely}
        standing = [q for q in slot.questions if q.state is not QuestionState.REPLACED]
        return plain | {"counts": tally(slot.questions), "asked": standing}


class CalloutOut(Schema):
    id = fields.UUID(required=True)
    incident_id = fields.UUID(required=True)
    state = fields.Enum(CalloutState, by_value=True, required=True)
    text = fields.String(attribute="extra", required=True)
    opened_at = fields.AwareDateTime(required=True)
    opened_by = fields.String(required=True)
    chain = fields.Enum(ChainPlan, attribute="plan", by_value=True, required=True)
    stopped_at = fields.AwareDateTime(allow_none=True)
    reason = fields.String(required=True)
    slots = fields.List(fields.Nested(SlotOut), required=True)


CalloutPage: type[ma.Schema] = page_of(CalloutOut, "CalloutPage")
