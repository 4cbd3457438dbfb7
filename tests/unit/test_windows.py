"""Hours of the day on wall clocks that jump, repeat and skip."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import Invalid
from app.escalation.windows import Window, minute_of

NEW_YORK, LORD_HOWE, ADELAIDE, APIA = (
    "America/New_York",
    "Australia/Lord_Howe",
    "Australia/Adelaide",
    "Pacific/Apia",
)
ZONES = (NEW_YORK, LORD_HOWE, ADELAIDE, APIA, "Asia/Kolkata", "UTC")
CHANGES = (
    datetime(2026, 3, 8, tzinfo=UTC),
    datetime(2026, 11, 1, tzinfo=UTC),
    datetime(2026, 4, 4, tzinfo=UTC),
    datetime(2026, 10, 3, tzinfo=UTC),
    datetime(2011, 12, 29, tzinfo=UTC),
)


def at(text: str, zone: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


def window(text: str) -> Window:
    begins, _, ends = text.partition("-")
    return Window(minute_of("begins", begins), minute_of("ends", ends))


@pytest.mark.parametrize(
    ("hours", "zone", "now", "opens"),
    [
        # Open already, closed until later today, closed until tomorrow, over midnight.
        ("07:00-19:00", NEW_YORK, "2026-11-23T07:00", "2026-11-23T07:00"),
        ("07:00-19:00", NEW_YORK, "2026-11-23T04:00", "2026-11-23T07:00"),
        ("07:00-19:00", NEW_YORK, "2026-11-23T19:00", "2026-11-24T07:00"),
        ("22:00-06:00", NEW_YORK, "2026-11-23T05:59", "2026-11-23T05:59"),
        ("22:00-06:00", NEW_YORK, "2026-11-23T06:00", "2026-11-23T22:00"),
        # 02:30 does not exist on 8 March 2026: 02:00 is followed by 03:00.
        ("02:30-04:00", NEW_YORK, "2026-03-08T01:00", "2026-03-08T03:00"),
        # A window that lies in the hour that does not exist opens the day after.
        ("02:15-02:45", NEW_YORK, "2026-03-08T01:00", "2026-03-09T02:15"),
        # Lord Howe goes on by half an hour: 02:00 is followed by 02:30.
        ("02:15-05:00", LORD_HOWE, "2026-10-04T01:00", "2026-10-04T02:30"),
        ("02:15-05:00", LORD_HOWE, "2026-04-05T01:00", "2026-04-05T02:15"),
        ("02:30-05:00", ADELAIDE, "2026-10-04T01:00", "2026-10-04T03:00"),
        ("08:00-17:00", "Asia/Kolkata", "2026-03-08T03:15", "2026-03-08T08:00"),
        # Apia had no 30 December 2011.
        ("08:00-17:00", APIA, "2011-12-29T18:00", "2011-12-31T08:00"),
        ("22:00-02:00", APIA, "2011-12-29T21:00", "2011-12-29T22:00"),
    ],
)
def test_when_a_window_opens(hours: str, zone: str, now: str, opens: str) -> None:
    assert window(hours).opens(at(now, zone), zone) == at(opens, zone)


def test_an_hour_that_comes_twice_opens_twice() -> None:
    """On 1 November 2026 New York's clock goes from 02:00 back to 01:00."""
    half_past = window("01:30-01:45")
    first, second = at("2026-11-01T01:30", NEW_YORK), at("2026-11-01T01:30", NEW_YORK, fold=1)
    assert second - first == timedelta(hours=1)
    assert half_past.opens(first - timedelta(hours=1), NEW_YORK) == first
    assert half_past.opens(first + timedelta(minutes=15), NEW_YORK) == second
    assert half_past.opens(second + timedelta(minutes=15), NEW_YORK) == at("2026-11-02T01:30", NEW_YORK)


@given(
    st.integers(0, 24 * 60 - 1),
    st.integers(1, 24 * 60 - 1),
    st.sampled_from(ZONES),
    st.sampled_from(CHANGES),
    st.integers(0, 4 * 24 * 60),
)
def test_it_opens_at_the_first_minute_that_is_in_it(
    begins: int, length: int, zone: str, near: datetime, minutes: int
) -> None:
    hours = Window(begins, (begins + length) % (24 * 60))
    now = near - timedelta(days=2) + timedelta(minutes=minutes)
    opens = hours.opens(now, zone)
    assert opens >= now
    assert hours.is_open(opens, zone)
    if opens > now:
        assert not hours.is_open(opens - timedelta(minutes=1), zone)
        assert not hours.is_open(now, zone)


@pytest.mark.parametrize("text", ["", "24:00", "7", "07:60", "7.30", "aa:bb", "-1:00"])
def test_what_is_no_time_of_day_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="begins"):
        minute_of("begins", text)
