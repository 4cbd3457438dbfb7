"""The curve of arrivals: counts at any moment, when it is enough, and a drawing that stays in its frame."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.activation.curve import BOTTOM, LEFT, MOST_TICKS, RIGHT, TOP, curve, drawn, table

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
minutes = st.lists(st.integers(0, 600), max_size=60)


def at(minute: float) -> datetime:
    return START + timedelta(minutes=minute)


def test_six_within_an_hour_of_whom_five_are_in_time() -> None:
    one = curve(START, map(at, (30, 75, 45, 45, 60, 31)), 6, at(60))
    assert [(number, when) for when, number in one.steps] == [
        (1, at(30)),
        (2, at(31)),
        (4, at(45)),
        (5, at(60)),
        (6, at(75)),
    ]
    assert (one.total, one.in_time, one.enough_at) == (6, 5, at(75))
    assert (one.by(at(29)), one.by(at(44)), one.by(at(45)), one.by(at(500))) == (0, 2, 4, 6)


def test_nobody_on_the_way() -> None:
    one = curve(START, [], 3, None)
    assert (one.total, one.enough_at, one.in_time, one.top) == (0, None, 0, 3)
    assert drawn(one).line == f"{LEFT},{BOTTOM} {RIGHT},{BOTTOM}"


def test_the_drawing_of_a_small_curve() -> None:
    picture = drawn(curve(START, [at(30)], 2, at(60)), at(15))
    assert picture.line == "30.0,132.0 190.0,132.0 190.0,72.0 350.0,72.0"
    assert (picture.need_y, picture.deadline_x, picture.now_x) == (TOP, RIGHT, 110.0)
    assert [tick for _, tick in picture.ticks] == [at(15), at(30), at(45), at(60)]


@given(minutes, st.integers(1, 40), st.none() | st.integers(0, 500), st.integers(0, 5000))
def test_it_never_falls_and_stays_in_its_frame(arrivals, need, deadline, now) -> None:
    one = curve(START, map(at, arrivals), need, None if deadline is None else at(deadline))
    picture = drawn(one, at(now))
    points = [tuple(map(float, point.split(","))) for point in picture.line.split()]
    assert all(LEFT <= x <= RIGHT and TOP <= y <= BOTTOM for x, y in points)
    assert points == sorted(points, key=lambda point: (point[0], -point[1]))
    assert LEFT <= (picture.now_x or 0) <= RIGHT
    assert len(picture.ticks) <= MOST_TICKS + 1
    assert one.total == len(arrivals)
    assert one.by(at(250)) == sum(minute <= 250 for minute in arrivals)
    assert (one.enough_at is not None) == (len(arrivals) >= need)


@given(minutes)
def test_the_table_has_the_last_step_and_few_rows(arrivals) -> None:
    one = curve(START, map(at, arrivals), 1)
    rows = table(one)
    assert len(rows) <= 12
    assert rows == sorted(set(rows))
    assert rows[-1:] == list(one.steps[-1:])
