"""A rule run over a stretch of samples: when it would have fired and cleared, and what it was looking at.

The evaluator is the one that runs live.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.surge.triggers import CLEARED, FIRED, Rule, Sample, State, Status, Transition, evaluate
from app.surge.windows import Window

Line = tuple[tuple[datetime, float | None], ...]


@dataclass(frozen=True)
class Episode:
    """From firing to clearing; `cleared_at` None: it stands at the end."""

    since: datetime
    fired_at: datetime
    cleared_at: datetime | None = None


@dataclass(frozen=True)
class Trial:
    """`status` at the end; `beyond_since` while the limit is passed but the delay is not over."""

    episodes: tuple[Episode, ...]
    status: Status
    beyond_since: datetime | None
    provisional: bool


def run(rule: Rule, samples: Iterable[Sample], now: datetime) -> Trial:
    outcome = evaluate(rule, State(), samples, now)
    state = outcome.state
    return Trial(episodes(outcome.transitions), state.status, state.beyond_since, state.provisional)


def episodes(transitions: Iterable[Transition]) -> tuple[Episode, ...]:
    found: list[Episode] = []
    for each in transitions:
        if each.kind == FIRED:
            found.append(Episode(each.since, each.at))
        elif each.kind == CLEARED and found:
            last = found.pop()
            found.append(Episode(last.since, last.fired_at, each.at))
    return tuple(found)


def line(rule: Rule, samples: Sequence[Sample]) -> Line:
    """What the rule compares with its threshold, at each sample; None where it is not known."""
    window = Window(rule.window, rule.window_minutes, rule.horizon_minutes)
    found = []
    for at, bounds in samples:
        looked_at = window.take(at, bounds)
        found.append((at, looked_at.low if looked_at.known else None))
    return tuple(found)
