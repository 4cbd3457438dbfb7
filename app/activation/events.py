"""What an incident's journal can say about call-outs."""

from __future__ import annotations

import msgspec

from app.journal import Event, event


class Listed(msgspec.Struct, frozen=True):
    """A name on the frozen list of a slot."""

    person_id: str
    person_name: str


class SlotOpened(msgspec.Struct, frozen=True):
    """`kind` is position or group; `position` is None for a group."""

    slot_id: str
    kind: str
    position: str | None
    title: str
    needed: int
    at_once: int
    listed: list[Listed]


class Asked(msgspec.Struct, frozen=True):
    """`replaces` names the same person's earlier question for the slot, when asked again."""

    question_id: str
    person_id: str
    person_name: str
    code: str
    replaces: str | None


@event("callout.opened", "callout:{callout_id}")
class CalloutOpened(Event):
    callout_id: str
    extra: str
    slots: list[SlotOpened]


@event("question.asked", "slot:{slot_id}")
class QuestionsAsked(Event):
    """`why` is opened, by_hand, cannot_come, failed, waited or repeat."""

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
    """`outcome` is coming, cannot_come, not_needed or over; `late`: the question no longer stood open."""

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


@event("slot.filled", "slot:{slot_id}")
class SlotFilled(Event):
    """Whoever has not answered is stood down. `by` names who fills it, or how many of a group come."""

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
