"""What happens when nobody answers: ordered steps, each so long after the one before. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.core.errors import Invalid

# What a step can do, in the words of the page that edits it. A kind of thing allows some of these.
DOES = {
    "ask_next": "ask the next on the list",
    "mark_overdue": "mark it overdue",
    "tell_supervisor": "tell the supervisor",
    "tell_commander": "tell the incident commander",
    "repeat": "begin again with the first step",
}
MOST_STEPS = 12
LONGEST_WAIT = 24 * 60
MOST_ROUNDS = 5


@dataclass(frozen=True)
class Step:
    """`wait_minutes` after the step before, or after the beginning, do `do`."""

    wait_minutes: int
    do: str


@dataclass(frozen=True)
class Policy:
    """`rounds`: how often its steps are gone through at most, when the last says repeat."""

    steps: tuple[Step, ...]
    rounds: int = 1

    def dump(self) -> str:
        return json.dumps([[step.wait_minutes, step.do] for step in self.steps])

    @classmethod
    def load(cls, steps: str, rounds: int) -> Policy:
        return cls(tuple(Step(wait, do) for wait, do in json.loads(steps)), rounds)


@dataclass(frozen=True)
class Due:
    """A step and when it is to be done. Steps count from 0, rounds from 1."""

    step: int
    round: int
    do: str
    due_at: datetime


def first_step(policy: Policy, beginning: datetime, round_: int = 1) -> Due | None:
    """None for a policy without steps: nothing is waited for."""
    return _due(policy, 0, round_, beginning)


def next_step(policy: Policy, step: int, round_: int, now: datetime) -> Due | None:
    """The step after `step`, counted from now: after an outage steps come one by one, not all at once."""
    if policy.steps[step].do == "repeat":
        return _due(policy, 0, round_ + 1, now)
    return _due(policy, step + 1, round_, now)


def checked(steps: list[Step], rounds: int, allowed: tuple[str, ...]) -> Policy:
    """The policy, or Invalid naming the step and what is allowed."""
    if len(steps) > MOST_STEPS:
        raise Invalid.field("steps", f"at most {MOST_STEPS} steps are allowed")
    if not 1 <= rounds <= MOST_ROUNDS:
        raise Invalid.field("rounds", f"must be a whole number from 1 to {MOST_ROUNDS}")
    for number, step in enumerate(steps, 1):
        if not 0 <= step.wait_minutes <= LONGEST_WAIT:
            raise Invalid.field(f"wait_{number}", f"must be from 0 to {LONGEST_WAIT} minutes")
        if step.do not in allowed:
            raise Invalid.field(f"do_{number}", f"must be one of {', '.join(allowed)}")
        if step.do == "repeat" and number < len(steps):
            raise Invalid.field(f"do_{number}", "repeat can only be the last step")
        if step.do == "repeat" and not any(s.wait_minutes for s in steps):
            raise Invalid.field(f"wait_{number}", "steps that repeat must wait somewhere")
    return Policy(tuple(steps), rounds)


def _due(policy: Policy, step: int, round_: int, since: datetime) -> Due | None:
    if step >= len(policy.steps):
        return None
    wanted = policy.steps[step]
    if wanted.do == "repeat" and round_ >= policy.rounds:
        return None
    return Due(step, round_, wanted.do, since + timedelta(minutes=wanted.wait_minutes))
