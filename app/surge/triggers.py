"""When a trigger fires and when it clears: dwell, hysteresis, and no conclusion from what is stale.

Quick up, slow down, no flicker at the limit: on-delay, a clear limit of its own and an off-delay are the
alarm semantics of OPC UA part 9 (B.1.5). A firing stands until known inputs have been clear for long enough.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum, StrEnum
from typing import Literal


class Status(StrEnum):
    NORMAL = "normal"
    PENDING = "pending"
    ACTIVE = "active"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Rule:
    """`comparison` is at_least or at_most; limits in percent, delays in minutes.

    At exactly the threshold the limit is reached. It is clear only strictly beyond `clear_percent`.
    """

    comparison: str
    threshold_percent: int
    for_minutes: int
    clear_percent: int
    clear_for_minutes: int


@dataclass(frozen=True)
class Sample:
    """`used` of `of` from this moment until the next sample.

    When it is not complete, inputs are stale: `used` leaves them out and `of` has their most, so that the
    share can only be higher than it looks.
    """

    at: datetime
    used: int
    of: int
    complete: bool = True


@dataclass(frozen=True)
class State:
    """`fired_at` is set while a firing stands, whatever the status; `beyond_since` and `clear_since` while
    the limit, or the clear limit once fired, has been passed without a break. `as_of`: looked at up to here.
    """

    status: Status = Status.UNKNOWN
    as_of: datetime | None = None
    beyond_since: datetime | None = None
    clear_since: datetime | None = None
    fired_at: datetime | None = None


@dataclass(frozen=True)
class Transition:
    """`at` is when the delay was over, `since` when the limit was passed."""

    kind: Literal["fired", "cleared"]
    at: datetime
    since: datetime


@dataclass(frozen=True)
class Outcome:
    state: State
    transitions: tuple[Transition, ...] = ()


class _Standing(Enum):
    BEYOND = "beyond"
    BETWEEN = "between"
    CLEAR = "clear"
    UNKNOWN = "unknown"


def evaluate(rule: Rule, state: State, samples: Iterable[Sample], now: datetime) -> Outcome:
    """Go through the samples in order of time, up to `now`, and say what has changed from first to last.

    Samples before `state.as_of` come too late to change what was concluded. What fires or clears on the way
    and is stale by `now` does neither: nobody acts on old news.
    """
    new = {s.at: s for s in samples if s.at <= now and (state.as_of is None or s.at >= state.as_of)}
    transitions: list[Transition] = []
    current = state
    for at in sorted(new):
        current = _wait(rule, current, at, transitions, inclusive=False)
        current = _stand(rule, current, new[at])
        current = _wait(rule, current, at, transitions, inclusive=True)
    current = _wait(rule, current, now, transitions, inclusive=True)
    current = replace(current, as_of=max(now, state.as_of or now))
    if current.status is Status.UNKNOWN:
        return Outcome(replace(current, fired_at=state.fired_at))
    return Outcome(current, _net(state, current, transitions))


def _wait(
    rule: Rule, state: State, until: datetime, transitions: list[Transition], *, inclusive: bool
) -> State:
    """Let time pass: a delay that is over by then fires or clears."""
    if state.fired_at is None and state.beyond_since is not None:
        due = state.beyond_since + timedelta(minutes=rule.for_minutes)
        if due < until or (inclusive and due == until):
            transitions.append(Transition("fired", due, state.beyond_since))
            return replace(state, status=Status.ACTIVE, fired_at=due)
    elif state.fired_at is not None and state.clear_since is not None:
        due = state.clear_since + timedelta(minutes=rule.clear_for_minutes)
        if due < until or (inclusive and due == until):
            transitions.append(Transition("cleared", due, state.clear_since))
            return replace(state, status=Status.NORMAL, fired_at=None, clear_since=None)
    return state


def _stand(rule: Rule, state: State, sample: Sample) -> State:
    standing = _standing(rule, sample)
    fired = state.fired_at is not None
    beyond_since = (state.beyond_since or sample.at) if standing is _Standing.BEYOND else None
    clear_since = (state.clear_since or sample.at) if fired and standing is _Standing.CLEAR else None
    if standing is _Standing.UNKNOWN:
        status = Status.UNKNOWN
    elif fired:
        status = Status.ACTIVE
    else:
        status = Status.PENDING if standing is _Standing.BEYOND else Status.NORMAL
    return replace(state, status=status, as_of=sample.at, beyond_since=beyond_since, clear_since=clear_since)


def _standing(rule: Rule, sample: Sample) -> _Standing:
    """Where one sample stands. A share that can only be higher than it looks may still be surely too high."""
    share, threshold, clear = (
        sample.used * 100,
        rule.threshold_percent * sample.of,
        rule.clear_percent * sample.of,
    )
    if rule.comparison == "at_least":
        if share >= threshold and sample.used > 0:
            return _Standing.BEYOND
        if not sample.complete or sample.of <= 0:
            return _Standing.UNKNOWN
        return _Standing.CLEAR if share < clear else _Standing.BETWEEN
    if not sample.complete or sample.of <= 0:
        return _Standing.UNKNOWN
    if share <= threshold:
        return _Standing.BEYOND
    return _Standing.CLEAR if share > clear else _Standing.BETWEEN


def _net(before: State, after: State, transitions: list[Transition]) -> tuple[Transition, ...]:
    """What is different at the end. Something that fired and cleared again on the way is neither."""
    if before.fired_at == after.fired_at:
        return ()
    cleared = [t for t in transitions if t.kind == "cleared"][:1] if before.fired_at else []
    fired = [t for t in transitions if t.kind == "fired"][-1:] if after.fired_at else []
    return (*cleared, *fired)
