"""Codes, rests, the schedule of quiet tests and their results."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise, permutations
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.staffing.contacts import schedule
from app.staffing.contacts.addresses import ending
from app.staffing.contacts.models import QuietTestState as S
from app.staffing.contacts.report import Row, tallied
from app.staffing.contacts.rules import (
    MOST_TRIES,
    Verdict,
    cleaned,
    judge,
    next_send,
    rests_until,
    result_after,
)
from app.staffing.contacts.texts import blanked, code

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
ZONES = ("America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "America/St_Johns", "Pacific/Apia", "UTC")
# The days around both changes of the clock in 2026, where there are any, and some besides.
DAYS = st.dates(date(2026, 3, 1), date(2026, 4, 15)) | st.dates(date(2026, 9, 20), date(2026, 11, 10))


@pytest.mark.parametrize(
    ("ago", "again"),
    [
        ([], None),
        ([1, 2], None),
        ([1, 2, 59], 1),
        ([1, 2, 60], None),
        ([1, 2, 3, 58], 57),
    ],
)
def test_three_codes_an_hour(ago: list[int], again: int | None) -> None:
    found = next_send([NOW - MINUTE * minutes for minutes in ago], NOW)
    assert found == (None if again is None else NOW + MINUTE * again)


@given(st.lists(st.integers(0, 7200), max_size=30))
def test_never_more_than_three_in_any_hour(wishes: list[int]) -> None:
    sent: list[datetime] = []
    for second in sorted(wishes):
        at = NOW + timedelta(seconds=second)
        if next_send(sent, at) is None:
            sent.append(at)
    assert all(late - early >= HOUR for early, late in zip(sent, sent[3:], strict=False))


@pytest.mark.parametrize(
    ("typed", "tries", "age", "verdict"),
    [
        ("a", 0, 0, Verdict.RIGHT),
        ("b", 0, 0, Verdict.WRONG),
        ("a", MOST_TRIES - 1, 14, Verdict.RIGHT),
        ("a", MOST_TRIES, 0, Verdict.SPENT),
        ("a", 0, 15, Verdict.EXPIRED),
        ("a", MOST_TRIES, 15, Verdict.EXPIRED),
    ],
)
def test_a_code_holds_for_five_tries_and_fifteen_minutes(
    typed: str, tries: int, age: int, verdict: Verdict
) -> None:
    assert judge("a", typed, tries=tries, expires_at=NOW + 15 * MINUTE, now=NOW + age * MINUTE) is verdict


def test_codes_are_read_as_people_type_them_and_blanked_as_they_are_said() -> None:
    assert cleaned(" 12 34-56 ") == "123456"
    for channel in ("sms", "voice", "email"):
        body, _ = code(channel, "123456", "https://m.example/reach/confirm/x")
        assert "123456" in body or "1, 2, 3, 4, 5, 6" in body
        kept = blanked(body, 6)
        assert not any(shape in kept for shape in ("123456", "1, 2, 3, 4, 5, 6", "2, 3, 4, 5, 6"))
        assert "(code)" in kept


@pytest.mark.parametrize(
    ("channel", "address", "shown"),
    [
        ("sms", "+12025550123", "23"),
        ("voice", "+12025550199", "99"),
        ("email", "ada@demo.example", "@demo.example"),
    ],
)
def test_addresses_are_named_without_giving_them_away(channel: str, address: str, shown: str) -> None:
    assert ending(channel, address) == shown


def at(text: str, zone: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


NIGHT = (22 * 60, 6 * 60)


@pytest.mark.parametrize(
    ("zone", "now", "until"),
    [
        ("America/New_York", "2026-11-23T21:59", None),
        ("America/New_York", "2026-11-23T22:00", "2026-11-24T06:00"),
        ("America/New_York", "2026-11-24T05:59", "2026-11-24T06:00"),
        ("America/New_York", "2026-11-24T06:00", None),
        ("America/New_York", "2026-03-07T23:00", "2026-03-08T06:00"),  # an hour shorter
        ("America/New_York", "2026-11-01T01:30", "2026-11-01T06:00"),  # the hour that comes twice
        ("Australia/Lord_Howe", "2026-04-05T01:45", "2026-04-05T06:00"),  # half an hour comes twice
        ("Asia/Kolkata", "2026-11-23T23:30", "2026-11-24T06:00"),
    ],
)
def test_quiet_hours_are_of_the_wall_clock(zone: str, now: str, until: str | None) -> None:
    found = rests_until(None, *NIGHT, zone, at(now, zone))
    assert found == (at(until, zone) if until else None)


@given(st.sampled_from(ZONES), st.integers(0, 366 * 24 * 4), st.integers(0, 1439), st.integers(0, 1439))
def test_a_rest_ends_ahead_and_at_its_minute(zone: str, quarter: int, start: int, end: int) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=15 * quarter)
    until = rests_until(None, start, end, zone, now)
    if until is None:
        local = now.astimezone(ZoneInfo(zone))
        assert start == end or (local.hour * 60 + local.minute - start) % 1440 >= (end - start) % 1440
    else:
        assert now < until <= now + timedelta(hours=25)


def test_the_longer_rest_counts() -> None:
    pause = at("2026-11-24T12:00", "UTC")
    assert rests_until(pause, *NIGHT, "UTC", at("2026-11-23T23:00", "UTC")) == pause
    assert rests_until(pause, *NIGHT, "UTC", at("2026-11-24T13:00", "UTC")) is None


@given(st.sampled_from(ZONES), DAYS, st.integers(0, 300), st.integers(0, 30))
def test_tests_fall_between_nine_and_six_of_their_day(zone: str, day: date, count: int, late: int) -> None:
    begin, end = schedule.window(day, zone)
    assert end - begin == timedelta(hours=9), "no zone changes its clock by day"
    not_before = begin - HOUR + late * timedelta(minutes=30)
    moments = schedule.spread(day, zone, count, "seed", not_before)
    assert moments == sorted(moments)
    assert len(moments) <= count
    assert len(moments) == count or not_before > begin
    for moment in moments:
        assert not_before <= moment
        local = moment.astimezone(ZoneInfo(zone))
        assert local.date() == day
        assert time(9) <= local.time() <= time(17, 45)
        assert schedule.may_run(moment, moment, zone) is schedule.works(day)
    stretch = (end - max(begin, not_before)) / max(len(moments), 1)
    assert all(later - earlier <= 2 * stretch for earlier, later in pairwise(moments)), "spread over the day"


@given(st.sampled_from(ZONES), DAYS, st.integers(0, 8 * 60 + 45), st.integers(0, 21 * 24 * 60))
def test_a_test_that_is_moved_keeps_its_time_of_day(zone: str, day: date, minute: int, later: int) -> None:
    due_at = schedule.window(day, zone)[0] + minute * MINUTE
    now = due_at + later * MINUTE
    again = schedule.moved(due_at, now, zone)
    assert now < again <= now + timedelta(days=4)
    local = again.astimezone(ZoneInfo(zone))
    assert schedule.works(local.date())
    assert local.time() == due_at.astimezone(ZoneInfo(zone)).time()
    assert schedule.may_run(again, again, zone)


def test_a_test_is_not_made_late_nor_at_the_weekend() -> None:
    friday = at("2026-11-20T17:50", "America/New_York")
    assert schedule.may_run(friday, friday + 9 * MINUTE, "America/New_York")
    assert not schedule.may_run(friday, friday + 10 * MINUTE, "America/New_York"), "six o'clock"
    monday = at("2026-11-23T17:45", "America/New_York")
    assert schedule.moved(friday, friday + 10 * MINUTE, "America/New_York") == monday
    early = at("2026-11-23T09:10", "America/New_York")
    assert not schedule.may_run(early, early + 31 * MINUTE, "America/New_York")


@given(st.integers(0, 20_000), st.integers(1, 52), st.integers(1, 2000))
def test_a_share_a_day_gives_everybody_a_turn(methods: int, weeks: int, most: int) -> None:
    share = schedule.share(methods, weeks, most)
    assert share <= most
    assert share * weeks * 5 >= methods or share == most


def test_a_turn_comes_every_so_many_weeks() -> None:
    assert schedule.is_due(None, 4, NOW)
    assert schedule.is_due(NOW - timedelta(weeks=4), 4, NOW)
    assert not schedule.is_due(NOW - timedelta(weeks=4) + timedelta(days=1), 4, NOW)


HEARD = (S.ASKED, S.SENT, S.UNKNOWN, S.FAILED, S.DELIVERED, S.ANSWERED)


def test_results_end_the_same_in_any_order() -> None:
    for heard in permutations((S.SENT, S.DELIVERED, S.FAILED, S.ANSWERED)):
        state = S.ASKED
        for word in heard:
            state = result_after(state, word)
        assert state is S.ANSWERED
    assert all(result_after(S.SKIPPED, word) is S.SKIPPED for word in HEARD)


@given(st.lists(st.sampled_from(HEARD)))
def test_a_result_never_goes_back(heard: list[S]) -> None:
    state, seen = S.PLANNED, []
    for word in heard:
        state = result_after(state, word)
        seen.append(HEARD.index(state))
    assert seen == sorted(seen)


def test_the_report_counts_sent_apart_from_delivered() -> None:
    first = date(2026, 9, 7)
    rows = [
        Row(at("2026-11-23T10:00", "UTC"), "ICU", "sms", S.DELIVERED),
        Row(at("2026-11-23T10:00", "UTC"), "ICU", "sms", S.ANSWERED),
        Row(at("2026-11-23T10:00", "UTC"), "ICU", "sms", S.FAILED),
        Row(at("2026-11-17T10:00", "UTC"), "ED", "sms", S.UNKNOWN),
        Row(at("2026-11-17T10:00", "UTC"), "ED", "email", S.SENT),
        Row(at("2026-11-17T10:00", "UTC"), "", "sms", S.SKIPPED),
        Row(at("2026-08-17T10:00", "UTC"), "ED", "sms", S.FAILED),
    ]
    found = tallied(rows, "UTC", first)
    assert (found.total.made, found.total.reached, found.total.known, found.total.share) == (5, 2, 4, 50)
    assert [name for name, _ in found.departments] == ["ED", "ICU", "no department"]
    assert dict(found.weeks)[date(2026, 11, 23)].share == 67
    assert dict(found.weeks)[date(2026, 9, 7)].share is None, "a week without tests is not a bad week"
    assert dict(found.channels)["email"].share is None, "sent is not delivered"
