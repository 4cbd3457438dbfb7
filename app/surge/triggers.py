"""When a trigger fires and when it clears: dwell, hysteresis, hold, and no conclusion from what is stale.

Quick up, slow down, no flicker at the limit: on-delay, deadband, off-delay and shelving are the alarm semantics of
OPC UA part 9 (B.1.5). A firing stands until known inputs have been clear for long enough. The same function is
used live, for the preview of an edited rule, in the trigger lab and at the API.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum, StrEnum
from typing import NamedTuple

from app.surge.windows import NOW, UNKNOWN, Bounds, Memory, Window

ABOVE, AT_LEAST, BELOW, AT_MOST = "above", "at_least", "below", "at_most"
COMPARISONS = (ABOVE, AT_LEAST, BELOW, AT_MOST)
FIRED, CLEARED, UNSHELVED, CHANGED = "fired", "cleared", "unshelved", "changed"
_DIGITS = 9


class Status(StrEnum):
    NORMAL = "normal"
    PENDING = "pending"
    ACTIVE = "active"
    ACKNOWLEDGED = "acknowledged"
    SHELVED = "shelved"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Rule:
    """Times in minutes. It fires when the window's value has been beyond the threshold for `on_delay`, and clears
    when it has been back past the threshold by more than `deadband` for `off_delay`, but not before `min_hold`.

    With a deadband of 5, "above 85" clears at 80 or under and "at least 85" clears under 80. `stale_after`: how long
    a reading may be believed; None leaves it to what the reading is.
    """

    comparison: str
    threshold: float
    on_delay: int = 0
    off_delay: int = 0
    deadband: float = 0.0
    min_hold: int = 0
    stale_after: int | None = None
    window: str = NOW
    window_minutes: int = 0
    horizon_minutes: int = 0

    @property
    def upward(self) -> bool:
        return self.comparison in (ABOVE, AT_LEAST)

    @property
    def clear_limit(self) -> float:
        gap = -self.deadband if self.upward else self.deadband
        return round(self.threshold + gap, _DIGITS)


class Sample(NamedTuple):
    """What is known from this moment until the next sample."""

    at: datetime
    bounds: Bounds


@dataclass(frozen=True)
class State:
    """`fired_at` is set while a firing stands; `beyond_since` and `clear_since` while the threshold, or the clear
    limit once fired, has been passed without a break. `as_of` is the last moment at which something happened:
    time alone changes nothing in here until a delay is over.

    `value` is what was last compared with the threshold. `provisional`: a firing stands and its inputs are not known.
    """

    status: Status = Status.UNKNOWN
    as_of: datetime | None = None
    beyond_since: datetime | None = None
    clear_since: datetime | None = None
    fired_at: datetime | None = None
    acknowledged_at: datetime | None = None
    shelved_until: datetime | None = None
    known: bool = False
    value: float | None = None
    memory: Memory = ()

    @property
    def provisional(self) -> bool:
        return self.fired_at is not None and not self.known


@dataclass(frozen=True)
class Transition:
    """`at`: when it came to be; for what fired or cleared, `since` is when the limit had been passed. `value`: what was
    compared with the threshold then.
    """

    kind: str
    at: datetime
    since: datetime
    was: Status
    becomes: Status
    value: float | None = None


@dataclass(frozen=True)
class Outcome:
    state: State
    transitions: tuple[Transition, ...] = ()


_PASSES: dict[str, Callable[[float, float], bool]] = {
    ABOVE: operator.gt,
    AT_LEAST: operator.ge,
    BELOW: operator.lt,
    AT_MOST: operator.le,
}


class _Standing(Enum):
    BEYOND = "beyond"
    BETWEEN = "between"
    CLEAR = "clear"
    UNKNOWN = "unknown"


def evaluate(rule: Rule, state: State, samples: Iterable[Sample], now: datetime) -> Outcome:
    """Go through the samples in order of time, up to `now`. Returns each transition on the way.

    Samples before `state.as_of` come too late to change what was concluded. Looking often or once gives the same.
    """
    since = state.as_of
    new = {s.at: s for s in samples if s.at <= now and (since is None or s.at >= since)}
    machine = _Machine(rule, state)
    for at in sorted(new):
        machine.take(new[at])
    machine.wait(now, inclusive=True)
    return Outcome(machine.state(), tuple(machine.transitions))


def due_after(rule: Rule, state: State) -> datetime | None:
    """When time alone next changes something; None: not before the next sample."""
    return _Machine(rule, state).due


def acknowledge(rule: Rule, state: State, at: datetime) -> Outcome:
    """A person has seen it. What has not fired stays as it is."""
    return _act(rule, state, at, acknowledged_at=at if state.fired_at else None)


def shelve(rule: Rule, state: State, at: datetime, until: datetime) -> Outcome:
    """A person puts it aside until then. It goes on watching; when it comes back and still stands, it is new."""
    return _act(rule, state, at, shelved_until=until, acknowledged_at=None)


def unshelve(rule: Rule, state: State, at: datetime) -> Outcome:
    return _act(rule, state, at, shelved_until=None)


def _act(rule: Rule, state: State, at: datetime, **changes: datetime | None) -> Outcome:
    machine = _Machine(rule, replace(state, **changes))  # type: ignore[arg-type]
    machine.note(at)
    return Outcome(machine.state(), tuple(machine.transitions))


def news(before: State, outcome: Outcome) -> tuple[State, tuple[Transition, ...]]:
    """What to tell people who look only now, and the state that goes with it. What fired and cleared again on the
    way is neither, and nobody is called for a firing whose inputs are stale by the time it is found.
    """
    after = outcome.state
    if after.provisional and before.fired_at is None:
        after = replace(after, fired_at=None, acknowledged_at=None)
        return replace(after, status=_shown(after)), ()
    if before.fired_at == after.fired_at:
        return after, ()
    cleared = [t for t in outcome.transitions if t.kind == CLEARED][:1] if before.fired_at else []
    fired = [t for t in outcome.transitions if t.kind == FIRED][-1:] if after.fired_at else []
    return after, (*cleared, *fired)


class _Machine:
    """One trigger on its way through time. `due` is the next moment at which time alone changes something."""

    def __init__(self, rule: Rule, state: State) -> None:
        self.rule = rule
        self.transitions: list[Transition] = []
        self.window = Window(rule.window, rule.window_minutes, rule.horizon_minutes, state.memory)
        self.passes, self.upward = _PASSES[rule.comparison], rule.upward
        self.threshold, self.clear_limit = rule.threshold, rule.clear_limit
        self.stood: _Standing | None = None
        self.on, self.off = timedelta(minutes=rule.on_delay), timedelta(minutes=rule.off_delay)
        self.hold = timedelta(minutes=rule.min_hold)
        self.told = state.status
        self.as_of, self.known, self.value = state.as_of, state.known, state.value
        self.beyond_since, self.clear_since = state.beyond_since, state.clear_since
        self.fired_at, self.acknowledged_at = state.fired_at, state.acknowledged_at
        self.shelved_until = state.shelved_until
        self.due = self._due()

    def state(self) -> State:
        return State(
            self.told,
            self.as_of,
            self.beyond_since,
            self.clear_since,
            self.fired_at,
            self.acknowledged_at,
            self.shelved_until,
            self.known,
            self.value,
            self.window.memory,
        )

    def take(self, sample: Sample) -> None:
        at = sample.at
        if self.due is not None and self.due < at:
            self.wait(at, inclusive=False)
        low, high = self.window.take(at, sample.bounds)
        stands = self._standing(low, high)
        self.as_of, self.value = at, low if low is not None else high
        if stands is self.stood and (self.due is None or self.due > at):
            return
        self.stood, self.known = stands, stands is not _Standing.UNKNOWN
        self.beyond_since = (self.beyond_since or at) if stands is _Standing.BEYOND else None
        clear = self.fired_at is not None and stands is _Standing.CLEAR
        self.clear_since = (self.clear_since or at) if clear else None
        self.due = self._due()
        if self.due is not None and self.due <= at:
            self.wait(at, inclusive=True)
        self.note(at)

    def _standing(self, low: float | None, high: float | None) -> _Standing:
        """Where a value stands. One that can only be higher than it looks may still be surely too high; one that
        could be anything on the bad side is never clear.
        """
        edge = low if self.upward else high
        if edge is not None and self.passes(edge, self.threshold):
            return _Standing.BEYOND
        if low is None or high is None:
            return _Standing.UNKNOWN
        if low != high:
            worst = high if self.upward else low
            return _Standing.UNKNOWN if self.passes(worst, self.clear_limit) else _Standing.CLEAR
        return _Standing.BETWEEN if self.passes(low, self.clear_limit) else _Standing.CLEAR

    def wait(self, until: datetime, *, inclusive: bool) -> None:
        while self.due is not None and (self.due < until or (inclusive and self.due == until)):
            self._happen(self.due)
            self.due = self._due()

    def note(self, at: datetime) -> None:
        """Say what has changed for the eye."""
        status = _shown(self)
        if status is not self.told:
            self._tell(CHANGED, at, at)

    def _happen(self, at: datetime) -> None:
        self.as_of, self.stood = max(at, self.as_of or at), None
        if self.shelved_until is not None and self.shelved_until <= at:
            self.shelved_until = None
            self._tell(UNSHELVED, at, at)
        elif self.fired_at is None and self.beyond_since is not None:
            self.fired_at, self.acknowledged_at = at, None
            self._tell(FIRED, at, self.beyond_since)
        elif self.clear_since is not None:
            since, self.clear_since = self.clear_since, None
            self.fired_at = self.acknowledged_at = None
            self._tell(CLEARED, at, since)

    def _due(self) -> datetime | None:
        due = None
        if self.fired_at is None:
            if self.beyond_since is not None:
                due = self.beyond_since + self.on
        elif self.clear_since is not None:
            due = max(self.clear_since + self.off, self.fired_at + self.hold)
        if self.shelved_until is not None and (due is None or self.shelved_until <= due):
            return self.shelved_until
        return due

    def _tell(self, kind: str, at: datetime, since: datetime) -> None:
        becomes = _shown(self)
        self.transitions.append(Transition(kind, at, since, self.told, becomes, self.value))
        self.told = becomes


def _shown(of: State | _Machine) -> Status:
    if of.shelved_until is not None:
        return Status.SHELVED
    if of.fired_at is not None:
        return Status.ACKNOWLEDGED if of.acknowledged_at is not None else Status.ACTIVE
    if not of.known:
        return Status.UNKNOWN
    return Status.NORMAL if of.beyond_since is None else Status.PENDING


def held(
    points: Iterable[tuple[datetime, float | None]], stale_after: int | None, now: datetime
) -> list[Sample]:
    """A series as samples: each value holds until the next, or until it is stale. None says that it is not known."""
    age = None if stale_after is None else timedelta(minutes=stale_after)
    found: list[Sample] = []
    for at, value in sorted(points, key=_moment):
        if age is not None and found and found[-1].at + age < at:
            found.append(Sample(found[-1].at + age, UNKNOWN))
        found.append(Sample(at, UNKNOWN if value is None else Bounds(value, value)))
    if age is not None and found and found[-1].at + age <= now:
        found.append(Sample(found[-1].at + age, UNKNOWN))
    return found


def _moment(point: tuple[datetime, float | None]) -> datetime:
    return point[0]
