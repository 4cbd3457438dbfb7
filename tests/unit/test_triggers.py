"""Triggers: dwell, hysteresis, stale inputs, gaps and order, by tables and by properties."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.surge.triggers import Rule, Sample, State, Status, evaluate

T0 = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
RULE = Rule("at_least", 90, 60, 85, 120)


def at(minutes: float) -> datetime:
    return T0 + timedelta(minutes=minutes)


def series(*points: tuple[float, int | None], of: int = 100) -> list[Sample]:
    """(minute, used of 100); None stands for stale."""
    return [Sample(at(m), used or 0, of, used is not None) for m, used in points]


def run(
    rule: Rule, *points: tuple[float, int | None], until: float
) -> tuple[State, list[tuple[str, datetime]]]:
    outcome = evaluate(rule, State(), series(*points), at(until))
    return outcome.state, [(t.kind, t.at) for t in outcome.transitions]


@pytest.mark.parametrize(
    ("points", "until", "status", "fires"),
    [
        ([(0, 95)], 59, Status.PENDING, []),
        ([(0, 95)], 60, Status.ACTIVE, [("fired", at(60))]),
        ([(0, 90)], 60, Status.ACTIVE, [("fired", at(60))]),
        ([(0, 89)], 600, Status.NORMAL, []),
        ([(0, 95), (30, 89), (31, 95)], 90, Status.PENDING, []),
        ([(0, 95), (30, 89), (31, 95)], 91, Status.ACTIVE, [("fired", at(91))]),
        ([(0, 95), (30, None), (31, 95)], 90, Status.PENDING, []),
        ([(0, 95), (60, 80)], 61, Status.NORMAL, []),
        ([(0, 95), (61, 80)], 62, Status.ACTIVE, [("fired", at(60))]),
        ([(0, None)], 60, Status.UNKNOWN, []),
        ([(0, 95), (61, None)], 62, Status.UNKNOWN, []),
        ([(0, 0)], 600, Status.NORMAL, []),
    ],
    ids=[
        "dwell not over",
        "dwell over",
        "at the threshold",
        "under it",
        "a dip begins anew",
        "fires after the dip",
        "a gap begins anew",
        "ends just when it would fire",
        "fires between two samples",
        "stale from the start",
        "fired, but stale by the time we look",
        "empty",
    ],
)
def test_firing(
    points: list[tuple[float, int | None]], until: float, status: Status, fires: list[tuple[str, datetime]]
) -> None:
    state, transitions = run(RULE, *points, until=until)
    assert state.status is status
    assert transitions == fires
    assert (state.fired_at is not None) == bool(fires)


FIRED = State(Status.ACTIVE, at(0), at(-60), None, at(0))


@pytest.mark.parametrize(
    ("points", "until", "stands"),
    [
        ([(1, 84)], 120, True),
        ([(1, 84)], 121, False),
        ([(1, 85)], 600, True),
        ([(1, 84), (60, 87), (61, 84)], 180, True),
        ([(1, 84), (60, 87), (61, 84)], 181, False),
        ([(1, 84), (60, None), (61, 84)], 180, True),
        ([(1, None)], 6000, True),
        ([(1, 84), (130, None)], 140, True),
    ],
    ids=[
        "off-delay not over",
        "off-delay over",
        "at the clear limit",
        "the deadband begins anew",
        "clears after the deadband",
        "a gap begins anew",
        "stale never clears",
        "cleared long ago, stale now",
    ],
)
def test_clearing(points: list[tuple[float, int | None]], until: float, stands: bool) -> None:
    outcome = evaluate(RULE, FIRED, series(*points), at(until))
    assert (outcome.state.fired_at is not None) is stands
    assert [t.kind for t in outcome.transitions] == ([] if stands else ["cleared"])


def test_a_firing_is_told_once() -> None:
    first = evaluate(RULE, State(), series((0, 95)), at(60))
    again = evaluate(RULE, first.state, series((0, 95), (90, 97)), at(120))
    assert [t.kind for t in first.transitions] == ["fired"]
    assert again.transitions == ()
    assert again.state.fired_at == first.state.fired_at


def test_what_fires_and_clears_on_the_way_is_told_as_neither() -> None:
    state, transitions = run(RULE, (0, 95), (70, 10), until=600)
    assert (state.fired_at, transitions) == (None, [])


def test_clearing_and_firing_again_is_told_as_both() -> None:
    outcome = evaluate(RULE, FIRED, series((1, 10), (200, 95)), at(300))
    assert [t.kind for t in outcome.transitions] == ["cleared", "fired"]


def test_late_samples_change_no_conclusion() -> None:
    state = evaluate(RULE, State(), series((0, 50)), at(30)).state
    late = evaluate(RULE, state, series((10, 99)), at(31)).state
    assert late.status is Status.NORMAL
    assert late.beyond_since is None


def test_what_is_surely_too_high_counts_although_something_is_missing() -> None:
    sure = [Sample(at(0), 95, 100, complete=False)]
    assert evaluate(RULE, State(), sure, at(60)).state.fired_at == at(60)
    maybe = [Sample(at(0), 80, 100, complete=False)]
    assert evaluate(RULE, State(), maybe, at(60)).state.status is Status.UNKNOWN


def test_patients_without_staffed_beds_are_too_many_and_nobody_in_no_beds_is_unknown() -> None:
    assert evaluate(RULE, State(), series((0, 3), of=0), at(60)).state.fired_at == at(60)
    assert evaluate(RULE, State(), series((0, 0), of=0), at(60)).state.status is Status.UNKNOWN


def test_at_most_looks_the_other_way_and_never_fires_on_missing_inputs() -> None:
    rule = Rule("at_most", 10, 0, 20, 0)
    assert run(rule, (0, 10), until=0)[0].fired_at == at(0)
    assert run(rule, (0, 15), until=0)[0].status is Status.NORMAL
    outcome = evaluate(rule, State(), [Sample(at(0), 0, 100, complete=False)], at(0))
    assert outcome.state.status is Status.UNKNOWN
    fired = State(Status.ACTIVE, at(0), None, None, at(0))
    assert evaluate(rule, fired, series((1, 20)), at(1)).state.fired_at == at(0)
    assert evaluate(rule, fired, series((1, 21)), at(1)).state.fired_at is None


VALUES = st.one_of(st.none(), st.integers(0, 120))
POINTS = st.lists(st.tuples(st.integers(0, 600), VALUES), min_size=1, max_size=25, unique_by=lambda p: p[0])
RULES = st.builds(
    lambda threshold, gap, on, off: Rule("at_least", threshold, on, max(0, threshold - gap), off),
    st.integers(1, 110),
    st.integers(0, 20),
    st.integers(0, 120),
    st.integers(0, 120),
)


@given(RULES, POINTS, st.randoms(use_true_random=False))
def test_order_of_arrival_within_one_look_does_not_matter(
    rule: Rule, points: list[tuple[int, int | None]], random: Random
) -> None:
    shuffled = list(points)
    random.shuffle(shuffled)
    assert evaluate(rule, State(), series(*points), at(700)) == evaluate(
        rule, State(), series(*shuffled), at(700)
    )


@given(RULES, POINTS)
def test_a_firing_had_its_whole_dwell_beyond_the_limit(
    rule: Rule, points: list[tuple[int, int | None]]
) -> None:
    outcome = evaluate(rule, State(), series(*points), at(700))
    for t in (t for t in outcome.transitions if t.kind == "fired"):
        assert t.at - t.since == timedelta(minutes=rule.for_minutes)
        held = [v for m, v in sorted(points) if t.since <= at(m) < t.at]
        assert all(v is not None and v >= rule.threshold_percent for v in held)


@given(RULES, st.lists(st.integers(0, 600), max_size=10))
def test_stale_inputs_never_clear(rule: Rule, minutes: list[int]) -> None:
    outcome = evaluate(rule, FIRED, series(*((m, None) for m in minutes)), at(700))
    assert outcome.state.fired_at == FIRED.fired_at
    assert outcome.transitions == ()


KNOWN = st.lists(
    st.tuples(st.integers(0, 600), st.integers(0, 120)), min_size=1, max_size=25, unique_by=lambda p: p[0]
)


@given(RULES, KNOWN, st.lists(st.integers(0, 700), max_size=8))
def test_looking_often_or_once_ends_the_same(
    rule: Rule, points: list[tuple[int, int]], looks: list[int]
) -> None:
    samples = series(*points)
    once = evaluate(rule, State(), samples, at(700)).state
    state, told = State(), 0
    for look in sorted({*looks, 700}):
        outcome = evaluate(rule, state, samples, at(look))
        state = outcome.state
        told += sum(1 if t.kind == "fired" else -1 for t in outcome.transitions)
    assert state == once
    assert told == (once.fired_at is not None)
