"""Triggers: dwell, hysteresis, hold, shelving, stale inputs, gaps and order, by tables and by properties."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.surge.triggers import (
    COMPARISONS,
    Rule,
    Sample,
    State,
    Status,
    acknowledge,
    evaluate,
    held,
    news,
    shelve,
    unshelve,
)
from app.surge.windows import UNKNOWN, Bounds

T0 = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
RULE = Rule("at_least", 90, on_delay=60, off_delay=120, deadband=5)


def at(minutes: float) -> datetime:
    return T0 + timedelta(minutes=minutes)


def series(*points: tuple[float, float | None]) -> list[Sample]:
    """(minute, value); None stands for stale."""
    return [Sample(at(m), UNKNOWN if v is None else Bounds(v, v)) for m, v in points]


def run(
    rule: Rule, *points: tuple[float, float | None], until: float
) -> tuple[State, list[tuple[str, datetime]]]:
    outcome = evaluate(rule, State(), series(*points), at(until))
    return outcome.state, [(t.kind, t.at) for t in outcome.transitions if t.kind in ("fired", "cleared")]


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
        ([(0, 95), (50, None)], 62, Status.UNKNOWN, []),
        ([(0, 95), (61, None)], 62, Status.ACTIVE, [("fired", at(60))]),
        ([(0, 0)], 600, Status.NORMAL, []),
        ([], 600, Status.UNKNOWN, []),
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
        "stale before the dwell is over",
        "fired, and stale since",
        "empty",
        "nothing at all",
    ],
)
def test_firing(
    points: list[tuple[float, float | None]], until: float, status: Status, fires: list[tuple[str, datetime]]
) -> None:
    state, transitions = run(RULE, *points, until=until)
    assert state.status is status
    assert transitions == fires
    assert (state.fired_at is not None) == bool(fires)
    assert state.provisional == (bool(fires) and points[-1][1] is None)


@pytest.mark.parametrize(
    ("comparison", "fires", "stays", "between", "clears"),
    [
        ("at_least", 90, 89.9, 85, 84.9),
        ("above", 90.1, 90, 85.1, 85),
        ("at_most", 10, 10.1, 15, 15.1),
        ("below", 9.9, 10, 14.9, 15),
    ],
)
def test_each_comparison_at_its_edges(
    comparison: str, fires: float, stays: float, between: float, clears: float
) -> None:
    rule = Rule(comparison, 90 if comparison in ("at_least", "above") else 10, deadband=5)
    assert run(rule, (0, fires), until=0)[0].fired_at == at(0)
    assert run(rule, (0, stays), until=9)[0].status is Status.NORMAL
    assert run(rule, (0, fires), (1, between), until=9)[0].status is Status.ACTIVE
    state, transitions = run(rule, (0, fires), (1, clears), until=9)
    assert (state.status, transitions) == (Status.NORMAL, [("fired", at(0)), ("cleared", at(1))])


FIRED = State(Status.ACTIVE, at(0), at(-60), None, at(0), known=True)


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
        ([(1, 84), (121, None)], 140, True),
        ([(1, 84), (130, None)], 140, False),
    ],
    ids=[
        "off-delay not over",
        "off-delay over",
        "at the clear limit",
        "the deadband begins anew",
        "clears after the deadband",
        "a gap begins anew",
        "stale never clears",
        "stale just when it would clear",
        "cleared while it was known",
    ],
)
def test_clearing(points: list[tuple[float, float | None]], until: float, stands: bool) -> None:
    outcome = evaluate(RULE, FIRED, series(*points), at(until))
    assert (outcome.state.fired_at is not None) is stands
    assert [t.kind for t in outcome.transitions if t.kind != "changed"] == ([] if stands else ["cleared"])


def test_a_minimum_hold_outlasts_a_quick_recovery() -> None:
    rule = replace(RULE, min_hold=600, on_delay=0)
    assert run(rule, (0, 95), (10, 50), until=599)[0].status is Status.ACTIVE
    assert run(rule, (0, 95), (10, 50), until=600)[1] == [("fired", at(0)), ("cleared", at(600))]
    assert run(rule, (0, 95), (590, 50), until=709)[0].status is Status.ACTIVE, "the off-delay still counts"
    assert run(rule, (0, 95), (590, 50), until=710)[1][-1] == ("cleared", at(710))


def test_each_transition_says_from_what_to_what() -> None:
    outcome = evaluate(RULE, State(), series((0, 50), (10, 95), (100, 20)), at(300))
    said = [(t.kind, t.at, t.was.value, t.becomes.value) for t in outcome.transitions]
    assert said == [
        ("changed", at(0), "unknown", "normal"),
        ("changed", at(10), "normal", "pending"),
        ("fired", at(70), "pending", "active"),
        ("cleared", at(220), "active", "normal"),
    ]
    assert [t.since for t in outcome.transitions][2:] == [at(10), at(100)]


def test_a_firing_is_told_once() -> None:
    first = evaluate(RULE, State(), series((0, 95)), at(60))
    again = evaluate(RULE, first.state, series((0, 95), (90, 97)), at(120))
    assert [t.kind for t in first.transitions] == ["changed", "fired"]
    assert again.transitions == ()
    assert again.state.fired_at == first.state.fired_at


def test_seen_stays_seen_until_it_clears() -> None:
    fired = evaluate(RULE, State(), series((0, 95)), at(60)).state
    seen = acknowledge(RULE, fired, at(70))
    assert [(t.was, t.becomes) for t in seen.transitions] == [(Status.ACTIVE, Status.ACKNOWLEDGED)]
    later = evaluate(RULE, seen.state, series((80, 20), (210, 95)), at(300))
    assert later.state.status is Status.ACTIVE, "fired again, it is new"
    assert acknowledge(RULE, State(), at(0)).state == State(), "nothing to see"


def test_shelved_watches_on_and_comes_back_as_new() -> None:
    fired = acknowledge(RULE, evaluate(RULE, State(), series((0, 95)), at(60)).state, at(61)).state
    aside = shelve(RULE, fired, at(70), at(200)).state
    assert aside.status is Status.SHELVED
    assert evaluate(RULE, aside, [], at(199)).state.status is Status.SHELVED
    back = evaluate(RULE, aside, [], at(200))
    assert [(t.kind, t.at, t.becomes) for t in back.transitions] == [("unshelved", at(200), Status.ACTIVE)]
    quiet = evaluate(RULE, aside, series((75, 20)), at(250))
    assert [t.kind for t in quiet.transitions] == ["cleared", "unshelved"]
    assert quiet.state.status is Status.NORMAL
    assert unshelve(RULE, aside, at(80)).state.status is Status.ACTIVE


def test_who_looks_only_now_hears_what_is_different_now() -> None:
    gone = evaluate(RULE, State(), series((0, 95), (70, 10)), at(600))
    assert news(State(), gone)[1] == ()
    stale = evaluate(RULE, State(), series((0, 95), (61, None)), at(600))
    state, told = news(State(), stale)
    assert (state.fired_at, state.status, told) == (None, Status.UNKNOWN, ())
    again = evaluate(RULE, FIRED, series((1, 10), (200, 95)), at(300))
    assert [t.kind for t in news(FIRED, again)[1]] == ["cleared", "fired"]


def test_late_samples_change_no_conclusion() -> None:
    state = evaluate(RULE, State(), series((20, 50)), at(30)).state
    late = evaluate(RULE, state, series((10, 99)), at(31)).state
    assert late.status is Status.NORMAL
    assert late.beyond_since is None


def test_what_is_surely_too_high_counts_although_something_is_missing() -> None:
    sure = [Sample(at(0), Bounds(95, None))]
    assert evaluate(RULE, State(), sure, at(60)).state.fired_at == at(60)
    assert evaluate(RULE, State(), [Sample(at(0), Bounds(80, None))], at(60)).state.status is Status.UNKNOWN
    low = Rule("below", 20)
    assert evaluate(low, State(), [Sample(at(0), Bounds(None, 15))], at(0)).state.fired_at == at(0)
    assert evaluate(low, State(), [Sample(at(0), Bounds(None, 30))], at(0)).state.status is Status.UNKNOWN


def test_a_series_holds_until_it_is_stale() -> None:
    points: list[tuple[datetime, float | None]] = [(at(0), 1.0), (at(10), None), (at(100), 2.0)]
    found = held(points, 30, at(200))
    assert [(s.at, s.bounds.low) for s in found] == [
        (at(0), 1.0),
        (at(10), None),
        (at(40), None),
        (at(100), 2.0),
        (at(130), None),
    ]
    assert held([(at(0), 1.0)], 30, at(29)) == [Sample(at(0), Bounds(1.0, 1.0))]


DAY = 24 * 60


def daily(*values: float | None) -> list[Sample]:
    return held([(at(DAY * n), v) for n, v in enumerate(values)], 36 * 60, at(DAY * (len(values) - 1)))


def days(rule: Rule, *values: float | None) -> list[tuple[str, float]]:
    """When it fired and cleared, in days from the first."""
    end = at(DAY * (len(values) - 1))
    found = evaluate(rule, State(), daily(*values), end).transitions
    return [(t.kind, (t.at - T0) / timedelta(days=1)) for t in found if t.kind in ("fired", "cleared")]


CALIFORNIA = Rule("below", 10, on_delay=2 * DAY, min_hold=7 * DAY)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ((12, 9, 9, 11, 9, 9, 9), [("fired", 6)]),
        ((9, 9, 9, 20, 20, 20, 20, 20, 20, 20), [("fired", 2), ("cleared", 9)]),
        ((9, 9, 9, 20, 20, 20, 20, 20, 20, 9), [("fired", 2)]),
        ((9, None, 9, 9), []),
        ((9, 9, 9, None, None, None, None, None, None, None, None), [("fired", 2)]),
        ((10, 10, 10, 10), []),
    ],
    ids=[
        "two of three are not three",
        "three in, seven held",
        "back under it on the day it would end",
        "a day not reported is no day in a row",
        "not reported does not end it",
        "at ten is not under ten",
    ],
)
def test_three_days_in_seven_held(values: tuple[float | None, ...], told: list[tuple[str, float]]) -> None:
    assert days(CALIFORNIA, *values) == told


MASSACHUSETTS = Rule("below", 25, on_delay=4 * DAY, off_delay=4 * DAY, window="mean", window_minutes=7 * DAY)


def test_seven_day_mean_under_25_for_five_days() -> None:
    """The mean of days 0 to 6 is the first; it is under 25 from day 7 on, and has been for five days on day 11."""
    values = [30.0] * 5 + [20.0] * 3 + [24.0] * 5
    means = [sum(values[n - 6 : n + 1]) / 7 for n in range(6, len(values))]
    first_under = 6 + next(n for n, mean in enumerate(means) if mean < 25)
    assert first_under == 8
    assert days(MASSACHUSETTS, *values) == [("fired", 12)]
    assert days(MASSACHUSETTS, *values[:-1]) == []
    assert days(MASSACHUSETTS, *[25.0] * 20) == [], "a mean of 25 is not under 25, whatever the rounding"


VALUES = st.one_of(st.none(), st.integers(0, 120).map(float))
POINTS = st.lists(st.tuples(st.integers(0, 600), VALUES), min_size=1, max_size=25, unique_by=lambda p: p[0])
RULES = st.builds(
    Rule,
    st.sampled_from(COMPARISONS),
    st.integers(1, 110).map(float),
    st.integers(0, 120),
    st.integers(0, 120),
    st.integers(0, 20).map(float),
    st.sampled_from((0, 0, 30, 200)),
)
WINDOWED = st.builds(
    replace,
    RULES,
    window=st.sampled_from(("now", "mean", "change", "projected")),
    window_minutes=st.sampled_from((5, 60, 200)),
    horizon_minutes=st.just(60),
)
LOOKS = st.lists(st.integers(0, 700), max_size=8)


@given(WINDOWED, POINTS, st.randoms(use_true_random=False))
def test_order_of_arrival_within_one_look_does_not_matter(
    rule: Rule, points: list[tuple[int, float | None]], random: Random
) -> None:
    shuffled = list(points)
    random.shuffle(shuffled)
    assert evaluate(rule, State(), series(*points), at(700)) == evaluate(
        rule, State(), series(*shuffled), at(700)
    )


@given(WINDOWED, POINTS, LOOKS)
def test_by_arrival_and_by_tick_give_the_same_transitions_at_the_same_times(
    rule: Rule, points: list[tuple[int, float | None]], looks: list[int]
) -> None:
    samples = series(*points)
    once = evaluate(rule, State(), samples, at(700))
    state, told = State(), []
    for look in sorted({*looks, *(m for m, _ in points), 700}):
        arrived = [s for s in samples if s.at == at(look)]
        outcome = evaluate(rule, state, arrived, at(look))
        state = outcome.state
        told += outcome.transitions
    assert (tuple(told), state) == (once.transitions, once.state)


@given(WINDOWED, POINTS, LOOKS)
def test_looks_that_are_forgotten_when_nothing_came_of_them_change_nothing(
    rule: Rule, points: list[tuple[int, float | None]], looks: list[int]
) -> None:
    """As it is done live: so what was observed before such a look can still come in after it."""
    samples = series(*points)
    once = evaluate(rule, State(), samples, at(700))
    state, told = State(), []
    for look in sorted({*looks, 700}):
        outcome = evaluate(rule, state, [s for s in samples if s.at <= at(look)], at(look))
        if any(t.kind in ("fired", "cleared") for t in outcome.transitions):
            told += [t for t in outcome.transitions if t.kind != "changed"]
            state = outcome.state
    assert told == [t for t in once.transitions if t.kind != "changed"]


@given(RULES, POINTS)
def test_a_firing_had_its_whole_dwell_beyond_the_limit(
    rule: Rule, points: list[tuple[int, float | None]]
) -> None:
    beyond = {
        "above": lambda v: v > rule.threshold,
        "at_least": lambda v: v >= rule.threshold,
        "below": lambda v: v < rule.threshold,
        "at_most": lambda v: v <= rule.threshold,
    }[rule.comparison]
    outcome = evaluate(rule, State(), series(*points), at(700))
    for t in (t for t in outcome.transitions if t.kind == "fired"):
        assert t.at - t.since == timedelta(minutes=rule.on_delay)
        inside = [v for m, v in sorted(points) if t.since <= at(m) < t.at]
        assert all(v is not None and beyond(v) for v in inside)


@given(RULES, POINTS)
def test_a_clearing_had_its_whole_dwell_clear_and_its_hold(
    rule: Rule, points: list[tuple[int, float | None]]
) -> None:
    fired_at = None
    for t in evaluate(rule, State(), series(*points), at(2000)).transitions:
        if t.kind == "fired":
            fired_at = t.at
        elif t.kind == "cleared":
            assert fired_at is not None
            assert t.at >= fired_at + timedelta(minutes=rule.min_hold)
            assert t.at - t.since >= timedelta(minutes=rule.off_delay)
            assert all(v is not None for m, v in points if t.since <= at(m) < t.at), "known throughout"


@given(RULES, st.lists(st.integers(0, 600), max_size=10))
def test_stale_inputs_never_clear(rule: Rule, minutes: list[int]) -> None:
    outcome = evaluate(rule, FIRED, series(*((m, None) for m in minutes)), at(700))
    assert outcome.state.fired_at == FIRED.fired_at
    assert outcome.transitions == ()


@given(RULES, POINTS, st.integers(0, 600))
def test_taking_the_rest_away_never_clears(
    rule: Rule, points: list[tuple[int, float | None]], from_minute: int
) -> None:
    """Whatever is known up to some moment: with nothing but staleness after it, what stands then stands for ever."""
    before = evaluate(rule, State(), series(*(p for p in points if p[0] < from_minute)), at(from_minute))
    after = evaluate(rule, before.state, series((from_minute, None)), at(100_000))
    assert (after.state.fired_at is not None) == (before.state.fired_at is not None)
