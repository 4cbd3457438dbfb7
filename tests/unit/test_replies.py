"""Reading replies: a digit, for a question; anything else is asked again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.activation.replies import Known, Reply, parse, resolve
from app.activation.rules import DIGITS, next_code

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def known(code: str, minutes: int = 0, *, open_: bool = True, standing: bool = False) -> Known:
    return Known(code, code, code * 4, code, open_, standing, NOW + timedelta(minutes=minutes))


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
