"""From readings to samples: what was known at each moment, and when it became too old."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.surge.measures import MEASURES, Fact
from app.surge.metrics import METRICS
from app.surge.occupancy import Known, UnitBeds, samples
from app.surge.triggers import Sample
from app.surge.windows import UNKNOWN, Bounds

T0 = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
A, B = UnitBeds("a", 10, 12), UnitBeds("b", 20, 22)
STALE = METRICS["occupied_beds"].max_age


def at(minutes: float) -> datetime:
    return T0 + timedelta(minutes=minutes)


def occupied(unit: str, minutes: float, value: int) -> tuple[tuple[str, str], Known]:
    return (unit, "occupied_beds"), Known(value, at(minutes))


def staffed(unit: str, minutes: float, value: int) -> tuple[tuple[str, str], Known]:
    return (unit, "staffed_beds"), Known(value, at(minutes))


def known(minutes: float, used: int, of: int) -> Sample:
    share = used * 100 / of
    return Sample(at(minutes), Bounds(share, share))


def at_least(minutes: float, used: int, of: int) -> Sample:
    return Sample(at(minutes), Bounds(used * 100 / of, None))


def test_values_hold_until_the_next_and_units_add_up() -> None:
    found = samples(
        [A, B], {}, [occupied("a", 0, 9), occupied("b", 5, 18), occupied("a", 10, 8)], None, at(12)
    )
    assert found == [at_least(0, 9, 30), known(5, 27, 30), known(10, 26, 30)]


def test_a_value_goes_stale_at_its_age_or_at_that_of_the_rule() -> None:
    late = at(0) + STALE + timedelta(minutes=5)
    assert samples([A], {}, [occupied("a", 0, 9)], None, late) == [
        known(0, 9, 10),
        Sample(at(0) + STALE, UNKNOWN),
    ]
    assert samples([A], {}, [occupied("a", 0, 9)], None, late, stale_after=20)[-1] == Sample(at(20), UNKNOWN)


def test_stale_staffing_leaves_the_most_that_can_be_staffed() -> None:
    before = dict([staffed("a", 0, 8)])
    long_after = at(60 * 14)
    found = samples([A], before, [occupied("a", 60 * 14, 8)], at(60 * 13.5), long_after)
    assert found == [at_least(60 * 14, 8, 12)]


def test_an_older_observation_changes_nothing() -> None:
    before = dict([occupied("a", 10, 5)])
    assert samples([A], before, [occupied("a", 4, 10)], at(10), at(12)) == [known(10, 5, 10)]


def test_what_is_observed_late_counts_from_the_last_thing_that_happened() -> None:
    found = samples([A], {}, [occupied("a", 4, 10)], at(10), at(12))
    assert found == [known(10, 10, 10)]


def test_an_observation_a_little_in_the_future_counts_now() -> None:
    assert samples([A], {}, [occupied("a", 3, 10)], None, at(0)) == [known(0, 10, 10)]


def test_time_alone_makes_no_sample() -> None:
    other = [occupied("z", 1, 4), (("a", "blocked_beds"), Known(3, at(2)))]
    assert samples([A], {}, other, None, at(5)) == []


def look(measure: str, **values: int | None) -> Bounds:
    """One unit of 10 staffed and 12 physical beds with these readings, None for one that is stale."""

    def fact(_unit: str, metric: str) -> Fact | None:
        if metric not in values:
            return None
        value = values[metric]
        return Fact(9 if value is None else value, fresh=value is not None)

    return MEASURES[measure].bounds(MEASURES[measure].parts([A], fact))


@pytest.mark.parametrize(
    ("measure", "values", "low", "high"),
    [
        ("occupancy", {"occupied_beds": 9}, 90, 90),
        ("occupancy", {"occupied_beds": 9, "staffed_beds": 6}, 150, 150),
        ("occupancy", {"occupied_beds": 9, "staffed_beds": None}, 75, None),
        ("occupancy", {"staffed_beds": 8}, None, None),
        ("occupancy", {"occupied_beds": 3, "staffed_beds": 0}, 1000, 1000),
        ("occupancy", {"occupied_beds": 0, "staffed_beds": 0}, None, None),
        ("free_share", {"occupied_beds": 9}, 10, 10),
        ("free_share", {"occupied_beds": 12}, 0, 0),
        ("free_share", {"occupied_beds": 9, "staffed_beds": None}, None, 25),
        ("free_beds", {"occupied_beds": 9}, 1, 1),
        ("free_beds", {"occupied_beds": 12}, 0, 0),
        ("occupied", {"occupied_beds": 9}, 9, 9),
        ("occupied", {"occupied_beds": None}, None, None),
        ("staffed_share", {"staffed_beds": 6}, 50, 50),
        ("staff_absent", {"staff_absent": 3, "staff_rostered": 20}, 15, 15),
        ("staff_absent", {"staff_absent": 3, "staff_rostered": None}, None, None),
        ("staff_absent", {"staff_absent": 3}, None, None),
        ("ventilators_free", {"ventilators": 20, "ventilators_used": 19}, 5, 5),
        ("diverting", {"diverting": 1}, 1, 1),
    ],
)
def test_each_measure(
    measure: str, values: dict[str, int | None], low: float | None, high: float | None
) -> None:
    assert look(measure, **values) == Bounds(low, high)
