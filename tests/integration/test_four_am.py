"""The four o'clock call-out, small: the chain reaches more than one text or one call, the depth list fills."""

from __future__ import annotations

import pytest

from app.messaging.channels import Channel
from bench.four_am import NORMAL, ONE_TEXT, alone, places
from bench.night import Night


@pytest.mark.parametrize("correlation", [0.0, 0.5, 1.0])
def test_the_people_answer_as_those_of_the_trial_did_however_their_tries_hang_together(correlation) -> None:
    night = Night(7, correlation)
    people = [f"person-{n}" for n in range(4000)]
    texts = sum(night.answers(p, "sms:0", Channel.SMS) for p in people) / len(people)
    calls = sum(night.answers(p, "voice:1", Channel.VOICE) for p in people) / len(people)
    assert texts == pytest.approx(0.16, abs=0.02)
    assert calls == pytest.approx(0.41, abs=0.03)


def test_with_tries_that_hang_together_wholly_the_second_call_finds_nobody_new() -> None:
    night = Night(7, 1.0)
    first, second = (
        {p for p in range(500) if night.answers(str(p), attempt, Channel.VOICE)} for attempt in "ab"
    )
    assert first == second


def test_sixty_percent_and_more_are_answered_by_the_chain_and_the_depth_list() -> None:
    text = alone("one text", ONE_TEXT, 0.5, 1, 100)
    chain = alone("chain", NORMAL, 0.5, 1, 100)
    assert text.asked == chain.asked >= 40
    assert text.answered < 40 < chain.answered
    filled = places(0.5, 1, 8)
    assert filled.places == 8
    assert filled.filled >= 60
    assert filled.heard >= 60
