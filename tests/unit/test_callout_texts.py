"""Texts of call-outs stay within two segments, whatever hospitals call things."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.activation import texts
from app.activation.texts import Source
from app.incidents import catalogue
from app.messaging.keywords import keyword
from app.messaging.segments import segments
from app.messaging.texts import mark, marked

LINK = "https://muster.harborhealth.example/a/" + "x" * 22


def source(name: str = "Mass Casualty Incident", exercise: bool = False) -> Source:
    return Source("SBMC", name, "SBMC-2026-0001", exercise, "America/New_York")


def asked(title: str, of: Source, **more: object) -> str:
    wanted = {"title": title, "code": "AB", "tagged": True, "key": "question:1", "link": LINK} | more
    return marked(texts.question(of, **wanted), mark("question:1"))  # type: ignore[arg-type]


@pytest.mark.parametrize("exercise", [True, False])
def test_every_position_fits_with_its_link(exercise: bool) -> None:
    for position in catalogue.positions():
        text = asked(
            position.title, source("Evacuation, Shelter-in-Place, and Hospital Abandonment", exercise)
        )
        assert segments(text).encoding == "GSM-7"
        assert segments(text).count <= 2
        assert LINK in text


@given(st.text(min_size=1, max_size=200), st.text(min_size=1, max_size=200), st.booleans())
def test_any_name_gives_a_text_of_two_segments_in_the_gsm_alphabet(
    name: str, title: str, exercise: bool
) -> None:
    text = asked(title, source(name, exercise))
    assert segments(text).count <= 2
    assert segments(text).encoding == "GSM-7"
    assert "1AB coming within 30 min" in text


def test_one_segment_without_link() -> None:
    assert segments(asked("Safety Officer", source(), link="", tagged=False)).count == 1


def test_a_name_in_another_script_falls_back_to_the_number() -> None:
    assert "SBMC-2026-0001" in asked("Safety Officer", source("病院"))


def test_the_prompt_asks_for_no_word_that_carriers_take_for_themselves() -> None:
    for digit in "1239":
        assert keyword(digit) is None
        assert keyword(f"{digit}A") is None
