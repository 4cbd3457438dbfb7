"""What the day will bring: beds at set hours, nothing promised twice, nothing known from nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.huddle.rules import Said, is_today, moments, net, short_of
from app.huddle.sheet import NOBODY, Number, Row, total

ZONE = "America/New_York"
NINE = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)  # 09:00
MIDNIGHT = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)
COUNTS, MINUTES = st.integers(0, 60), st.integers(0, 15 * 60)


@pytest.mark.parametrize(
    ("hour", "expected"),
    [(14, 4 + 3 - 3), (19, 4 + 6 - 6), (24, 4 + 10 - 9)],
)
def test_who_leaves_and_comes_is_spread_evenly_until_midnight(hour: int, expected: int) -> None:
    """10 leave and 9 come in 15 hours: by 14:00 a third, 3 leave for sure and 3 come; by 19:00 two thirds."""
    at = NINE + timedelta(hours=hour - 9)
    assert net(4, Said(10, NINE), Said(9, NINE), NINE, at, MIDNIGHT) == expected


def test_nothing_is_known_where_a_part_is_missing() -> None:
    said = Said(3, NINE)
    assert net(None, said, said, NINE, MIDNIGHT, MIDNIGHT) is None
    assert net(4, None, said, NINE, MIDNIGHT, MIDNIGHT) is None
    assert net(4, said, None, NINE, MIDNIGHT, MIDNIGHT) is None
    assert net(4, said, said, NINE, NINE - timedelta(hours=1), MIDNIGHT) is None, "an hour that is past"


@settings(max_examples=100, deadline=None)
@given(st.integers(-20, 60), COUNTS, COUNTS, MINUTES, MINUTES, MINUTES)
def test_promises_hold_together(free: int, out: int, into: int, said: int, now: int, at: int) -> None:
    said, now, at = sorted((said, now, at))
    when = [NINE + timedelta(minutes=each) for each in (said, now, at)]
    found = net(free, Said(out, when[0]), Said(into, when[0]), when[1], when[2], MIDNIGHT)
    assert found is not None
    assert free - into <= found <= free + out
    if now == at:
        assert found == free
    fewer = net(free, Said(out, when[0]), Said(into + 1, when[0]), when[1], when[2], MIDNIGHT)
    assert fewer is not None
    assert fewer <= found, "one more who comes never frees a bed"
    if now == said:
        assert (
            net(free, Said(out, when[0]), Said(into, when[0]), when[1], MIDNIGHT, MIDNIGHT)
            == free + out - into
        )


def test_the_hours_are_the_hospitals_and_those_that_are_past_are_gone() -> None:
    assert [label for label, _ in moments(NINE, ZONE)] == ["14:00", "19:00", "midnight"]
    assert moments(NINE, ZONE)[-1][1] == MIDNIGHT
    assert [label for label, _ in moments(NINE + timedelta(hours=5), ZONE)] == ["19:00", "midnight"]
    change = datetime(2026, 11, 1, 9, 0, tzinfo=ZoneInfo(ZONE))  # clocks went back at 02:00
    assert moments(change, ZONE)[-1][1] == datetime(2026, 11, 2, 5, 0, tzinfo=UTC)
    assert is_today(NINE, MIDNIGHT - timedelta(seconds=1), ZONE)
    assert not is_today(NINE, MIDNIGHT, ZONE)


def test_nurses_are_short_only_where_both_numbers_are_known() -> None:
    assert [short_of(*each) for each in ((7, 5), (7, 9), (None, 5), (7, None))] == [2, 0, None, None]


def row(name: str, free: int | None, over: int = 0, nets: tuple[int | None, ...] = (None,)) -> Row:
    return Row(
        unit_id=name,
        code=name,
        name=name,
        group="Medical",
        inpatient=True,
        census=NOBODY if free is None else Number(20, NINE, "huddle", True),
        staffed=Number(24, NINE, "huddle", True),
        free=free,
        over=over,
        at_most=False,
        limit="",
        blocked=NOBODY,
        causes="",
        out=Number(3, NINE, "huddle", True) if nets[0] is not None else NOBODY,
        into=Number(3, NINE, "huddle", True) if nets[0] is not None else NOBODY,
        needed=5,
        ratio=4,
        nurses=Number(4, NINE, "huddle", True),
        rostered=9,
        nets=nets,
        stale=(),
        asked=("expected_discharges",),
    )


def test_a_bed_in_one_unit_is_no_bed_in_another() -> None:
    found = total((row("A", 4, nets=(6,)), row("B", 0, 1, nets=(-5,)), row("C", 2), row("D", None)), 1)
    assert (found.free, found.nets[0].free, found.nets[0].missing) == (6, 6, 5)
    assert (found.nets[0].units_missing, found.nets[0].without) == (1, 2)
    assert (found.without, found.unsaid) == (("D",), ("C", "D"))
    assert (found.nurses_short, found.units_short) == (4, 4), "by what was said, not by the roster"


def test_a_sum_of_nothing_known_is_not_known() -> None:
    found = total((row("D", None),), 1)
    assert (found.census, found.free, found.out, found.blocked, found.nets[0].free) == (None,) * 5
