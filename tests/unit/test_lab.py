"""The figures of the lab, on episodes whose times are known, and on series read from text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.surge.lab import Target, figures, merged, series_samples, usual_gap
from app.surge.labseries import Unreadable, read, seen
from app.surge.measures import MEASURES
from app.surge.trial import Episode
from app.surge.triggers import Rule
from app.surge.trying import suggested
from app.surge.windows import UNKNOWN

T0 = datetime(2026, 1, 1, tzinfo=UTC)
TARGET = Target("at_least", 100, 0, 0, 5 * 24 * 60)


def at(day: float) -> datetime:
    return T0 + timedelta(days=day)


def stood(begins: float, ends: float | None) -> Episode:
    return Episode(at(begins), at(begins), None if ends is None else at(ends))


@pytest.mark.parametrize(
    ("fired", "crossing", "kind", "lead_days"),
    [
        (stood(7, 12), stood(10, 11), "warned", 3),
        (stood(5, 12), stood(10, 11), "warned", 5),
        (stood(4, 12), stood(10, 11), "standing", None),
        (stood(7, 8), stood(10, 11), "warned", 3),
        (stood(10, 12), stood(10, 11), "warned", 0),
        (stood(10.5, 12), stood(10, 11), "late", None),
        (stood(11.5, 12), stood(10, 11), "missed", None),
        (stood(1, 2), stood(10, 11), "missed", None),
    ],
)
def test_how_a_crossing_was_met(
    fired: Episode, crossing: Episode, kind: str, lead_days: float | None
) -> None:
    found = figures([fired], [crossing], TARGET, at(0), at(30), timedelta(days=1))
    assert {name: getattr(found, name) for name in ("warned", "standing", "late", "missed")} == {
        name: int(name == kind) for name in ("warned", "standing", "late", "missed")
    }
    assert found.lead == (None if lead_days is None else lead_days * 24 * 60)


def test_false_calls_flaps_and_time_in_alarm() -> None:
    fired = [stood(1, 2), stood(2.5, 3), stood(8, 9), stood(28, None)]
    found = figures(fired, [stood(10, 11)], TARGET, at(0), at(30), timedelta(days=1))
    assert (found.firings, found.false_calls, found.open_calls, found.flaps) == (4, 2, 1, 1)
    assert found.share_in_alarm == pytest.approx((1 + 0.5 + 1 + 2) / 30 * 100)


def test_rules_of_a_set_are_one_alarm_where_they_overlap() -> None:
    assert merged([stood(5, 6), stood(1, 3), stood(2, 4)]) == (stood(1, 4), stood(5, 6))
    assert merged([stood(1, None), stood(2, 3)]) == (stood(1, None),)


def test_a_number_holds_for_twice_the_usual_time() -> None:
    points: list[tuple[datetime, float | None]] = [(at(d), 50.0) for d in (0, 1, 2, 3, 7)]
    assert usual_gap(points) == 24 * 60
    assert [s.at for s in series_samples(points, at(7)) if s.bounds == UNKNOWN] == [at(5)]


def test_a_file_of_two_series_with_gaps() -> None:
    text = 'date,used,of,state\n2026/01/02,"1,100","2,000",AA\n2026-01-01,,2000,AA\n2026-01-01,5,0,BB\n'
    found = read(text.encode(), "UTC")
    assert {name: track.points for name, track in found.items()} == {
        "AA": [(at(0), None), (at(1), 55.0)],
        "BB": [(at(0), None)],
    }


def test_columns_called_like_readings_serve_every_measure_made_of_them() -> None:
    """Staffed beds are told on the second day alone, and are believed for two days."""
    text = (
        "at,occupied_beds,staffed_beds,ed_patients,free_beds\n"
        "2026-01-01,9,,7,1\n2026-01-02,9,12,,2\n2026-01-03,6,,9,\n2026-01-04,,,9,4\n2026-01-05,12,,9,5\n"
    )
    (track,) = read(text.encode(), "UTC").values()

    def values(slug: str) -> list[float | None] | None:
        found = seen(track, "x", MEASURES[slug], "")
        days = [at(day) for day in range(5)]
        return (
            None
            if found is None
            else [s.bounds.low if s.bounds.known else None for s in found if s.at in days]
        )

    assert values("occupancy") == [None, 75, 50, None, None]
    assert values("ed_patients") == [7, 9, 9, 9]
    assert values("free_beds") == [1, 2, None, 4, 5], "its own column comes first"
    assert values("ventilators_free") is None
    assert values("staffed_share") is None, "a file does not say how many beds are set up"


def test_numbers_to_try_first_for_an_alarm_that_needs_care() -> None:
    rule = Rule("at_least", 90.0, on_delay=60, off_delay=30, deadband=5.0)
    assert suggested(rule, "chatters") == {"on_delay": 120}
    assert suggested(rule, "flaps") == {"off_delay": 60}
    assert suggested(rule, "stands") == {"threshold": 95.0, "clear_limit": 90.0}
    assert suggested(Rule("below", 5.0), "stands") == {"threshold": 4.0, "clear_limit": 4.0}
    assert suggested(rule, "") == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("at,occupied_beds\n2026-01-01,-1\n", "line 2: occupied_beds must be from 0"),
        ("at,value\n2026-01-01,nan\nx,1\n", "line 3"),
        ("at,value\n2026-01-01,1e99\n", "line 2"),
        ("at,worth\n2026-01-01,1\n", "must name the columns"),
        ("at,value\n", "no rows"),
    ],
)
def test_a_file_that_cannot_be_used_says_where(text: str, said: str) -> None:
    with pytest.raises(Unreadable, match=said):
        read(text.encode(), "UTC")
