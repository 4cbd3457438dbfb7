"""Frames, references, opt-out words, pace and retries: the pure rules of messaging."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.messaging.carriers.errors import ErrorClass
from app.messaging.keywords import keyword
from app.messaging.retries import MOST_TRIES, next_look, next_try
from app.messaging.segments import segments
from app.messaging.status import MessageStatus
from app.messaging.texts import AFTER, BEFORE, MARK_ROOM, framed, mark, marked, masked

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def test_an_exercise_says_so_with_its_first_and_last_words() -> None:
    assert framed("Come in.", True) == "EXERCISE. Come in. THIS IS AN EXERCISE"
    assert framed("Come in.", False) == "Come in."


@given(st.text(min_size=1, max_size=40), st.booleans(), st.text(max_size=20))
def test_a_marked_text_keeps_its_frame_and_holds_its_mark_once(text: str, exercise: bool, key: str) -> None:
    reference = mark(key)
    sent = marked(framed(text, exercise), reference)
    assert marked(sent, reference) == sent
    assert reference in sent
    if exercise:
        assert sent.startswith(BEFORE)
        assert sent.endswith(AFTER)
    assert len(sent) in (len(framed(text, exercise)), len(framed(text, exercise)) + MARK_ROOM)


def test_a_mark_is_no_answer_no_word_and_plain() -> None:
    marks = {mark(f"key {n}") for n in range(2000)}
    assert len(marks) > 1980
    assert all(len(one) == 4 and one.isalpha() and not set(one) & set("AEIOUY") for one in marks)
    assert segments(marked("x", mark("k"))).encoding == "GSM-7"
    assert mark("k") == mark("k")


def test_a_body_that_holds_the_mark_itself_is_left_alone() -> None:
    reference = mark("k")
    assert marked(f"Code {reference}: come in", reference) == f"Code {reference}: come in"
    assert marked(f"Code {reference}X", reference).endswith(f"Ref {reference}")


def test_numbers_are_masked() -> None:
    assert masked("+12025550123") == "…23"


@pytest.mark.parametrize(
    ("text", "said", "expected"),
    [
        ("STOP", None, "stop"),
        (" stop!\n", None, "stop"),
        ("stop it", None, None),
        ("STOP 12345", None, None),
        ("Cancel", None, "stop"),
        ("yes", None, "start"),
        ("INFO", None, "help"),
        ("arret", "STOP", "stop"),
        ("1", None, None),
        ("", None, None),
    ],
)
def test_keywords(text: str, said: str | None, expected: str | None) -> None:
    assert keyword(text, said) == expected


def test_retries_by_error_class() -> None:
    assert next_try(ErrorClass.FIX_CONTACT, 1, NOW, None, 0) is None
    assert next_try(ErrorClass.FILTERED, 1, NOW, None, 0) is None
    assert next_try(ErrorClass.RETRY_LITTLE, 1, NOW, None, 0) == NOW + timedelta(minutes=1)
    assert next_try(ErrorClass.RETRY_LITTLE, 2, NOW, None, 0) == NOW + timedelta(minutes=3)
    assert next_try(ErrorClass.RETRY_LITTLE, 3, NOW, None, 0) is None
    assert next_try(ErrorClass.RETRY_LATER, 1, NOW, None, 0) == NOW + timedelta(seconds=2)
    assert next_try(ErrorClass.RETRY_LATER, 1, NOW, None, 1) == NOW + timedelta(seconds=1)
    assert next_try(ErrorClass.RETRY_LATER, 11, NOW, None, 0) == NOW + timedelta(seconds=60)
    assert next_try(ErrorClass.RETRY_LATER, MOST_TRIES, NOW, None, 0) is None


def test_no_retry_that_would_come_too_late() -> None:
    soon = NOW + timedelta(seconds=30)
    assert next_try(ErrorClass.RETRY_LITTLE, 1, NOW, soon, 0) is None
    assert next_try(ErrorClass.RETRY_LATER, 1, NOW, soon, 0) is not None


@given(st.sampled_from([None, *MessageStatus]), st.integers(1, 600))
def test_the_carrier_is_not_asked_for_ever(status: MessageStatus | None, minutes: int) -> None:
    """Promise I2: within a stated bound there is nothing more to wait for."""
    expires_at = NOW + timedelta(minutes=minutes)
    at: datetime | None = NOW
    looks = 0
    while at is not None:
        following = next_look(status, NOW, expires_at, at)
        assert following is None or following > at
        at, looks = following, looks + 1
    assert looks <= minutes / 15 + 4
