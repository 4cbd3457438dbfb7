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


@dataclass
class WaitView:
    """What happens at `due_at` unless an answer comes first."""

    step: int
    round: int
    do: str
    due_at: datetime


@dataclass
class SlotView:
    """A position or a group wanted; `listed` people are on its frozen list."""

    id: str
    callout_id: str
    kind: str
    position: str | None
    title: str
    needed: int
    at_once: int
    listed: int
    round: int = 1
    state: str = "open"
    questions: dict[str, QuestionView] = field(default_factory=dict)
    waits: WaitView | None = None

    @property
    def wanting(self) -> bool:
        return self.state in ("open", "exhausted")

    def stand_down(self, state: str) -> None:
        """The slot ends, and with it every question that stands open."""
        self.state = state
        self.waits = None
        for question in self.questions.values():
            if question.state == "open":
                question.state = "stood_down"


@dataclass
class CalloutView:
    id: str
    opened_at: datetime
    opened_by: str
    extra: str
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

    def question(self, question_id: str) -> QuestionView:
        return self.slots[self.slot_of[question_id]].questions[question_id]

    def slots_of(self, callout: CalloutView) -> list[SlotView]:
        return [self.slots[slot_id] for slot_id in callout.slot_ids]

    def wanting(self) -> Iterable[SlotView]:
        return (slot for slot in self.slots.values() if slot.wanting)
