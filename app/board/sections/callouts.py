"""Call-outs, questions and answers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime


@dataclass
class QuestionView:
    """One person asked; how far the text has come (`stage`) and what was answered (`outcome`)."""

    id: str
    person_id: str
    person_name: str
    round: int
    code: str
    asked_at: datetime
    state: str = "open"
    stage: str = "asked"
    digit: str | None = None
    eta_minutes: int | None = None
    outcome: str | None = None
    answered_at: datetime | None = None
    channels: list[str] = field(default_factory=list)
    """Tried so far, in order."""
    next_channel_at: datetime | None = None
    """When the next is tried unless an answer comes first."""


@dataclass
class WaitView:
    """What happens at `due_at` unless an answer comes first."""

    step: int
    round: int
    do: str
    due_at: datetime


@dataclass
class SlotView:
    """A position or a group wanted, or one told for information; `listed` people are on its list.

    within_minutes, wanted_by  a promise to be there until then is in time; None: any yes counts.
    any_yes  every yes counts now, however late.
    """

    id: str
    callout_id: str
    kind: str
    position: str | None
    title: str
    needed: int
    at_once: int
    listed: int
    within_minutes: int | None = None
    wanted_by: datetime | None = None
    any_yes: bool = True
    round: int = 1
    state: str = "open"
    questions: dict[str, QuestionView] = field(default_factory=dict)
    waits: WaitView | None = None

    @property
    def wanting(self) -> bool:
        return self.state in ("open", "exhausted")

    def stand_down(self, state: str) -> None:
        """The slot ends, and with it every question that stands open; who would come later is not needed."""
        self.state = state
        self.waits = None
        for question in self.questions.values():
            if question.state == "open":
                question.state, question.next_channel_at = "stood_down", None
            elif question.outcome == "later" and question.state == "answered":
                question.outcome = "not_needed" if state == "filled" else "over"


@dataclass
class MessageView:
    """What somebody who was asked has written, until a person says that they have read it. `to` opened the
    call-out and held `position` then."""

    id: str
    callout_id: str
    title: str
    person_name: str
    channel: str
    text: str
    to: str
    position: str
    received_at: datetime
    read_at: datetime | None = None
    read_by: str = ""


@dataclass
class CalloutView:
    id: str
    opened_at: datetime
    opened_by: str
    extra: str
    plan: str = "quiet"
    state: str = "open"
    stopped_at: datetime | None = None
    reason: str = ""
    slot_ids: list[str] = field(default_factory=list)


@dataclass
class Callouts:
    items: dict[str, CalloutView] = field(default_factory=dict)
    slots: dict[str, SlotView] = field(default_factory=dict)
    slot_of: dict[str, str] = field(default_factory=dict)
    """Question id to slot id."""
    messages: dict[str, MessageView] = field(default_factory=dict)

    def question(self, question_id: str) -> QuestionView:
        return self.slots[self.slot_of[question_id]].questions[question_id]

    def slots_of(self, callout: CalloutView) -> list[SlotView]:
        return [self.slots[slot_id] for slot_id in callout.slot_ids]

    def wanting(self) -> Iterable[SlotView]:
        return (slot for slot in self.slots.values() if slot.wanting)
