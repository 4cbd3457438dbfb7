"""How people answer when there are no people: for simulated phones, load tests and the trial of a night.

What is not said to be fitted is made up to exercise every path (quick, late, never, wrong) and must not be
used to plan a staff. The same question and seed give the same answer on every machine.

AT_NIGHT_* are fitted to two published figures: in an unannounced trial at four in the morning 16 % answered
within 45 minutes by text and 41 % by telephone. Only these two shares come from the trial. Assumed are the
delays, that text and call find the same person independently of each other, and that calling again within
the night finds nobody who was not found the first time.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

ANSWERS: Mapping[str, str] = MappingProxyType(
    {
        "1": "coming within 30 min",
        "2": "coming within 60 min",
        "3": "coming later",
        "9": "not coming",
    }
)


class AnswerPlan(NamedTuple):
    """When a person reads the text (seconds after it arrives) and the answer; None reads and is silent."""

    delay_seconds: float
    digit: str | None


class CallPlan(NamedTuple):
    """Whether a person picks up, after how many seconds of ringing (None: as the network has it), and the
    keys they press, one each time they are asked."""

    picks_up: bool
    picks_up_after: float | None
    keys: Sequence[str]


@dataclass(frozen=True)
class Habits:
    """Shares of people, each 0 to 1, and how long they take.

    silent        never answer.
    wrong         answer a digit that was not offered.
    late          answer, but late; everybody else is quick.
    quick_median  seconds; half of the quick are faster. Delays are log-normal with `spread` as sigma.
    late_median   seconds, the same for the late.
    longest       seconds; no delay is longer.
    answers       digit offered -> weight among those who answer rightly.
    """

    silent: float = 0.12
    wrong: float = 0.03
    late: float = 0.25
    quick_median: float = 75.0
    late_median: float = 900.0
    spread: float = 0.7
    longest: float = 7200.0
    answers: Mapping[str, float] = field(
        default_factory=lambda: MappingProxyType({"1": 45.0, "2": 25.0, "3": 12.0, "9": 18.0})
    )

    def __post_init__(self) -> None:
        for name in ("silent", "wrong", "late"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} must be between 0 and 1")
        for name in ("quick_median", "late_median", "longest"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be more than 0 seconds")
        if not any(weight > 0 for weight in self.answers.values()):
            raise ValueError("answers must offer at least one digit with a weight above 0")


@dataclass(frozen=True)
class CallHabits:
    """How calls are answered. Shares of people, each 0 to 1.

    picks_up   are there to pick up; the others let it ring, or a machine takes the call.
    presses    of those who pick up, press a key; the others listen and hang up.
    wrong      of those who press, press a wrong key first and then a right one.
    quickest   seconds of ringing before anybody picks up; slowest, after which nobody does.
    answers    key offered -> weight.
    """

    picks_up: float = 0.85
    presses: float = 0.95
    wrong: float = 0.03
    quickest: float = 3.0
    slowest: float = 24.0
    answers: Mapping[str, float] = field(
        default_factory=lambda: MappingProxyType({"1": 45.0, "2": 25.0, "3": 12.0, "9": 18.0})
    )

    def __post_init__(self) -> None:
        for name in ("picks_up", "presses", "wrong"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} must be between 0 and 1")
        if not 0 < self.quickest <= self.slowest:
            raise ValueError("quickest must be more than 0 seconds and not more than slowest")


CALLED = CallHabits()

AT_NIGHT_BY_TEXT = Habits(silent=0.837, wrong=0.0)
"""Of those who answer at all, 98.5 % do so within 45 minutes: 0.163 x 0.985 = 0.16."""

AT_NIGHT_BY_CALL = CallHabits(picks_up=0.432, presses=0.95, wrong=0.03)
"""0.432 x 0.95 = 0.41; whoever picks up answers within the minute."""


def answer_plan(question_id: str, seed: int, habits: Habits | None = None) -> AnswerPlan:
    """How the person asked by this question behaves; `question_id` names one question to one person."""
    habits = habits or Habits()
    chance = _chance(f"{seed}:{question_id}")
    median = habits.late_median if chance.random() < habits.late else habits.quick_median
    delay = min(median * chance.lognormvariate(0.0, habits.spread), habits.longest)
    if chance.random() < habits.silent:
        return AnswerPlan(delay, None)
    if chance.random() < habits.wrong:
        return AnswerPlan(delay, chance.choice([d for d in "0123456789" if d not in habits.answers] or ["0"]))
    digits = list(habits.answers)
    return AnswerPlan(delay, chance.choices(digits, [habits.answers[d] for d in digits])[0])


def call_plan(question_id: str, seed: int, habits: CallHabits = CALLED) -> CallPlan:
    """How the person called with this question behaves: the same each time they are called about it."""
    chance = _chance(f"{seed}:call:{question_id}")
    picks_up = chance.random() < habits.picks_up
    after = chance.uniform(habits.quickest, habits.slowest)
    digits = list(habits.answers)
    key = chance.choices(digits, [habits.answers[d] for d in digits])[0]
    if chance.random() >= habits.presses:
        return CallPlan(picks_up, after, ())
    others = [d for d in "45678" if d not in habits.answers]
    return CallPlan(
        picks_up, after, (chance.choice(others), key) if chance.random() < habits.wrong else (key,)
    )


def _chance(words: str) -> random.Random:
    """Not by hash(): that differs from process to process."""
    digest = hashlib.sha256(words.encode()).digest()
    return random.Random(int.from_bytes(digest[:8], "big"))
