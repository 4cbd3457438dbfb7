"""Whether somebody can be called in: states, hours over clock changes, limits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.clock import as_utc
from app.staffing.availability import (
    Availability,
    Away,
    Rules,
    State,
    Stint,
    availability,
    described,
    hours,
    joined,
    over_hours,
    when,
    within,
)

H = timedelta(hours=1)
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # Monday 04:00 in New York
ZONE = "America/New_York"
RULES = Rules(60 * H, 16 * H, 10 * H, 10 * H, 12 * H)


def work(begin: float, end: float, place: str = "") -> Stint:
    return Stint(NOW + begin * H, NOW + end * H, place)


def call(begin: float, end: float, place: str = "") -> Stint:
    return Stint(NOW + begin * H, NOW + end * H, place, on_call=True)


def away(begin: float, end: float) -> Away:
    return Away(NOW + begin * H, NOW + end * H)


CASES = [
    ("nothing known", [], [], False, State.UNKNOWN, None),
    ("known, and no shift now", [], [], True, State.OFF, None),
    ("on duty", [work(-9, 3, "4 West")], [], True, State.ON_DUTY, 3),
    ("the minute it begins", [work(0, 12)], [], True, State.ON_DUTY, 12),
    ("the minute it ends, a short one", [work(-8, 0)], [], True, State.OFF, None),
    ("the minute it ends, a long one", [work(-12, 0)], [], True, State.RESTING, 10),
    ("two shifts on end are one", [work(-4, 1), work(1, 9)], [], True, State.ON_DUTY, 9),
    ("rested to the minute", [work(-22, -10)], [], True, State.OFF, None),
    ("a short pause does not break a stretch", [work(-13, -6), work(-5.5, -1)], [], True, State.RESTING, 9),
    ("a long pause does", [work(-13, -7), work(-5, -1)], [], True, State.OFF, None),
    ("leave goes before duty", [work(-1, 3)], [away(-24, 48)], True, State.ON_LEAVE, 48),
    ("leave that follows on", [], [away(-24, 10), away(10, 48)], True, State.ON_LEAVE, 48),
    ("leave that is over", [], [away(-24, 0)], True, State.OFF, None),
    ("on call", [call(-2, 22)], [], True, State.ON_CALL, 22),
    ("on call goes before rest", [work(-13, -1), call(-2, 22)], [], True, State.ON_CALL, 22),
    ("duty goes before on call", [work(-1, 7), call(-2, 22)], [], True, State.ON_DUTY, 7),
    ("on call is known by itself", [call(-2, 22)], [], False, State.ON_CALL, 22),
]


@pytest.mark.parametrize(
    ("stints", "leave", "known", "state", "until"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_states(
    stints: list[Stint], leave: list[Away], known: bool, state: State, until: float | None
) -> None:
    found = availability(stints, leave, RULES, NOW, known=known)
    assert found.state is state
    assert found.until == (None if until is None else NOW + until * H)


def test_hours_are_counted_once_and_for_seven_days() -> None:
    planned, worked = work(-30, -18), work(-30.5, -17)
    assert availability([planned, worked], [], RULES, NOW).worked == 13.5 * H
    old = work(-7 * 24 - 6, -7 * 24 + 6)
    assert availability([old], [], RULES, NOW).worked == 6 * H
    assert availability([call(-30, -6)], [], RULES, NOW).worked == 0 * H


@pytest.mark.parametrize(
    ("zone", "evening", "elapsed"),
    [
        ("America/New_York", datetime(2026, 10, 31, 19), 13),
        ("America/New_York", datetime(2026, 3, 7, 19), 11),
        ("Australia/Lord_Howe", datetime(2026, 4, 4, 19), 12.5),
        ("Australia/Lord_Howe", datetime(2026, 10, 3, 19), 11.5),
        ("Asia/Kolkata", datetime(2026, 10, 31, 19), 12),
    ],
)
def test_a_night_in_which_the_clock_changes_is_as_long_as_it_was(
    zone: str, evening: datetime, elapsed: float
) -> None:
    there = ZoneInfo(zone)
    begin = as_utc(evening.replace(tzinfo=there))
    end = as_utc((evening + timedelta(hours=12)).replace(tzinfo=there))
    found = availability([Stint(begin, end)], [], RULES, end)
    assert found.worked == elapsed * H
    assert (found.state, found.until) == (State.RESTING, end + RULES.rest)


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (Availability(State.OFF, worked=48 * H), None),
        (
            Availability(State.OFF, worked=52 * H),
            "52 h worked in 7 days, and a 12 h shift would pass 60 h",
        ),
        (Availability(State.OFF, worked=48 * H + timedelta(minutes=1)), "48 h worked in 7 days"),
        (Availability(State.ON_CALL, worked=50 * H), "50 h worked in 7 days"),
        (Availability(State.ON_DUTY, worked=59 * H), None),
        (Availability(State.ON_DUTY, worked=60 * H), "60 h worked in 7 days; the most is 60 h"),
        (Availability(State.ON_DUTY, worked=30 * H, stretch=16 * H), "16 h on end; the most is 16 h"),
        (Availability(State.ON_DUTY, worked=30 * H, stretch=15.9 * H), None),
    ],
)
def test_limits(found: Availability, why: str | None) -> None:
    said = over_hours(found, RULES)
    assert said is None if why is None else said is not None and said.startswith(why)


def test_moments_read_as_people_say_them() -> None:
    assert when(NOW + 3 * H, NOW, ZONE) == "07:00"
    assert when(NOW + 27 * H, NOW, ZONE) == "Tuesday 07:00"
    assert when(NOW + 7 * 24 * H, NOW, ZONE) == "30 Nov 04:00"
    assert [hours(n) for n in (31 * H, 31.5 * H, timedelta(hours=47, minutes=59))] == ["31", "31.5", "47.9"]
    found = availability([work(-9, 3, "4 West")], [], RULES, NOW)
    assert described(found, NOW, ZONE) == "on duty until 07:00 in 4 West"
    found = availability([call(-9, 3, "trauma surgery")], [], RULES, NOW)
    assert described(found, NOW, ZONE) == "on call for trauma surgery until 07:00"


moments = st.integers(-14 * 24 * 4, 7 * 24 * 4).map(lambda quarter: NOW + timedelta(minutes=15 * quarter))
spans = st.tuples(moments, st.integers(1, 80)).map(lambda s: (s[0], s[0] + timedelta(minutes=15 * s[1])))


@given(st.lists(spans, max_size=25))
@settings(max_examples=200, deadline=None)
def test_joining_keeps_every_minute_and_doubles_none(given_spans: list[tuple[datetime, datetime]]) -> None:
    found = joined(given_spans)
    assert all(a[1] < b[0] for a, b in pairwise(found))
    quarter = timedelta(minutes=15)
    covered = {start + n * quarter for start, end in given_spans for n in range((end - start) // quarter)}
    assert sum(((end - start) for start, end in found), timedelta()) == len(covered) * quarter
    in_week = sum(NOW - 7 * 24 * H <= moment < NOW for moment in covered)
    assert within(found, NOW - 7 * 24 * H, NOW) == in_week * quarter


@given(st.lists(spans, max_size=15), st.lists(spans, max_size=4), st.booleans(), st.randoms())
@settings(max_examples=200, deadline=None)
def test_whatever_is_recorded_the_state_fits_it(
    shifts: list[tuple[datetime, datetime]],
    leave: list[tuple[datetime, datetime]],
    known: bool,
    random: object,
) -> None:
    stints, absences = [Stint(*span) for span in shifts], [Away(*span) for span in leave]
    found = availability(stints, absences, RULES, NOW, known=known)
    shuffled = list(stints)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert availability(shuffled, reversed(absences), RULES, NOW, known=known) == found
    is_away = any(a <= NOW < b for a, b in leave)
    works = any(a <= NOW < b for a, b in shifts)
    assert (found.state is State.ON_LEAVE) == is_away
    assert (found.state is State.ON_DUTY) == (works and not is_away)
    assert timedelta() <= found.stretch <= max(found.worked, found.stretch)
    assert found.worked <= 7 * 24 * H
    assert (found.until is None) == (found.state in (State.OFF, State.UNKNOWN))
    assert found.until is None or found.until > NOW
    if not known:
        assert found.state is not State.OFF
