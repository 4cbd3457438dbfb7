"""Reading replies: a digit, for a question; anything else is asked again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.activation.replies import Known, Reply, is_message, parse, resolve, without_numbers
from app.activation.rules import DIGITS, next_code

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def known(
    code: str, minutes: int = 0, *, open_: bool = True, standing: bool = False, informs: bool = False
) -> Known:
    return Known(
        code, code, frozenset({code * 4}), code, open_, standing, NOW + timedelta(minutes=minutes), informs
    )


@pytest.mark.parametrize(
    ("text", "digit", "code"),
    [
        ("1", "1", None),
        (" 2 \n", "2", None),
        ("9.", "9", None),
        ("3!", "3", None),
        ("1A", "1", "A"),
        ("1a", "1", "A"),
        ("a1", "1", "A"),
        ("1 A", "1", "A"),
        ("B-9", "9", "B"),
        ("1 BCDF", "1", "BCDF"),
        ("１", "1", None),
        ("1️⃣", "1", None),
    ],
)
def test_what_is_read_as_an_answer(text: str, digit: str, code: str | None) -> None:
    assert parse(text) == Reply(digit, code)


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "yes", "no", "ok", "👍", "0", "4", "12", "1 2", "1,2", "30", "9 not sure", "STOP 12345"),
        *("1 if I find a sitter", "coming", "11", "1AA1", "-", "1\n9", "ABCDE1"),
    ],
)
def test_what_is_asked_again(text: str) -> None:
    assert parse(text) is None


@given(st.text(max_size=40))
def test_no_text_breaks_reading_and_only_allowed_digits_come_out(text: str) -> None:
    reply = parse(text)
    assert reply is None or reply.digit in DIGITS


@given(
    st.sampled_from(DIGITS), st.text("ABCDEFGHJKLMNPRTUVWXY", min_size=1, max_size=2), st.sampled_from(" -.,")
)
def test_digit_and_code_are_read_in_either_order(digit: str, code: str, between: str) -> None:
    assert parse(f"{digit}{between}{code.lower()}") == Reply(digit, code)
    assert parse(f"{code}{between}{digit}") == Reply(digit, code)


def test_a_digit_alone_answers_the_one_open_question() -> None:
    asked = [known("A", open_=False), known("B")]
    assert resolve(Reply("1"), asked).question.code == "B"


def test_a_digit_alone_is_ambiguous_with_two_open() -> None:
    resolved = resolve(Reply("1"), [known("A"), known("B", 1)])
    assert resolved.how == "ambiguous"
    assert [k.code for k in resolved.among] == ["B", "A"]


def test_a_code_or_a_reference_names_the_question_even_a_closed_one() -> None:
    asked = [known("A", open_=False), known("B"), known("C")]
    assert resolve(Reply("1", "A"), asked).question.code == "A"
    assert resolve(Reply("1", "BBBB"), asked).question.code == "B"
    assert resolve(Reply("1", "Z"), asked).how == "unreadable"


def test_with_nothing_open_a_digit_changes_a_standing_yes_or_is_late() -> None:
    late, standing = known("A", 2, open_=False), known("B", 1, open_=False, standing=True)
    assert resolve(Reply("9"), [late, standing]).question.code == "B"
    assert resolve(Reply("1"), [late, known("C", 1, open_=False)]).question.code == "A"
    assert resolve(Reply("1"), []).how == "nothing_asked"


@given(st.sets(st.text("ABCDEFGHJKLMNPRTUVWXY", min_size=1, max_size=2)))
def test_a_code_in_use_is_never_given_again(used: set[str]) -> None:
    assert next_code(used) not in used


@given(
    st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(0, 9)), max_size=6), st.sampled_from(DIGITS)
)
def test_a_lone_digit_never_picks_one_of_several_open(
    flags: list[tuple[bool, bool, int]], digit: str
) -> None:
    asked = [
        known("ABCDEF"[n], minutes, open_=open_, standing=standing)
        for n, (open_, standing, minutes) in enumerate(flags)
    ]
    resolved = resolve(Reply(digit), asked)
    waiting = [k for k in asked if k.open]
    if len(waiting) > 1:
        assert resolved.how == "ambiguous"
    elif waiting:
        assert resolved.question == waiting[0]


@pytest.mark.parametrize(
    ("text", "digit", "code"),
    [
        ("1 but I need a ride", "1", None),
        ("1, I need a ride", "1", None),
        ("1. Coming with Jo", "1", None),
        ("1A please leave the gate open", "1", "A"),
        ("2 - parking is full, is the side gate open", "2", None),
        ("2\nmy car is in the shop", "2", None),
        ("9 sorry I am out of town", "9", None),
        ("9, I cannot come, my child is ill", "9", None),
        ("3 I'll bring two others", "3", None),
    ],
)
def test_a_digit_with_words_that_leave_no_doubt_is_answer_and_message(
    text: str, digit: str, code: str | None
) -> None:
    assert parse(text) == Reply(digit, code, words=True)
    assert is_message(text)


@pytest.mark.parametrize(
    "text",
    [
        "1 hour away",
        "1 moment please",
        "2 kids at home",
        "3 of us are coming",
        "1 am ill",
        "1 but I cannot come before noon",
        "1, no wait",
        "1 but maybe later",
        "1 or 2",
        "1 I can come at 6",
        "1? who is this",
        "1, wrong number",
        "9 but I can come after lunch",
        "9, coming",
        "9 if that is fine",
        "9, not sure",
        "2, 9",
        "I said 1",
        "11 but late",
        "4 but I need a ride",
    ],
)
def test_a_digit_with_words_that_leave_doubt_is_no_answer(text: str) -> None:
    assert parse(text) is None


@pytest.mark.parametrize("text", ["", " ", "5", "12", "1 2", "7B", "...", "+12025550123", "1️⃣2️⃣"])
def test_what_is_only_mistyped_is_no_message(text: str) -> None:
    assert not is_message(text)


@pytest.mark.parametrize("text", ["yes", "👍", "on my way", "who is this?", "1 or 2", "好"])
def test_what_somebody_has_written_is_a_message(text: str) -> None:
    assert is_message(text)


def test_a_digit_answers_what_asks_before_what_only_informs() -> None:
    asks, informs = known("A"), known("B", 5, informs=True)
    assert resolve(Reply("1"), [asks, informs]).question == asks
    assert resolve(Reply("1", "B"), [asks, informs]).question == informs
    assert resolve(Reply("1"), [informs]).question == informs
    assert resolve(None, [asks, informs]).question == asks


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Call me at +1 (202) 555-0123 please", "Call me at (number) please"),
        ("202.555.0123", "(number)"),
        ("Here by 06:30, room 4 West", "Here by 06:30, room 4 West"),
        ("Gate 12, row 345", "Gate 12, row 345"),
    ],
)
def test_phone_numbers_are_left_out_of_what_is_journalled(text: str, kept: str) -> None:
    assert without_numbers(text) == kept
