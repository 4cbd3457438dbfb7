"""From readings to samples: what was known at each moment, and when it became too old."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from app.surge.metrics import METRICS
from app.surge.occupancy import Known, UnitBeds, samples
from app.surge.triggers import Sample

T0 = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
A, B = UnitBeds("a", 10, 12), UnitBeds("b", 20, 22)
STALE = METRICS["occupied_beds"].max_age


def at(minutes: float) -> datetime:
    return T0 + timedelta(minutes=minutes)


def occupied(unit: str, minutes: float, value: int) -> tuple[tuple[str, str], Known]:
    return (unit, "occupied_beds"), Known(value, at(minutes))


def staffed(unit: str, minutes: float, value: int) -> tuple[tuple[str, str], Known]:
    return (unit, "staffed_beds"), Known(value, at(minutes))


def test_values_hold_until_the_next_and_units_add_up() -> None:
    found = samples(
        [A, B], {}, [occupied("a", 0, 9), occupied("b", 5, 18), occupied("a", 10, 8)], None, at(12)
    )
    assert found == [
        Sample(at(0), 9, 30, complete=False),
        Sample(at(5), 27, 30),
        Sample(at(10), 26, 30),
        Sample(at(12), 26, 30),
    ]


def test_a_value_goes_stale_at_its_age() -> None:
    found = samples([A], {}, [occupied("a", 0, 9)], None, at(0) + STALE + timedelta(minutes=5))
    assert found[0] == Sample(at(0), 9, 10)
    assert found[1] == Sample(at(0) + STALE, 0, 10, complete=False)
    assert not found[-1].complete


def test_stale_staffing_leaves_the_most_that_can_be_staffed() -> None:
    before = dict([staffed("a", 0, 8)])
    long_after = at(60 * 14)
    found = samples([A], before, [occupied("a", 60 * 14, 8)], at(60 * 13.5), long_after)
    assert found == [Sample(long_after, 8, 12, complete=False)]


def test_an_older_observation_changes_nothing() -> None:
    before = dict([occupied("a", 10, 5)])
    assert samples([A], before, [occupied("a", 4, 10)], at(10), at(12)) == [Sample(at(12), 5, 10)]


def test_an_observation_a_little_in_the_future_counts_now() -> None:
    assert samples([A], {}, [occupied("a", 3, 10)], None, at(0)) == [Sample(at(0), 10, 10)]


def test_readings_of_other_units_and_metrics_make_no_samples() -> None:
    other = [occupied("z", 1, 4), (("a", "blocked_beds"), Known(3, at(2)))]
    assert [s.at for s in samples([A], {}, other, None, at(5))] == [at(5)]
