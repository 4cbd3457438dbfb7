"""Escalation schemes: what is refused, and what a sum says while part of it is not known."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import Invalid
from app.surge.schemes.assess import Seen, assess, band_of
from app.surge.schemes.form import form_of, rows, scheme_typed
from app.surge.schemes.scheme import (
    Action,
    Band,
    Parameter,
    Scheme,
    Unreadable,
    errors_of,
    from_toml,
    read,
    template,
    write,
)

HANDOVER = Parameter("handover", "Handover", "up", (15.0, 30.0, 60.0), (1, 3, 6), "minutes")
OPEN_BEDS = Parameter("open_beds", "Open beds", "down", (10.0, 5.0, 2.0), (2, 4, 8), "%")
BANDS = (
    Band(1, "Level 1", 0, 3),
    Band(2, "Level 2", 4, 7, (Action("acute", "Open the discharge lounge"),)),
    Band(3, "Level 3", 8, 11),
    Band(4, "Level 4", 12),
)
SCHEME = Scheme(
    "Ours", "House rules", "7", "Board paper 7", "2026-01-01", parameters=(HANDOVER, OPEN_BEDS), bands=BANDS
)


def seen(**values: float) -> dict[str, Seen]:
    return {name: Seen(value, fresh=True) for name, value in values.items()}


def test_the_shipped_template_is_empty_and_gives_no_level() -> None:
    empty = template()
    assert empty.empty
    assert errors_of(empty) == {}
    found = assess(empty, {})
    assert (found.level, found.least, found.known) == (None, 0, False)
    assert "OPEL" in empty.title


@pytest.mark.parametrize(
    ("value", "points"), [(14.9, 0), (15, 1), (29.9, 1), (30, 3), (60, 6), (900, 6), (-1, 0)]
)
def test_points_upward_begin_at_the_cut_point(value: float, points: int) -> None:
    assert HANDOVER.points_of(value) == points


@pytest.mark.parametrize(("value", "points"), [(10.1, 0), (10, 2), (5.1, 2), (5, 4), (2, 8), (-3, 8)])
def test_points_downward_begin_at_the_cut_point(value: float, points: int) -> None:
    assert OPEN_BEDS.points_of(value) == points


def test_a_sum_falls_into_its_band() -> None:
    found = assess(SCHEME, seen(handover=31, open_beds=4))
    assert (found.least, found.most, found.level, found.provisional) == (7, 7, BANDS[1], False)
    assert assess(SCHEME, seen(handover=60, open_beds=1)).level == BANDS[3]


def test_what_is_missing_is_neither_nothing_nor_the_worst() -> None:
    found = assess(SCHEME, seen(handover=31))
    assert (found.least, found.most) == (3, 11)
    assert (found.level, found.highest) == (BANDS[0], BANDS[2])
    assert found.provisional
    assert found.missing == ["Open beds"]
    old = assess(SCHEME, {"handover": Seen(31, True), "open_beds": Seen(1, False)})
    assert (old.least, old.most, old.stale, old.missing) == (3, 11, ["Open beds"], [])
    assert old.lines[1].points == 8


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": " "}, "title"),
        ({"effective_from": "May"}, "effective_from"),
        ({"effective_to": "2025-12-31"}, "effective_to"),
        ({"parameters": (replace(HANDOVER, cut_points=(15.0, 15.0, 60.0)),)}, "parameters.0.cut_points"),
        ({"parameters": (replace(OPEN_BEDS, cut_points=(2.0, 5.0, 10.0)),)}, "parameters.0.cut_points"),
        ({"parameters": (replace(HANDOVER, cut_points=()),)}, "parameters.0.cut_points"),
        ({"parameters": (replace(HANDOVER, points=(3, 1, 6)),)}, "parameters.0.points"),
        ({"parameters": (replace(HANDOVER, points=(1, 3)),)}, "parameters.0.points"),
        ({"parameters": (HANDOVER, replace(OPEN_BEDS, slug="handover"))}, "parameters.0.label"),
        ({"parameters": (replace(HANDOVER, direction="sideways"),)}, "parameters.0.direction"),
        ({"parameters": (replace(HANDOVER, measure="nedocs", place="icu"),)}, "parameters.0.measure"),
        ({"parameters": (replace(HANDOVER, max_age=0),)}, "parameters.0.max_age"),
        ({"bands": (replace(BANDS[0], from_points=1), *BANDS[1:])}, "bands.0.from_points"),
        ({"bands": (BANDS[0], replace(BANDS[1], from_points=5), *BANDS[2:])}, "bands.1.from_points"),
        ({"bands": (BANDS[0], replace(BANDS[1], from_points=3), *BANDS[2:])}, "bands.1.from_points"),
        ({"bands": (BANDS[0], replace(BANDS[1], level=3), *BANDS[2:])}, "bands.1.level"),
        ({"bands": (replace(BANDS[0], to_points=None), *BANDS[1:])}, "bands.0.to_points"),
        ({"bands": (*BANDS[:3], replace(BANDS[3], to_points=13))}, "bands.3.to_points"),
        ({"bands": (*BANDS[:2], replace(BANDS[2], to_points=14), replace(BANDS[3], from_points=15))},
         "bands.3.from_points"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(changes: dict[str, object], field: str) -> None:
    assert field in errors_of(replace(SCHEME, **changes))  # type: ignore[arg-type]


def test_what_is_right_is_right_and_survives_being_kept_typed_and_filed() -> None:
    assert errors_of(SCHEME) == {}
    assert read(write(SCHEME)) == SCHEME
    typed, names = scheme_typed(form_of(SCHEME))
    assert typed == SCHEME
    assert names["bands.1.from_points"] == "b1_from_points"
    assert [len(each) for each in rows(form_of(SCHEME))] == [5, 6]
    linked = replace(SCHEME, parameters=(replace(HANDOVER, measure="nedocs", place="ed", max_age=90),))
    assert scheme_typed(form_of(linked))[0] == linked


def test_a_tier_by_availability_is_a_scheme_of_one_parameter() -> None:
    file = b"""
title = "Tiers"
source = "The order, with its date"
[[parameters]]
label = "Beds free"
direction = "down"
cut_points = [25, 20]
points = [1, 2]
measure = "free_share"
place = "med_surg"
[[bands]]
level = 1
from_points = 0
to_points = 0
[[bands]]
level = 2
from_points = 1
to_points = 1
[[bands]]
level = 3
from_points = 2
actions = [{organisation = "system", text = "Meet every day"}]
"""
    tiers = from_toml(file)
    assert errors_of(tiers) == {}
    assert [assess(tiers, seen(beds_free=v)).level.level for v in (26, 25, 20.0)] == [1, 2, 3]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "content", [b"\xff", b"title = ", b"title = 3", b"titel = 'x'", b"title = 'x'\nparameters = 3",
                b"title = 'x'\n[[bands]]\nlevel = 'one'\nfrom_points = 0", b"title='x'\n[[bands]]\nlvl = 1"]
)  # fmt: skip
def test_a_file_that_is_no_scheme_says_why(content: bytes) -> None:
    with pytest.raises(Unreadable, match=r"\w"):
        from_toml(content)


@pytest.mark.parametrize(
    ("name", "text"),
    [("p0_cut_points", "ten"), ("p0_points", "1 2.5 3"), ("b0_level", "one"), ("b0_from_points", "")],
)
def test_what_is_typed_and_no_number_is_named(name: str, text: str) -> None:
    with pytest.raises(Invalid) as problem:
        scheme_typed(form_of(SCHEME) | {name: text})
    assert name in problem.value.errors


VALUE = st.none() | st.tuples(st.floats(-100, 100), st.booleans())


@given(VALUE, VALUE, st.floats(-100, 100), st.floats(-100, 100))
def test_the_level_is_never_outside_what_is_said_while_something_is_not_known(
    one: tuple[float, bool] | None, two: tuple[float, bool] | None, first: float, second: float
) -> None:
    """`first` and `second` are the truth where a value is old or missing."""
    told = {n: Seen(*v) for n, v in (("handover", one), ("open_beds", two)) if v is not None}
    true = {
        "handover": one[0] if one and one[1] else first,
        "open_beds": two[0] if two and two[1] else second,
    }
    said, known = assess(SCHEME, told), assess(SCHEME, seen(**true))
    assert said.least <= known.least == known.most <= said.most
    assert said.level is not None
    assert said.highest is not None
    assert said.level.level <= band_of(SCHEME, known.least).level <= said.highest.level
    assert said.provisional == (not (one and one[1] and two and two[1]))
