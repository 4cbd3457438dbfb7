"""Areas that can become beds: what they could add and when, and what they add once they are open."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.facilities.models import SpaceState, SurgeSpace
from app.facilities.ratios import Ratio
from app.surge.spaces import Need, needs, openable, overdue, read_needs, room, written

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
FIVE = Ratio(5, "California Title 22")


def space(
    state: SpaceState = SpaceState.CLOSED, hours: int = 12, beds: int = 6, since: int = 0, **more: object
) -> SurgeSpace:
    """In its state since so many hours."""
    begun = NOW - timedelta(hours=since)
    return SurgeSpace(beds=beds, hours_to_open=hours, state=state, state_since=begun, **more)


@pytest.mark.parametrize(
    ("one", "beds"),
    [
        (space(hours=4), [6, 6, 6]),
        (space(hours=5), [0, 6, 6]),
        (space(hours=72), [0, 0, 6]),
        (space(hours=73), [0, 0, 0]),
        (space(SpaceState.OPENING, hours=12, since=8), [6, 6, 6]),
        (space(SpaceState.OPENING, hours=12, since=7), [0, 6, 6]),
        (space(SpaceState.OPENING, hours=12, since=30), [6, 6, 6]),
        (space(SpaceState.OPEN, hours=4), [0, 0, 0]),
    ],
)
def test_what_a_space_could_add(one: SurgeSpace, beds: list[int]) -> None:
    assert [openable([one], hours, NOW) for hours in (4, 24, 72)] == beds
    assert overdue(one, NOW) == (
        one.state is SpaceState.OPENING and one.state_since < NOW - timedelta(hours=12)
    )


def counted(nurses: int | None, patients: int | None, minutes: int = 0) -> dict[str, object]:
    at = NOW - timedelta(minutes=minutes) if nurses is not None else None
    return {"nurses": nurses, "patients": patients, "counted_at": at}


@pytest.mark.parametrize(
    ("one", "beds", "said"),
    [
        (space(), 0, "it is not open"),
        (space(SpaceState.OPENING), 0, "it is not open"),
        (space(SpaceState.OPEN, **counted(None, None)), None, "nobody has said how many nurses"),
        (space(SpaceState.OPEN, **counted(1, 2)), 3, "limited by nurses: 1 × 5 = 5"),
        (space(SpaceState.OPEN, **counted(2, 2)), 4, "limited by beds: 6 physical"),
        (space(SpaceState.OPEN, **counted(0, 0)), 0, "limited by nurses: 0 × 5 = 0"),
        (space(SpaceState.OPEN, **counted(1, 2, minutes=100)), None, "occupied beds too old"),
        (space(SpaceState.OPEN, **counted(1, 2, minutes=14 * 60)), None, "counted too long ago"),
    ],
)  # fmt: skip
def test_only_an_open_and_staffed_space_can_take_patients(
    one: SurgeSpace, beds: int | None, said: str
) -> None:
    found = room(one, FIVE, NOW)
    assert found.beds == beds
    assert said in found.said


@given(
    st.lists(
        st.builds(
            space,
            st.sampled_from(list(SpaceState)),
            st.integers(0, 100),
            st.integers(1, 40),
            st.integers(0, 99),
        )
    )
)
def test_more_hours_never_open_fewer_beds_and_open_spaces_never_count(spaces: list[SurgeSpace]) -> None:
    found = [openable(spaces, hours, NOW) for hours in range(0, 120, 8)]
    assert found == sorted(found)
    assert found[-1] == sum(each.beds for each in spaces if each.state is not SpaceState.OPEN)


def test_staff_as_it_is_typed() -> None:
    found = read_needs("4 ICU nurse\n\n 1 respiratory therapist\n1 icu_nurse")
    assert found == [Need("icu_nurse", 5), Need("respiratory_therapist", 1)]
    assert needs(SurgeSpace(staff=written(found))) == found
    assert [need.words for need in found] == ["5 ICU nurse", "1 respiratory therapist"]
    for wrong in ("ICU nurse", "0 rn", "201 rn", "2", "2 <b>", "-1 rn"):
        with pytest.raises(ValueError, match="number first"):
            read_needs(wrong)
