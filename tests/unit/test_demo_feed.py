"""The demo's feed: small believable steps, and hands off what a person has counted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from app.demo import feed
from app.demo.feed import HANDS_OFF, SOURCE, Last
from app.demo.generator import units

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ZONES = dict.fromkeys(("SBMC", "QRCH", "TLH"), "America/New_York")
UNITS = units()


def last_of(readings: list[feed.Reading]) -> dict[tuple[str, str, str], Last]:
    return {(r.facility, r.unit, r.metric): Last(r.value, r.at, SOURCE) for r in readings}


@given(st.integers(0, 2**32), st.integers(1, 60))
def test_a_day_of_steps_moves_one_patient_at_a_time_within_the_beds_there_are(seed: int, steps: int) -> None:
    rng, some = Random(seed), UNITS[::7]
    before = last_of(feed.counts(some, ZONES, {}, NOW, rng))
    for step in range(1, steps):
        after = last_of(feed.counts(some, ZONES, before, NOW + step * timedelta(minutes=3), rng))
        for unit in some:
            key = (unit.facility, unit.code, "occupied_beds")
            assert abs(after[key].value - before[key].value) <= 1
            assert 0 <= after[key].value <= unit.physical_beds
        before = after


def test_numbers_drift_back_to_what_is_usual() -> None:
    unit = next(u for u in UNITS if (u.facility, u.code) == ("SBMC", "MICU"))
    rng = Random(1)
    before = last_of(feed.counts([unit], ZONES, {}, NOW, rng))
    key = (unit.facility, unit.code, "occupied_beds")
    before[key] = Last(2, NOW, SOURCE)
    for step in range(1, 400):
        before = last_of(feed.counts([unit], ZONES, before, NOW + step * timedelta(minutes=3), rng))
    assert before[key].value > 15


def test_what_a_person_counted_is_left_alone_for_an_hour() -> None:
    unit = UNITS[0]
    key = (unit.facility, unit.code, "occupied_beds")
    last = {key: Last(7, NOW, "entered by hand")}
    soon, later = NOW + HANDS_OFF - timedelta(minutes=1), NOW + HANDS_OFF
    assert feed.counts([unit], ZONES, last, soon, Random(1)) == []
    occupied = {r.metric: r.value for r in feed.counts([unit], ZONES, last, later, Random(1))}[
        "occupied_beds"
    ]
    assert abs(occupied - 7) <= 1
