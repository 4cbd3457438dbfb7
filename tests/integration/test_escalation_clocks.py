"""Steps with hours of their own, on clocks that jump, stand still and come back late."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.core.clock import ManualClock
from app.escalation.planner import Step
from app.escalation.windows import Window
from app.facilities.models import Facility
from tests.support.callouts import events
from tests.support.hospital import Hospital
from tests.support.waiting import coming, notices, policy, quiet, task, tick


def in_zone(act, hospital: Hospital, zone: str) -> None:
    def move(uow) -> None:
        uow.session.get_one(Facility, hospital.facility.id).zone = zone

    act(move)


@pytest.mark.parametrize(
    ("zone", "begins", "at", "opens"),
    [
        # New York goes from 02:00 to 03:00: 02:30 does not exist, and it opens with the first minute after.
        ("America/New_York", "02:30", "2026-03-08T06:00", "2026-03-08T07:00"),
        # New York goes from 02:00 back to 01:00: 01:30 comes twice, and the first counts.
        ("America/New_York", "01:30", "2026-11-01T04:00", "2026-11-01T05:30"),
        # Lord Howe, half an hour on and back; Adelaide, half an hour off the full ones; Apia, a day less.
        ("Australia/Lord_Howe", "02:15", "2026-10-03T14:00", "2026-10-03T15:30"),
        ("Australia/Lord_Howe", "02:15", "2026-04-04T14:00", "2026-04-04T15:45"),
        ("Australia/Adelaide", "02:30", "2026-10-03T15:00", "2026-10-03T16:30"),
        ("Pacific/Apia", "08:00", "2011-12-30T05:00", "2011-12-30T18:00"),
    ],
)
def test_hours_hold_on_clocks_that_jump(db, hospital, act, clock: ManualClock, zone, begins, at, opens):
    hours, minutes = map(int, begins.split(":"))
    window = Window(hours * 60 + minutes, hours * 60 + minutes + 90)
    in_zone(act, hospital, zone)
    clock.set(datetime.fromisoformat(at).replace(tzinfo=UTC))
    policy(db, hospital, [Step(5, "tell_commander", window=window, outside="wait")])
    task(db, hospital, quiet(db, hospital))
    opening = datetime.fromisoformat(opens).replace(tzinfo=UTC)
    assert coming(db)[0].due_at == opening
    clock.set(opening - timedelta(seconds=1))
    assert tick(db) == 0
    clock.set(opening)
    assert tick(db) == 1
    assert tick(db) == 0
    assert len(notices(db)) == 1


def test_six_hours_down_a_step_with_hours_waits_for_them_and_then_comes_once(
    db, hospital, clock: ManualClock
):
    """Due at 04:05, found at 20:00: it is put off to the next morning, and told once."""
    policy(db, hospital, [Step(5, "tell_commander", window=Window(4 * 60, 10 * 60), outside="wait")])
    incident = quiet(db, hospital)
    task(db, hospital, incident)
    clock.advance(hours=16)
    assert tick(db) == 1
    assert notices(db) == []
    assert coming(db)[0].due_at == datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
    clock.set(datetime(2026, 11, 24, 9, 0, tzinfo=UTC))
    assert tick(db) == 1
    assert [e["told"] for e in events(db, incident, "escalation.stepped")] == [["Ada Quill"]]


def test_late_steps_come_one_by_one_marked_late_and_waits_count_from_then(db, hospital, clock: ManualClock):
    policy(db, hospital, [Step(5, "tell_commander"), Step(5, "tell_commander"), Step(5, "tell_commander")])
    incident = quiet(db, hospital)
    task(db, hospital, incident)
    clock.advance(hours=6)
    for _ in range(3):
        assert tick(db) == 1
        assert tick(db) == 0
        clock.advance(minutes=5)
    stepped = events(db, incident, "escalation.stepped")
    assert [(e["step"], e["late_seconds"]) for e in stepped] == [(0, 6 * 3600 - 300), (1, 0), (2, 0)]


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_clock_that_steps_or_stands_still_neither_loses_nor_doubles(
    db, hospital, clock: ManualClock, hours: int
):
    policy(db, hospital, [Step(5, "tell_commander"), Step(5, "tell_commander")])
    incident = quiet(db, hospital)
    task(db, hospital, incident)
    clock.advance(minutes=5)
    assert tick(db) == 1
    assert tick(db) == 0, "the clock stands still"
    clock.advance(hours=hours)
    tick(db)
    clock.advance(hours=-hours)
    tick(db)
    clock.advance(minutes=6)
    tick(db)
    assert [e["step"] for e in events(db, incident, "escalation.stepped")] == [0, 1]
