"""The people behind the numbers: who answers what, and how long after the text arrives."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from app.messaging.simulation import CALLED, CallHabits, CallPlan, Habits, answer_plan, call_plan
from tests.fakes.carrier.ledger import PhoneCall, Text

QUESTION = re.compile(r"\breply\b", re.IGNORECASE)
STOP_WORDS = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
START_WORDS = frozenset({"START", "YES", "UNSTOP"})


@dataclass
class People:
    """Answers to texts that ask for one.

    scripted    number -> list of (delay in seconds, body) for each question; tried before habits.
    with_habits whether everybody else answers as `habits` say; otherwise they are silent.
    wording     turns the question and the digit into the reply.
    on_calls    number -> keys pressed when picked up, one each time a key is asked for.
    call_habits how everybody else answers calls, when with_habits.
    lines       number -> kind of line (landline, fixedVoip ...); the others are mobile phones.
    """

    seed: int = 1
    with_habits: bool = False
    habits: Habits = field(default_factory=Habits)
    scripted: dict[str, list[tuple[float, str]]] = field(default_factory=dict)
    wording: Callable[[str, str], str] = lambda _question, digit: digit
    on_calls: dict[str, list[str]] = field(default_factory=dict)
    call_habits: CallHabits = CALLED
    lines: dict[str, str] = field(default_factory=dict)

    def replies(self, text: Text) -> list[tuple[float, str]]:
        """(seconds after delivery, body) of every reply to this text."""
        if text.to in self.scripted:
            return self.scripted[text.to]
        if not self.with_habits or not QUESTION.search(text.body):
            return []
        plan = answer_plan(f"{text.to}:{text.body}", self.seed, self.habits)
        if plan.digit is None:
            return []
        return [(plan.delay_seconds, self.wording(text.body, plan.digit))]

    def on_call(self, call: PhoneCall) -> CallPlan:
        """What whoever is called does; without script or habits they pick up, listen and press nothing."""
        if call.to in self.on_calls:
            return CallPlan(True, None, self.on_calls[call.to])
        if not self.with_habits:
            return CallPlan(True, None, ())
        return call_plan(call.sid, self.seed, self.call_habits)


@dataclass
class OptOuts:
    """Who has said STOP to which sender (number or messaging service)."""

    pairs: set[tuple[str, str]] = field(default_factory=set)

    def blocks(self, sender: str, phone: str) -> bool:
        return (sender, phone) in self.pairs

    def hear(self, senders: Iterable[str], phone: str, body: str) -> str | None:
        """Note a keyword, which must be the whole message; returns STOP, START or None."""
        pairs = {(sender, phone) for sender in senders}
        word = body.strip().upper()
        if word in STOP_WORDS:
            self.pairs |= pairs
            return "STOP"
        if word in START_WORDS:
            self.pairs -= pairs
            return "START"
        return None
