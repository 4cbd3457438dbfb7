"""The trigger lab: rule sets run over recorded history, and how well each warned of the crossing that matters.

Pure: from series and rules to figures. The evaluator is the one that runs live.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from app.surge.trial import Episode, episodes
from app.surge.triggers import Rule, Sample, State, evaluate, held

Points = Sequence[tuple[datetime, float | None]]


@dataclass(frozen=True)
class Target:
    """The crossing that matters: the series itself past a limit, for `hold` minutes at least. Crossings less than
    `apart` minutes after one another are one. A warning counts when it comes at most `ahead` minutes before.
    """

    comparison: str
    threshold: float
    hold: int
    apart: int
    ahead: int

    @property
    def rule(self) -> Rule:
        return Rule(self.comparison, self.threshold, self.hold, self.apart)


@dataclass(frozen=True)
class Figures:
    """`warned`: a firing came in time, `leads` minutes before each. `standing`: it had fired longer ago and stood.
    `late`: it fired only after the crossing. `missed`: not at all. `false_calls`: firings that no crossing followed;
    `open_calls`: those for which the history ends too early to say. `flaps`: firings soon after a clearing.
    """

    crossings: int = 0
    warned: int = 0
    standing: int = 0
    late: int = 0
    missed: int = 0
    firings: int = 0
    false_calls: int = 0
    open_calls: int = 0
    flaps: int = 0
    minutes: int = 0
    minutes_in_alarm: int = 0
    leads: tuple[int, ...] = ()

    @property
    def lead(self) -> float | None:
        """Half of the warnings came earlier than this many minutes."""
        return median(self.leads) if self.leads else None

    @property
    def share_in_alarm(self) -> float | None:
        return self.minutes_in_alarm * 100 / self.minutes if self.minutes else None

    def __add__(self, other: Figures) -> Figures:
        return Figures(*(getattr(self, name) + getattr(other, name) for name in Figures.__dataclass_fields__))


@dataclass(frozen=True)
class Ran:
    """One rule set on one series: what each rule did, what the set did (whichever rule fired), and its figures."""

    by_rule: tuple[tuple[Episode, ...], ...]
    together: tuple[Episode, ...]
    figures: Figures


def run_rule(rule: Rule, samples: Sequence[Sample], ends: datetime) -> tuple[Episode, ...]:
    return episodes(evaluate(rule, State(), samples, ends).transitions)


def run_set(
    rules: Sequence[tuple[Rule, Sequence[Sample]]],
    target: Target,
    crossings: Sequence[Episode],
    begins: datetime,
    ends: datetime,
    flap: timedelta,
) -> Ran:
    """Each rule comes with the samples of what it watches."""
    by_rule = tuple(run_rule(rule, samples, ends) for rule, samples in rules)
    together = merged([each for found in by_rule for each in found])
    return Ran(by_rule, together, figures(together, crossings, target, begins, ends, flap))


def crossings_of(target: Target, samples: Sequence[Sample], ends: datetime) -> tuple[Episode, ...]:
    """What matters, by the same evaluator; each begins when the limit was passed, not when the hold was over."""
    found = run_rule(target.rule, samples, ends)
    return tuple(Episode(each.since, each.since, each.cleared_at) for each in found)


def figures(
    fired: Sequence[Episode],
    crossings: Sequence[Episode],
    target: Target,
    begins: datetime,
    ends: datetime,
    flap: timedelta,
) -> Figures:
    ahead = timedelta(minutes=target.ahead)
    kinds = {"warned": 0, "standing": 0, "late": 0, "missed": 0}
    leads: list[int] = []
    for crossing in crossings:
        kind, lead = _how(crossing, fired, ahead)
        kinds[kind] += 1
        if lead is not None:
            leads.append(lead)
    called = [_followed(each, crossings, ahead, ends) for each in fired]
    in_alarm = sum(((each.cleared_at or ends) - each.fired_at for each in fired), timedelta())
    return Figures(
        crossings=len(crossings),
        **kinds,
        firings=len(fired),
        false_calls=called.count(False),
        open_calls=called.count(None),
        flaps=sum(
            1
            for before, after in itertools.pairwise(fired)
            if before.cleared_at is not None and after.fired_at - before.cleared_at <= flap
        ),
        minutes=_minutes(ends - begins),
        minutes_in_alarm=_minutes(in_alarm),
        leads=tuple(leads),
    )


def merged(found: Sequence[Episode]) -> tuple[Episode, ...]:
    """Episodes of several rules as one: it begins with the first and ends with the last that overlaps."""
    together: list[Episode] = []
    for each in sorted(found, key=lambda e: e.fired_at):
        last = together[-1] if together else None
        if last is None or (last.cleared_at is not None and each.fired_at > last.cleared_at):
            together.append(each)
        elif last.cleared_at is not None:
            end = None if each.cleared_at is None else max(last.cleared_at, each.cleared_at)
            together[-1] = Episode(last.since, last.fired_at, end)
    return tuple(together)


def series_samples(points: Points, ends: datetime) -> list[Sample]:
    """A series whose numbers hold for twice the usual time between them: one missing is missing."""
    return held(points, usual_gap(points) * 2, ends)


def usual_gap(points: Points) -> int:
    """Minutes between most numbers; a day when there are too few to say."""
    times = sorted(at for at, _ in points)
    gaps = [_minutes(after - before) for before, after in itertools.pairwise(times)]
    return max(1, round(median(gaps))) if gaps else 24 * 60


def totals(by_series: Mapping[str, Figures]) -> Figures:
    return sum(by_series.values(), Figures())


def _how(crossing: Episode, fired: Sequence[Episode], ahead: timedelta) -> tuple[str, int | None]:
    at = crossing.fired_at
    before = [each for each in fired if each.fired_at <= at]
    in_time = [each for each in before if at - each.fired_at <= ahead]
    if in_time:
        standing = [each for each in in_time if each.cleared_at is None or each.cleared_at >= at]
        return "warned", _minutes(at - (standing or in_time)[0 if standing else -1].fired_at)
    if any(each.cleared_at is None or each.cleared_at > at for each in before):
        return "standing", None
    end = crossing.cleared_at
    if any(each.fired_at > at and (end is None or each.fired_at < end) for each in fired):
        return "late", None
    return "missed", None


def _followed(call: Episode, crossings: Sequence[Episode], ahead: timedelta, ends: datetime) -> bool | None:
    """Whether a crossing came after a firing, or was under way; None when the history ends too early."""
    at = call.fired_at
    for each in crossings:
        if each.fired_at <= at + ahead and (each.cleared_at is None or each.cleared_at > at):
            return True
    return None if at + ahead > ends else False


def _minutes(length: timedelta) -> int:
    return round(length.total_seconds() / 60)
