"""Who answers for an unfilled position, how many report to one, and what counts as a phone number."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import Invalid
from app.incidents import catalogue
from app.incidents.rules import Seat, reporting_to, responsible, span_of_control_hint
from app.staffing.pages import moved
from app.staffing.phones import e164, masked

SLUGS = [p.slug for p in catalogue.positions()]


def chart(**holders: str) -> dict[str, Seat]:
    return {p.slug: Seat(p.slug, p.title, p.reports_to, holders.get(p.slug)) for p in catalogue.positions()}


def test_the_holder_answers_for_a_filled_position() -> None:
    seats = chart(incident_commander="Ada", operations_section_chief="Ben")
    found = responsible(seats, "operations_section_chief")
    assert found is not None
    assert found.holder == "Ben"


def test_the_work_of_an_unfilled_position_goes_past_unfilled_supervisors() -> None:
    seats = chart(incident_commander="Ada", operations_section_chief="Ben")
    found = responsible(seats, "inpatient_unit_leader")  # its branch director is missing too
    assert found is not None
    assert found.slug == "operations_section_chief"


def test_without_anybody_up_the_line_nobody_answers() -> None:
    assert responsible(chart(), "inpatient_unit_leader") is None
    assert responsible(chart(incident_commander="Ada"), "no_such_position") is None


def test_a_chart_that_goes_in_circles_ends() -> None:
    seats = {"a": Seat("a", "A", "b"), "b": Seat("b", "B", "a")}
    assert responsible(seats, "a") is None


@given(st.sets(st.sampled_from(SLUGS)))
def test_everybody_but_the_commander_reports_to_exactly_one(filled: set[str]) -> None:
    seats = chart(**dict.fromkeys(filled | {"incident_commander"}, "somebody"))
    reports = [seat.slug for slug in SLUGS for seat in reporting_to(seats, slug)]
    assert sorted(reports) == sorted((filled | {"incident_commander"}) - {"incident_commander"})


@pytest.mark.parametrize(
    ("reports", "part"), [(0, None), (5, None), (6, "5 is a good number"), (7, "5 is"), (8, "more than 7")]
)
def test_span_of_control_warns_and_never_blocks(reports: int, part: str | None) -> None:
    hint = span_of_control_hint(reports)
    assert hint is None if part is None else part in (hint or "")


@pytest.mark.parametrize("text", ["(202) 555-0123", "202.555.0123", "+1 202 555 0123", " 2025550123 "])
def test_numbers_as_people_type_them(text: str) -> None:
    assert e164(text) == "+12025550123"


@pytest.mark.parametrize(
    "text", ["", "none", "911", "555-0123", "+1 202 555 0123 ext 4", "(800) 555-0123", "+1", "\x00"]
)
def test_what_gets_no_texts_is_refused_with_what_is_allowed(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        e164(text)
    assert "(202) 555-0123" in refused.value.errors["phone"][0]


def test_a_masked_number_shows_two_digits() -> None:
    assert masked("+12025550123") == "••••••••••23"
    assert masked("7") == "7"


@pytest.mark.parametrize(
    ("who", "move", "expected"),
    [
        ("b", "up", "bac"),
        ("a", "up", "abc"),
        ("b", "down", "acb"),
        ("c", "down", "abc"),
        ("b", "remove", "ac"),
        ("d", "add", "abcd"),
    ],
)
def test_one_step_in_a_depth_list(who: str, move: str, expected: str) -> None:
    assert moved("abc", who, move) == list(expected)


def test_a_wrong_step_is_named() -> None:
    with pytest.raises(Invalid, match="person_id"):
        moved("abc", "z", "up")
    with pytest.raises(Invalid, match="up, down, remove, add"):
        moved("abc", "a", "sideways")
