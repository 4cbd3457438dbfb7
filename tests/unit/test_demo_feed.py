"""The demo's feed: small believable steps, and hands off what a person has counted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from app.demo import feed
from app.demo.feed import HANDS_OFF, SOURCE, Last
from app.demo.generator import units
from app.demo.more import more
from app.surge.huddle_metrics import asked_of
from app.surge.metrics import BEDS, CAUSES, metrics_of

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


@given(st.sampled_from(UNITS), st.integers(0, 60), st.integers(0, 60), st.integers(0, 5), st.integers(0, 400))
def test_what_is_counted_beside_beds_fits_together(
    unit: feed.Unit, staffed: int, occupied: int, blocked: int, hours: int
) -> None:
    at = NOW + timedelta(hours=hours)
    found = more(unit, ZoneInfo("America/New_York"), at, staffed, occupied, blocked)
    assert found == more(unit, ZoneInfo("America/New_York"), at, staffed, occupied, blocked)
    assert sum(found[cause] for cause in CAUSES) == blocked
    assert found["openable_4h"] <= found["openable_24h"] <= found["openable_72h"]
    assert found["nurses_on_duty"] * unit.patients_per_nurse >= min(staffed, occupied)
    assert set(found) == set(metrics_of("icu")) - set(BEDS) - set(asked_of("icu"))
