"""A question to the lab and its answer, as they are kept: rule sets with their versions, the target, the figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo

from app.surge.definitions import LONGEST, Definition
from app.surge.drawing import Chart, chart
from app.surge.lab import Figures, Target, crossings_of, figures, run_set, totals
from app.surge.trial import Episode, Line
from app.surge.triggers import Rule, Sample
from app.surge.windows import Bounds

MOST_DRAWN = 4
COMPLEMENT = {"occupancy": "free_share", "free_share": "occupancy"}


@dataclass(frozen=True)
class Chosen:
    """A rule of a set: which one, in which version (of the hospital's own), or from which pack."""

    label: str
    origin: str
    definition: Definition


@dataclass(frozen=True)
class Question:
    """`measure` is what the target looks at. `stretch` says in words what was looked at."""

    stretch: str
    measure: str
    target: Target
    flap: int
    sets: tuple[tuple[Chosen, ...], ...]


@dataclass(frozen=True)
class RuleAnswer:
    label: str
    origin: str
    total: Figures


@dataclass(frozen=True)
class SetAnswer:
    total: Figures
    rules: tuple[RuleAnswer, ...]
    by_series: dict[str, Figures]


@dataclass(frozen=True)
class Drawn:
    name: str
    chart: Chart
    words: str


@dataclass(frozen=True)
class Answer:
    begins: datetime
    ends: datetime
    series: int
    numbers: int
    sets: tuple[SetAnswer, ...]
    drawn: tuple[Drawn, ...] = field(default=())


@dataclass(frozen=True)
class Stretch:
    """One series: the samples of the target, and of each rule of each set by its place."""

    name: str
    begins: datetime
    ends: datetime
    target: Sequence[Sample]
    rules: tuple[tuple[Sequence[Sample], ...], ...]


def answer(question: Question, stretches: Sequence[Stretch], zone: tzinfo) -> Answer:
    flap = timedelta(minutes=question.flap)
    by_set: list[dict[str, Figures]] = [{} for _ in question.sets]
    by_rule: list[list[dict[str, Figures]]] = [[{} for _ in chosen] for chosen in question.sets]
    drawn: list[Drawn] = []
    for stretch in stretches:
        crossings = crossings_of(question.target, stretch.target, stretch.ends)
        rows: list[tuple[Episode, ...]] = []
        for place, chosen in enumerate(question.sets):
            pairs = [
                (rule.definition.rule, samples)
                for rule, samples in zip(chosen, stretch.rules[place], strict=True)
            ]
            ran = run_set(pairs, question.target, crossings, stretch.begins, stretch.ends, flap)
            by_set[place][stretch.name] = ran.figures
            for number, found in enumerate(ran.by_rule):
                by_rule[place][number][stretch.name] = figures(
                    found, crossings, question.target, stretch.begins, stretch.ends, flap
                )
            rows.append(ran.together)
        if len(drawn) < MOST_DRAWN:
            drawn.append(_drawn(question, stretch, crossings, rows, zone))
    sets = tuple(
        SetAnswer(
            totals(by_set[place]),
            tuple(
                RuleAnswer(rule.label, rule.origin, totals(by_rule[place][number]))
                for number, rule in enumerate(chosen)
            ),
            by_set[place],
        )
        for place, chosen in enumerate(question.sets)
    )
    return Answer(
        min(each.begins for each in stretches),
        max(each.ends for each in stretches),
        len(stretches),
        sum(1 for each in stretches for sample in each.target if sample.bounds.known),
        sets,
        tuple(drawn),
    )


def as_seen_by(definition: Definition, measure: str, samples: Sequence[Sample]) -> Sequence[Sample] | None:
    """A series of one measure for a rule about another: the share in use and the share free are one number.
    None when they have nothing to do with each other.
    """
    if definition.measure == measure:
        return samples
    if COMPLEMENT.get(definition.measure) != measure:
        return None
    return [Sample(at, _complement(bounds)) for at, bounds in samples]


def changed(definition: Definition, numbers: Mapping[str, float | int | None]) -> Definition:
    """The rule with other numbers, where one is given: what if."""
    rule = definition.rule
    given = {name: value for name, value in numbers.items() if value is not None}
    limit = given.pop("clear_limit", None)
    made = Rule(**{**vars(rule), **given})
    if limit is not None:
        gap = made.threshold - limit if made.upward else limit - made.threshold
        made = Rule(**{**vars(made), "deadband": round(gap, 9)})
    return Definition(**{**vars(definition), "rule": made})


def suggested(rule: Rule, care: str) -> dict[str, float | int]:
    """Numbers to try first for a rule whose alarms chatter, flap or stand: a longer delay, a longer way back, a limit
    further out. Where to begin, not what is right."""
    if care == "chatters":
        return {"on_delay": min(max(10, rule.on_delay * 2), LONGEST)}
    if care == "flaps":
        return {"off_delay": min(max(60, rule.off_delay * 2), LONGEST)}
    if care == "stands":
        further = max(rule.deadband, 1.0)
        threshold = rule.threshold + (further if rule.upward else -further)
        return {
            "threshold": threshold,
            "clear_limit": round(rule.clear_limit + threshold - rule.threshold, 9),
        }
    return {}


def _complement(bounds: Bounds) -> Bounds:
    low, high = bounds
    return Bounds(
        None if high is None else max(0.0, 100 - high), None if low is None else max(0.0, 100 - low)
    )


def _drawn(
    question: Question,
    stretch: Stretch,
    crossings: Sequence[Episode],
    rows: Sequence[tuple[Episode, ...]],
    zone: tzinfo,
) -> Drawn:
    line: Line = tuple((at, bounds.low if bounds.known else None) for at, bounds in stretch.target)
    found = chart(line, [crossings, *rows], [question.target.threshold], stretch.begins, stretch.ends, zone)
    words = f"{stretch.name}: crossed {len(crossings)}×; " + "; ".join(
        f"set {chr(65 + place)} fired {len(row)}×" for place, row in enumerate(rows)
    )
    return Drawn(stretch.name, found, words)
