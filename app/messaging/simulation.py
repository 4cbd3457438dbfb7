"""How people answer a call-in text when there are no people: for simulated phones and load tests.

The figures are made up to exercise every path (quick, late, never, wrong); they are no study of any staff
and must not be used to plan one. The same question and seed give the same answer on every machine.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping
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


def answer_plan(question_id: str, seed: int, habits: Habits | None = None) -> AnswerPlan:
    """How the person asked by this question behaves; `question_id` names one question to one person."""
    habits = habits or Habits()
    # Not hash(): that differs from process to process.
    digest = hashlib.sha256(f"{seed}:{question_id}".encode()).digest()
    chance = random.Random(int.from_bytes(digest[:8], "big"))
    median = habits.late_median if chance.random() < habits.late else habits.quick_median
    delay = min(median * chance.lognormvariate(0.0, habits.spread), habits.longest)
    if chance.random() < habits.silent:
        return AnswerPlan(delay, None)
    if chance.random() < habits.wrong:
        return AnswerPlan(delay, chance.choice([d for d in "0123456789" if d not in habits.answers] or ["0"]))
    digits = list(habits.answers)
    return AnswerPlan(delay, chance.choices(digits, [habits.answers[d] for d in digits])[0])
