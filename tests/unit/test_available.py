"""Beds that can take a patient now, unit by unit, with what limits them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.facilities.ratios import Ratio
from app.surge.available import available, causes_said, doubts
from app.surge.metrics import CAUSES, OPENABLE


@dataclass(frozen=True)
class Reading:
    value: int
    fresh: bool = True


TWO = Ratio(2, "California Title 22")
NONE = Ratio(None, "no ratio is known")


def seen(**values: int | tuple[int, str]) -> dict[str, Reading]:
    """By short name; a tuple stands for an old reading."""
    names = {
        "occ": "occupied_beds",
        "nurses": "nurses_on_duty",
        "staffed": "staffed_beds",
        "blocked": "blocked_beds",
    }
    return {
        names.get(k, k): Reading(v[0], fresh=False) if isinstance(v, tuple) else Reading(v) for k, v in values.items()
    }  # fmt: skip


@pytest.mark.parametrize(
    ("ratio", "readings", "beds", "limit"),
    [
        (TWO, seen(occ=6, nurses=4, blocked=0), 2, "limited by nurses: 4 × 2 = 8"),
        (TWO, seen(occ=6, nurses=8, blocked=2), 4, "limited by beds: 12 physical − 2 blocked = 10"),
        (TWO, seen(occ=6, nurses=6, blocked=0), 6, "limited by beds: 12 physical"),
        (TWO, seen(occ=6, nurses=4, blocked=0, staffed=11), 2, "nurses: 4 × 2 = 8"),
        (TWO, seen(occ=6, nurses=0, blocked=0), 0, "nurses: 0 × 2 = 0; 6 more patients than it can look after"),
        (TWO, seen(occ=6, staffed=9, blocked=0), 3, "reported staffed beds: 9 (nurses on duty not reported)"),
        (TWO, seen(occ=6, staffed=9, nurses=(6, ""), blocked=0), 3, "9 (nurses on duty too old)"),
        (NONE, seen(occ=6, staffed=9, nurses=6, blocked=0), 3, "9 (no ratio is known)"),
        (TWO, seen(occ=6, blocked=0), 4, "beds usually staffed: 10, nothing newer is reported"),
        (TWO, seen(occ=6, nurses=4), 2, "at most 2"),
        (TWO, seen(occ=6, nurses=4, blocked=(3, "")), 2, "at most 2"),
        (TWO, seen(occ=6, staffed=(9, ""), blocked=0), None, "nurses on duty not reported, and staffed beds too old"),
        (TWO, seen(nurses=4, blocked=0), None, "occupied beds not reported"),
        (TWO, seen(occ=(6, ""), nurses=4, blocked=0), None, "occupied beds too old"),
        (TWO, {}, None, "occupied beds not reported"),
    ],
)  # fmt: skip
def test_an_intensive_care_unit_of_twelve_beds_usually_ten_staffed(
    ratio: Ratio, readings: Mapping[str, Reading], beds: int | None, limit: str
) -> None:
    found = available(12, 10, ratio, readings)
    assert found.beds == beds
    assert limit in found.said


def test_the_make_up_shows_every_step() -> None:
    found = available(12, 10, TWO, seen(occ=6, nurses=4, blocked=2, staffed=9))
    assert list(found.made_of) == [
        "4 nurses × 2 patients = 8 (California Title 22)",
        "9 staffed beds are reported; nurses on duty count before them",
        "12 physical beds − 2 blocked = 10",
        "8 usable − 6 occupied = 2",
    ]
    assert found.inputs == ("occupied_beds", "nurses_on_duty", "blocked_beds")
    assert available(12, 10, TWO, seen(occ=6, staffed=9)).inputs == ("occupied_beds", "staffed_beds")
    assert available(12, 10, TWO, seen(occ=6)).inputs == ("occupied_beds",)


HOUSE = {"icu": (14, 2), "sdu": (10, 3), "tele": (25, 4), "m/s": (61, 5), "ed": (33, 4), "peds": (9, 4)}


def test_nurses_are_never_pooled_over_units() -> None:
    """With the 43 nurses that the units need there is room for whole nurses' rest only; 40, pooled, are too few."""
    needed = {name: -(-census // ratio) for name, (census, ratio) in HOUSE.items()}
    assert list(needed.values()) == [7, 4, 7, 13, 9, 3]
    assert sum(needed.values()) == 43
    assert sum(census / ratio for census, ratio in HOUSE.values()) == pytest.approx(39.3, abs=0.05)
    room = {
        name: available(100, 0, Ratio(ratio, ""), seen(occ=census, nurses=needed[name], blocked=0))
        for name, (census, ratio) in HOUSE.items()
    }
    assert [found.beds for found in room.values()] == [0, 2, 3, 4, 3, 3]
    for name, (census, ratio) in HOUSE.items():
        one_less = available(100, 0, Ratio(ratio, ""), seen(occ=census, nurses=needed[name] - 1, blocked=0))
        assert (one_less.beds, one_less.over > 0) == (0, True)


SMALL = st.integers(0, 60)


@given(SMALL, SMALL, SMALL, SMALL, st.integers(1, 8))
def test_never_more_than_beds_or_nurses_allow_and_more_of_either_never_hurts(
    physical: int, blocked: int, nurses: int, occupied: int, ratio: int
) -> None:
    one = Ratio(ratio, "")
    found = available(physical + 1, 0, one, seen(occ=occupied, nurses=nurses, blocked=blocked))
    assert found.beds is not None
    assert found.beds - found.over == min(max(0, physical + 1 - blocked), nurses * ratio) - occupied
    more = available(physical + 2, 0, one, seen(occ=occupied, nurses=nurses + 1, blocked=blocked))
    unknown = available(physical + 1, 0, one, seen(occ=occupied, nurses=nurses))
    assert more.beds is not None
    assert unknown.beds is not None
    assert found.beds <= min(more.beds, unknown.beds)
    assert unknown.at_most


@given(st.none() | SMALL, st.lists(st.none() | st.integers(0, 9), min_size=5, max_size=5))
def test_causes_that_exceed_what_is_blocked_are_said(total: int | None, parts: list[int | None]) -> None:
    readings = seen(**{name: part for name, part in zip(CAUSES, parts, strict=True) if part is not None})
    told = sum(part or 0 for part in parts)
    assert causes_said(readings).count(",") == max(0, sum(1 for part in parts if part) - 1)
    assert doubts(readings) == []
    if total is not None:
        readings |= seen(blocked=total)
        assert bool(doubts(readings)) == (told > total)
        assert doubts(readings | seen(blocked=(total, ""))) == []


@given(st.lists(st.none() | st.integers(0, 5), min_size=3, max_size=3))
def test_what_can_be_opened_soon_can_be_opened_later(beds: list[int | None]) -> None:
    told = {name: each for name, each in zip(OPENABLE.values(), beds, strict=True) if each is not None}
    known = list(told.values())
    assert bool(doubts(seen(**told))) == (known != sorted(known))
