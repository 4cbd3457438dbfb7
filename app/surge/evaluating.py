"""Evaluate a rule somebody sends, with samples and acts of a person, as it would go live. Nothing is stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.surge.triggers import (
    Outcome,
    Rule,
    State,
    Transition,
    acknowledge,
    evaluate,
    held,
    shelve,
    unshelve,
)

ACKNOWLEDGE, SHELVE, UNSHELVE = "acknowledge", "shelve", "unshelve"
ACTS = (ACKNOWLEDGE, SHELVE, UNSHELVE)


@dataclass(frozen=True)
class Act:
    """What a person does at a moment; a shelving ends at `until`."""

    at: datetime
    act: str
    until: datetime | None = None


def evaluate_all(
    rule: Rule, points: Sequence[tuple[datetime, float | None]], acts: Sequence[Act], now: datetime
) -> Outcome:
    """Up to `now`; what lies later has not happened yet. At one moment, numbers come before people."""
    samples = [s for s in held([p for p in points if p[0] <= now], rule.stale_after, now) if s.at <= now]
    state = State()
    transitions: list[Transition] = []
    for act in sorted((each for each in acts if each.at <= now), key=lambda each: each.at):
        before = evaluate(rule, state, [s for s in samples if s.at <= act.at], act.at)
        after = _done(rule, before.state, act)
        transitions += [*before.transitions, *after.transitions]
        samples = [s for s in samples if s.at > act.at]
        state = after.state
    last = evaluate(rule, state, samples, now)
    return Outcome(last.state, (*transitions, *last.transitions))


def _done(rule: Rule, state: State, act: Act) -> Outcome:
    if act.act == ACKNOWLEDGE:
        return acknowledge(rule, state, act.at)
    if act.act == SHELVE and act.until is not None and act.until > act.at:
        return shelve(rule, state, act.at, act.until)
    return unshelve(rule, state, act.at)
