"""What a call says, and who picks up."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.twiml.voice_response import Say

from app.messaging.carriers.errors import ErrorClass, classify
from app.messaging.carriers.voice import call_report
from app.messaging.simulation import (
    AT_NIGHT_BY_CALL,
    AT_NIGHT_BY_TEXT,
    CALLED,
    CallHabits,
    answer_plan,
    call_plan,
)
from app.messaging.speech import spoken, with_more, wrong_key
from app.messaging.status import MessageStatus
from app.messaging.texts import AFTER, BEFORE, framed

MINUTES_45 = 2700


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Reply 1 coming within 30 min.", "Press 1 coming within 30 minutes."),
        ("Reply 1A or 9AB. Ref BCDF", "Press 1 A or 9 A, B. Reference B, C, D, F"),
        ("Come? https://m.example/a/x-y?z=1 Now.", "Come? Now."),
        ("Expected by 04:30 at NGH", "Expected by 04:30 at NGH"),
        ("A minute, no reply-all", "A minute, no reply-all"),
        ("bell\x07 and null\x00", "bell and null"),
    ],
)
def test_a_text_is_made_fit_to_be_spoken(text: str, said: str) -> None:
    assert spoken(text) == said


@given(st.text(max_size=200))
def test_whatever_is_written_can_be_said(text: str) -> None:
    say = Say()
    say.prosody(spoken(text))
    element = ElementTree.fromstring(say.to_xml())
    assert "".join(element.itertext()) == spoken(text)
    assert "https://" not in spoken(f"{text} https://m.example/{text}")


@given(st.text(min_size=1, max_size=80), st.booleans())
def test_the_frame_of_an_exercise_stays_outside(text: str, exercise: bool) -> None:
    body = framed(text, exercise)
    for said in (with_more(body, "More."), wrong_key(body)):
        assert said.startswith(BEFORE) or not exercise
        assert said.endswith(AFTER) or not exercise


@pytest.mark.parametrize(
    ("word", "status", "error_class"),
    [
        ("queued", MessageStatus.QUEUED, None),
        ("initiated", MessageStatus.SENDING, None),
        ("ringing", MessageStatus.SENT, None),
        ("in-progress", MessageStatus.DELIVERED, None),
        ("completed", MessageStatus.DELIVERED, None),
        ("busy", MessageStatus.UNDELIVERED, ErrorClass.RETRY_LITTLE),
        ("no-answer", MessageStatus.UNDELIVERED, ErrorClass.RETRY_LITTLE),
        ("canceled", MessageStatus.UNDELIVERED, ErrorClass.RETRY_LITTLE),
        ("failed", MessageStatus.FAILED, ErrorClass.RETRY_LITTLE),
    ],
)
def test_every_status_of_a_call_has_its_meaning(
    word: str, status: MessageStatus, error_class: ErrorClass | None
) -> None:
    report = call_report(word)
    assert report is not None
    assert report.status is status
    if error_class is not None:
        assert classify(report.error_code) is error_class


def test_a_number_that_does_not_exist_is_told_from_a_network_that_failed() -> None:
    gone, busy = call_report("failed", "404"), call_report("failed", "503")
    assert gone is not None
    assert busy is not None
    assert classify(gone.error_code) is ErrorClass.FIX_CONTACT
    assert classify(busy.error_code) is ErrorClass.RETRY_LITTLE
    assert call_report("dancing") is None


def test_at_night_as_many_answer_as_in_the_trial() -> None:
    people = [f"q{number}" for number in range(20_000)]
    texts = [answer_plan(one, 1, AT_NIGHT_BY_TEXT) for one in people]
    by_text = [plan.digit is not None and plan.delay_seconds <= MINUTES_45 for plan in texts]
    calls = [call_plan(one, 1, AT_NIGHT_BY_CALL) for one in people]
    by_call = [plan.picks_up and bool(plan.keys) for plan in calls]
    assert sum(by_text) / len(people) == pytest.approx(0.16, abs=0.01)
    assert sum(by_call) / len(people) == pytest.approx(0.41, abs=0.01)
    either = sum(text or call for text, call in zip(by_text, by_call, strict=True)) / len(people)
    assert either == pytest.approx(1 - 0.84 * 0.59, abs=0.015)  # independently of each other


@given(st.text(min_size=1, max_size=40), st.integers(-(2**63), 2**63))
def test_a_plan_for_a_call_is_repeatable_and_possible(question_id: str, seed: int) -> None:
    plan = call_plan(question_id, seed)
    assert plan == call_plan(question_id, seed)
    assert plan.picks_up_after is not None
    assert CALLED.quickest <= plan.picks_up_after <= CALLED.slowest
    assert len(plan.keys) <= 2
    assert not plan.keys or plan.keys[-1] in CALLED.answers


def test_impossible_habits_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match="picks_up"):
        CallHabits(picks_up=1.2)
    with pytest.raises(ValueError, match="quickest"):
        CallHabits(quickest=30.0, slowest=10.0)
