"""What an incident's journal can say about call-outs."""

from __future__ import annotations

from datetime import datetime

import msgspec

from app.journal import Event, event


class Listed(msgspec.Struct, frozen=True):
    """A name on the frozen list of a slot."""

    person_id: str
    person_name: str


class SlotOpened(msgspec.Struct, frozen=True):
    """`kind` is position, group or information; `position` is None but for a position. `within_minutes` and
    `wanted_by` are None when any yes will do."""

    slot_id: str
    kind: str
    position: str | None
    title: str
    needed: int
    at_once: int
    listed: list[Listed]
    within_minutes: int | None = None
    wanted_by: datetime | None = None


class Asked(msgspec.Struct, frozen=True):
    """`replaces` names the same person's earlier question for the slot, when asked again. `channels` are
    those tried at once; `next_channel_at` is when the next is taken without an answer."""

    question_id: str
    person_id: str
    person_name: str
    code: str
    replaces: str | None
    channels: list[str] = []
    next_channel_at: datetime | None = None


class Channelled(msgspec.Struct, frozen=True):
    """A question that goes out over a further channel; `next_channel_at` is None after the last."""

    question_id: str
    channel: str
    next_channel_at: datetime | None


@event("callout.opened", "callout:{callout_id}")
class CalloutOpened(Event):
    """`plan` is quick, normal or quiet."""

    callout_id: str
    extra: str
    slots: list[SlotOpened]
    plan: str = "quiet"


@event("slot.listed", "slot:{slot_id}")
class SlotListed(Event):
    """More people can be asked than when the list was made; they stand on it now."""

    callout_id: str
    slot_id: str
    title: str
    added: list[Listed]


@event("question.channelled", "texts", routine=True)
class QuestionsChannelled(Event):
    """One batch of questions that go out over the next channel of their chain; `why` is silence or failed."""

    why: str
    questions: list[Channelled]


@event("question.asked", "slot:{slot_id}")
class QuestionsAsked(Event):
    """`why` is opened, by_hand, cannot_come, failed, freed, waited or repeat."""

    callout_id: str
    slot_id: str
    title: str
    round: int
    why: str
    questions: list[Asked]


@event("question.delivered", "texts", routine=True)
class QuestionsDelivered(Event):
    """One batch of reports: questions whose text was sent, arrived, failed, or goes to another phone."""

    sent: list[str]
    delivered: list[str]
    failed: list[str]
    rerouted: list[str]


@event("answer.received", "question:{question_id}")
class AnswerReceived(Event):
    """`outcome` is coming, later, cannot_come, not_needed, over or read; `late`: the question no longer stood
    open."""

    question_id: str
    slot_id: str
    callout_id: str
    title: str
    person_id: str
    person_name: str
    digit: str
    eta_minutes: int | None
    channel: str
    outcome: str
    late: bool


@event("slot.any_yes", "slot:{slot_id}")
class SlotTakesAnyYes(Event):
    """Nobody can be there in time any more: every yes counts from now on. `taken` are questions whose people
    come later than wanted and are taken now."""

    callout_id: str
    slot_id: str
    title: str
    taken: list[str]


@event("slot.told", "slot:{slot_id}")
class SlotTold(Event):
    """Everybody on the list has been told, for information; `number` of them can be reached."""

    callout_id: str
    slot_id: str
    title: str
    number: int


@event("message.received", "message:{message_id}")
class MessageReceived(Event):
    """Somebody who was asked has written in their own words. Digits of phone numbers in `text` are left out.
    `to` and `position` are the one who opened the call-out, and what they held then."""

    message_id: str
    callout_id: str
    question_id: str
    title: str
    person_id: str
    person_name: str
    channel: str
    text: str
    to: str
    position: str


@event("message.read", "message:{message_id}")
class MessageRead(Event):
    message_id: str
    person_name: str


@event("slot.filled", "slot:{slot_id}")
class SlotFilled(Event):
    """Whoever has not answered is stood down, and who would come later is not needed. `by` names who fills
    it, or how many of a group come."""

    callout_id: str
    slot_id: str
    title: str
    by: str
    stood_down: int


@event("slot.reopened", "slot:{slot_id}")
class SlotReopened(Event):
    """Somebody who had said yes cannot come after all."""

    callout_id: str
    slot_id: str
    title: str
    person_name: str


@event("slot.exhausted", "slot:{slot_id}")
class SlotExhausted(Event):
    """Nobody is left to ask. `unanswered` were asked and have said nothing."""

    callout_id: str
    slot_id: str
    title: str
    unanswered: int


@event("callout.stopped", "callout:{callout_id}")
class CalloutStopped(Event):
    callout_id: str
    reason: str
    stood_down: int
