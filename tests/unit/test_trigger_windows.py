"""Means, changes and trends: against plain arithmetic, with gaps, and with more readings than are remembered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.surge.windows import MOST_POINTS, UNKNOWN, Bounds, Window

T0 = datetime(2026, 3, 1, tzinfo=UTC)
DAY, WEEK = 24 * 60, 7 * 24 * 60


def looked_at(
    kind: str, minutes: int, points: list[tuple[float, float | None]], horizon: int = 0
) -> list[float | None]:
    """What a window says after each (minute, value)."""
    window = Window(kind, minutes, horizon)
    found = []
    for minute, value in points:
        bounds = UNKNOWN if value is None else Bounds(value, value)
        found.append(window.take(T0 + timedelta(minutes=minute), bounds).low)
    return found


def daily(*values: float | None) -> list[tuple[float, float | None]]:
    return [(n * DAY, value) for n, value in enumerate(values)]


@given(st.lists(st.integers(0, 1000), min_size=7, max_size=30))
def test_the_mean_of_daily_numbers_is_their_mean(values: list[int]) -> None:
    found = looked_at("mean", WEEK, daily(*(float(v) for v in values)))
    for n in range(6, len(values)):
        assert found[n] == pytest.approx(sum(values[n - 6 : n + 1]) / 7, abs=1e-8)


def test_a_mean_needs_most_of_its_window() -> None:
    assert looked_at("mean", WEEK, daily(*[10.0] * 7)) == [None] * 4 + [10.0] * 3
    gap = daily(10.0, 10.0, 10.0, None, None, None, 10.0)
    assert looked_at("mean", WEEK, gap)[-1] is None


def test_hours_counted_often_weigh_no_more() -> None:
    """Ten counts in the last hour of a day, one before: the day is what it was most of the time."""
    often = [(0.0, 10.0), (1380.0, 10.0)] + [(1380.0 + 6 * n, 20.0) for n in range(1, 11)]
    assert looked_at("mean", DAY, often)[-1] == pytest.approx((1380 * 10 + 60 * 20) / 1440)


def test_a_change_is_against_what_held_then() -> None:
    points = [(0.0, 10.0), (50.0, 12.0), (60.0, 15.0), (119.0, 30.0), (120.0, 31.0)]
    assert looked_at("change", 60, points) == [None, None, 5.0, 18.0, 16.0]
    assert looked_at("change", 60, [(0.0, 10.0), (30.0, None), (90.0, 12.0)])[-1] is None


def test_a_straight_line_goes_on() -> None:
    points = daily(*(50.0 + 2 * n for n in range(10)))
    found = looked_at("projected", WEEK, points, horizon=21 * DAY)
    assert found[:5] == [None] * 5, "five days of seven, from the first to the last"
    assert found[5] == pytest.approx(60 + 42)
    assert found[-1] == pytest.approx(68 + 42)


@given(
    st.lists(st.integers(0, 100), min_size=3, max_size=40), st.sampled_from(("mean", "change", "projected"))
)
def test_a_flat_series_looks_flat(gaps: list[int], kind: str) -> None:
    minute, points = 0.0, []
    for gap in gaps:
        minute += gap + 1
        points.append((minute, 42.0))
    expected = 0.0 if kind == "change" else 42.0
    assert {v for v in looked_at(kind, 100, points, 50) if v is not None} <= {expected}


def test_memory_is_bounded_and_close() -> None:
    points = [(minute / 2, float(minute % 97)) for minute in range(12 * 24 * 60)]
    window = Window("mean", DAY, 0)
    for minute, value in points:
        last = window.take(T0 + timedelta(minutes=minute), Bounds(value, value)).low
    assert len(window.memory) <= MOST_POINTS + 2
    exact = [v for m, v in points if m > points[-1][0] - DAY]
    assert last == pytest.approx(sum(exact) / len(exact), rel=0.01)


def test_a_window_goes_on_from_its_memory() -> None:
    values = [float(v % 13) for v in range(20)]
    whole = looked_at("mean", WEEK, daily(*values))
    first = Window("mean", WEEK, 0)
    for n, value in enumerate(values[:10]):
        first.take(T0 + timedelta(days=n), Bounds(value, value))
    second = Window("mean", WEEK, 0, first.memory)
    rest = [second.take(T0 + timedelta(days=n), Bounds(v, v)).low for n, v in enumerate(values) if n >= 10]
    assert rest == whole[10:]
