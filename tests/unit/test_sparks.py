"""Lines and bars of capacity: nothing is drawn where nothing is known, and the words say what is drawn."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from app.surge.sparks import bar, spark
from app.surge.trends import held, together

BEGINS, STEP = datetime(2026, 11, 9, tzinfo=UTC), timedelta(hours=6)
COUNTS = st.integers(0, 60)


def test_a_line_breaks_where_nobody_reported_and_a_lone_mark_is_a_dot() -> None:
    drawn = spark([80, 85, None, 90, None, 95, 96], BEGINS, STEP, name="ICU", zone=UTC, unit="%")
    assert len(drawn.runs) == 2
    assert len(drawn.dots) == 1
    assert drawn.last is not None
    assert drawn.words == (
        "ICU: lowest 80 %, highest 96 %, now 96 %, no full count for 2 of 7 quarters of a day"
    )


def test_nothing_known_is_said_and_not_drawn() -> None:
    drawn = spark([None] * 5, BEGINS, STEP, name="ICU", zone=UTC)
    assert not drawn.known
    assert (drawn.runs, drawn.dots, drawn.last) == ((), (), None)
    assert drawn.words == "ICU: nobody has counted in this time"


def test_limits_and_flags_are_drawn_and_said() -> None:
    drawn = spark(
        [80] * 56,
        BEGINS,
        STEP,
        name="ICU",
        zone=UTC,
        limits=[(95, "95 %"), (96, "96 %")],
        flags=[(BEGINS - STEP, "Watch"), (BEGINS + 8 * STEP, "Surge")],
    )
    low, high = drawn.limits
    assert low.y > high.y
    assert low.text_y - high.text_y >= 11
    assert [flag.label for flag in drawn.flags] == ["Surge"]
    assert drawn.words.endswith("limit 95 %, limit 96 %, Surge set 11 Nov")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(st.none(), st.integers(-50, 300)), min_size=1, max_size=60), st.integers(-50, 300))
def test_a_line_stays_inside_and_holds_each_known_mark_once(points: list[int | None], limit: int) -> None:
    drawn = spark(points, BEGINS, STEP, name="ICU", zone=UTC, limits=[(limit, "limit")])
    places = [tuple(map(float, each.split(","))) for run in drawn.runs for each in run.split()] + [
        *drawn.dots
    ]
    assert len(places) == sum(point is not None for point in points)
    assert all(drawn.left <= x <= drawn.right and drawn.top <= y <= drawn.height for x, y in places)
    assert drawn.top <= drawn.limits[0].y <= drawn.height


@settings(max_examples=60, deadline=None)
@given(COUNTS, COUNTS, COUNTS, COUNTS, COUNTS, COUNTS)
def test_a_bar_has_every_bed_once(
    occupied: int, available: int, blocked: int, unstaffed: int, staffed: int, unknown: int
) -> None:
    made = bar(
        occupied=occupied,
        available=available,
        blocked=blocked,
        unstaffed=unstaffed,
        staffed=staffed,
        unknown=unknown,
    )
    assert sum(piece.beds for piece in made.pieces) == occupied + available + blocked + unstaffed + unknown
    place = 0.0
    for piece in made.pieces:
        assert abs(piece.x - place) < 0.011
        place = piece.x + piece.width
    assert not made.pieces or abs(place - 100) < 0.011
    assert made.staffed is None or 0 <= made.staffed <= 100


def test_staffed_beds_hold_for_a_shift_and_no_longer() -> None:
    assert held([None, 20, None, None, None, 18], 24, 2) == [None, 20, 20, 20, None, 18]
    assert held(None, 24, 2)[:2] == [24, 24]


def test_a_class_has_a_mark_only_where_every_unit_has_one() -> None:
    assert together([[9, 9, None], [3, None, 3]], [[10, 10, 10], [6, 6, 6]]) == [75.0, None, None]
    assert together([[0]], [[0]]) == [None]
