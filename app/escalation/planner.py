"""What happens when nobody answers: ordered steps, each so long after the one before. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.escalation.steps import DOES, LEVELS, MOST_ROUNDS, MOST_STEPS, REPEAT, Policy, Step, checked

__all__ = [
    "DOES",
    "MOST_ROUNDS",
    "MOST_STEPS",
    "Due",
    "Policy",
    "Setting",
    "Step",
    "again",
    "checked",
    "course",
    "first_step",
    "next_step",
    "passed_over",
    "put_off",
    "wait_of",
]

MOST_GROWTH = 8
LONGEST_GROWN = timedelta(hours=24)


@dataclass(frozen=True)
class Setting:
    """Where a policy runs: what its hours and conditions are measured by."""

    zone: str = "UTC"
    exercise: bool = False
    level: str = LEVELS[-1]

    def allows(self, step: Step) -> bool:
        if step.only and self.exercise is not (step.only == "exercise"):
            return False
        return not step.from_level or LEVELS.index(self.level) >= LEVELS.index(step.from_level)


ANYWHERE = Setting()


@dataclass(frozen=True)
class Due:
    """A step and when it is to be done. Steps count from 0, rounds from 1."""

    step: int
    round: int
    do: str
    due_at: datetime


def first_step(
    policy: Policy, beginning: datetime, round_: int = 1, setting: Setting = ANYWHERE
) -> Due | None:
    """None for a policy without steps: nothing is waited for."""
    return _due(policy, 0, round_, beginning, setting)


def next_step(
    policy: Policy, step: int, round_: int, now: datetime, setting: Setting = ANYWHERE
) -> Due | None:
    """The step after `step`, counted from now: after an outage steps come one by one, not all at once."""
    if policy.steps[step].do == REPEAT:
        return _due(policy, 0, round_ + 1, now, setting)
    return _due(policy, step + 1, round_, now, setting)


def again(policy: Policy, step: int, round_: int, now: datetime, setting: Setting = ANYWHERE) -> Due | None:
    """The same step once more, its whole wait from now."""
    return _due(policy, step, round_, now, setting)


def put_off(policy: Policy, step: int, now: datetime, setting: Setting) -> datetime | None:
    """Until when a step that has come must wait after all: it came late, and its hours are over."""
    wanted = policy.steps[step]
    if wanted.window is None or wanted.outside != "wait" or wanted.window.is_open(now, setting.zone):
        return None
    return wanted.window.opens(now, setting.zone)


def passed_over(policy: Policy, step: int, now: datetime, setting: Setting) -> bool:
    """Whether a step that has come is not to be done after all."""
    wanted = policy.steps[step]
    closed = wanted.window is not None and not wanted.window.is_open(now, setting.zone)
    return not setting.allows(wanted) or (closed and wanted.outside == "skip")


def course(policy: Policy, beginning: datetime, setting: Setting = ANYWHERE, most: int = 16) -> list[Due]:
    """What happens when nobody ever answers and the engine is never late: the first `most` steps."""
    found: list[Due] = []
    due = first_step(policy, beginning, 1, setting)
    while due is not None and len(found) < most:
        found.append(due)
        due = next_step(policy, due.step, due.round, due.due_at, setting)
    return found


def wait_of(policy: Policy, step: int, round_: int) -> timedelta:
    """How long a step waits. With rounds until the end, each round after the first waits twice as long as
    the one before, up to eight times: nobody is forgotten, nobody is rung for ever every five minutes."""
    wait = timedelta(minutes=policy.steps[step].wait_minutes)
    if policy.rounds or round_ < 2:
        return wait
    factor = MOST_GROWTH if round_ > MOST_GROWTH else min(1 << (round_ - 1), MOST_GROWTH)
    return max(wait, min(wait * factor, LONGEST_GROWN))


def _due(policy: Policy, step: int, round_: int, since: datetime, setting: Setting) -> Due | None:
    """The first step from `step` on that can be done; the wait of those passed over counts all the same."""
    for number in range(step, len(policy.steps)):
        wanted = policy.steps[number]
        since += wait_of(policy, number, round_)
        if wanted.do == REPEAT:
            return None if policy.rounds and round_ >= policy.rounds else Due(number, round_, REPEAT, since)
        if not setting.allows(wanted):
            continue
        if wanted.window is None or wanted.window.is_open(since, setting.zone):
            return Due(number, round_, wanted.do, since)
        if wanted.outside == "wait":
            return Due(number, round_, wanted.do, wanted.window.opens(since, setting.zone))
    return None
