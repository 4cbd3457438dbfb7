"""Calls from claim to key, through Twilio's own client, the stand-in carrier and our signed webhooks."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.messaging import lookout, speech
from app.messaging.actions import supersede
from app.messaging.channels import Channel
from app.messaging.models import InboundText, Intent
from app.messaging.worker import Sender
from config.settings import Settings
from tests.fakes.carrier import FakeCarrier
from tests.fakes.carrier.telephone import APPLICATION_ERROR
from tests.integration.messaging.conftest import Post, Rooms, ShiftedClock

BODY = "NGH Bus crash: Triage Unit Leader needed. Reply 1 coming within 30 min, 2 within 60, 3 later, 9 cannot come."


@pytest.fixture
def settings(twilio_settings: Settings) -> Settings:
    return twilio_settings


@pytest.fixture
def clock() -> ShiftedClock:
    return ShiftedClock()


@pytest.fixture
def carrier(carrier: FakeCarrier) -> FakeCarrier:
    quick = carrier.settings
    quick.calls_per_second, quick.no_answer_after = 0, 0.01
    quick.answer_after = quick.say_seconds = quick.key_wait = 0.002
    return carrier


def call(post: Post, index: int = 0, key: str = "k", body: str = BODY, **more: Any) -> Intent:
    return post.reach(index, key, body, channel=Channel.VOICE, **more)


def keys(post: Post) -> list[InboundText]:
    with post.db.read() as session:
        return list(session.scalars(sa.select(InboundText).order_by(InboundText.received_at, InboundText.id)))


def test_a_call_says_what_is_asked_and_takes_a_key(
    served: str, carrier: FakeCarrier, post: Post, sender: Sender, rooms: Rooms
) -> None:
    intent = call(post)
    rooms.says = "Thank you. You are expected by 04:30."
    carrier.people.on_calls[intent.to] = ["1"]
    sender.run_once()
    assert carrier.settle()
    [placed] = carrier.calls()
    assert placed.status == "completed"
    assert placed.heard[0] == placed.heard[1]
    assert "Press 1 coming within 30 minutes" in placed.heard[0]
    assert intent.reference not in placed.heard[0]
    assert "Press star to hear this again." in placed.heard[0]
    assert placed.heard[-1] == rooms.says
    [reply] = rooms.replies
    assert (reply.channel, reply.text, reply.on_line) == ("voice", "1", True)
    assert (reply.subject_id, reply.person_ids) == (intent.subject_id, (intent.person_id,))
    assert post.state(intent) == "delivered"
    assert rooms.stages(intent) == ["sent", "delivered"]


@pytest.mark.engine("sqlite")
def test_two_calls_to_one_person_need_no_code(
    served: str, carrier: FakeCarrier, post: Post, sender: Sender, rooms: Rooms, clock: ShiftedClock
) -> None:
    one, other = call(post, key="one"), call(post, key="other")
    carrier.people.on_calls[one.to] = ["2"]
    for _ in range(2):  # a number places one call a second
        sender.run_once()
        carrier.settle()
        clock.advance(seconds=1)
    assert {reply.subject_id for reply in rooms.replies} == {one.subject_id, other.subject_id}


@pytest.mark.engine("sqlite")
def test_an_exercise_is_in_the_first_and_last_words_of_everything_said(
    served: str, carrier: FakeCarrier, post: Post, sender: Sender
) -> None:
    intent = call(post, body="EXERCISE. Come? Reply 1 or 9. https://m.example/a/x THIS IS AN EXERCISE")
    carrier.people.on_calls[intent.to] = ["*", "7", "8", "7"]
    sender.run_once()
    carrier.settle()
    [placed] = carrier.calls()
    assert len(placed.heard) == 9
    assert all(said.startswith("EXERCISE.") for said in placed.heard)
    assert all(said.endswith("THIS IS AN EXERCISE") for said in placed.heard)
    assert not any("http" in said or "m.example" in said for said in placed.heard)


@pytest.mark.engine("sqlite")
def test_a_wrong_key_is_told_what_is_allowed_and_asked_again(
    served: str, carrier: FakeCarrier, post: Post, sender: Sender, rooms: Rooms
) -> None:
    intent = call(post)
    carrier.people.on_calls[intent.to] = ["5", "#", "9"]
    sender.run_once()
    carrier.settle()
    [placed] = carrier.calls()
    assert placed.pressed == ["5", "#", "9"]
    assert (
        sum(said.startswith("That key is not offered. The keys are 1, 2, 3 and 9.") for said in placed.heard)
        == 4
    )
    assert [reply.text for reply in rooms.replies] == ["9"]
    assert [(key.body, key.outcome) for key in keys(post)] == [
        ("5", "wrong key"),
        ("#", "wrong key"),
        ("9", "reply"),
    ]


@pytest.mark.engine("sqlite")
def test_after_three_wrong_keys_the_call_ends(
    served: str, carrier: FakeCarrier, post: Post, sender: Sender, rooms: Rooms
) -> None:
    intent = call(post)
    carrier.fault("wrong_key", intent.to, code=7)
    sender.run_once()
    carrier.settle()
    [placed] = carrier.calls()
    assert placed.pressed == ["7", "7", "7"]
    assert placed.heard[-1] == speech.GIVEN_UP
    assert rooms.replies == []


@pytest.mark.engine("sqlite")
def test_the_message_can_be_heard_again(
    served: str, carrier: FakeCarrier, post: Post, sender: Sender, rooms: Rooms
) -> None:
    intent = call(post)
    carrier.people.on_calls[intent.to] = ["*", "*", "3"]
    sender.run_once()
    carrier.settle()
    [placed] = carrier.calls()
    assert sum("Triage Unit Leader" in said for said in placed.heard) == 6
    assert [reply.text for reply in rooms.replies] == ["3"]


@pytest.mark.engine("sqlite")
@pytest.mark.parametrize("kind", ["voicemail", "hang_up"])
def test_no_key_is_no_answer(
    kind: str, served: str, carrier: FakeCarrier, post: Post, sender: Sender, rooms: Rooms
) -> None:
    intent = call(post)
    carrier.fault(kind, intent.to)
    sender.run_once()
    carrier.settle()
    assert post.state(intent) == "delivered"
    assert rooms.replies == []
    assert keys(post) == []
    if kind == "voicemail":
        assert carrier.calls()[0].heard[-1] == speech.NO_KEY


@pytest.mark.engine("sqlite")
@pytest.mark.parametrize(
    ("kind", "reason"),
    [("busy", "busy"), ("declined", "declined"), ("no_answer", "Nobody picked up")],
)
def test_who_does_not_pick_up_is_called_again_and_then_given_up(
    kind: str,
    reason: str,
    served: str,
    carrier: FakeCarrier,
    post: Post,
    sender: Sender,
    rooms: Rooms,
    clock: ShiftedClock,
) -> None:
    carrier.fault(kind)
    intent = call(post)
    for _ in range(3):
        sender.run_once()
        carrier.settle()
        clock.advance(minutes=2)
    assert len(carrier.calls()) == 2
    assert post.state(intent) == "failed"
    assert reason in (post.intent(intent).error or "")
    assert rooms.stages(intent) == ["sent", "failed"]


@pytest.mark.engine("sqlite")
def test_a_number_that_does_not_exist_is_suspect_at_once(
    served: str, carrier: FakeCarrier, post: Post, sender: Sender
) -> None:
    carrier.fault("unknown_number")
    intent = call(post)
    sender.run_once()
    carrier.settle()
    assert post.state(intent) == "failed"
    assert post.contact().suspect_since is not None
    assert len(carrier.calls()) == 1


@pytest.mark.engine("sqlite")
def test_a_notice_is_said_and_asks_for_nothing(
    served: str, carrier: FakeCarrier, post: Post, sender: Sender, rooms: Rooms
) -> None:
    intent = call(post, body="The incident is closed.", purpose="notice")
    carrier.people.on_calls[intent.to] = ["1"]
    sender.run_once()
    carrier.settle()
    [placed] = carrier.calls()
    assert len(placed.heard) == 2
    assert placed.pressed == []


@pytest.mark.engine("sqlite")
def test_what_was_settled_while_it_rang_is_not_asked(
    served: str, carrier: FakeCarrier, post: Post, sender: Sender, rooms: Rooms
) -> None:
    carrier.settings.answer_after = 0.3
    intent = call(post)
    carrier.people.on_calls[intent.to] = ["1"]
    sender.run_once()
    post.db.transact(supersede, subject_id=intent.subject_id)
    carrier.settle()
    [placed] = carrier.calls()
    assert placed.heard == [speech.SETTLED]
    assert rooms.replies == []


def test_a_key_that_could_not_be_acted_on_is_kept_and_acted_on_later(
    app: Flask,
    served: str,
    carrier: FakeCarrier,
    post: Post,
    sender: Sender,
    rooms: Rooms,
    clock: ShiftedClock,
) -> None:
    rooms.deaf = True
    intent = call(post)
    carrier.people.on_calls[intent.to] = ["1"]
    sender.run_once()
    carrier.settle()
    assert carrier.calls()[0].heard[-1] == speech.LATER
    [key] = keys(post)
    assert key.processed_at is None
    rooms.deaf = False
    clock.advance(seconds=5)
    lookout.backlog(app)
    [reply] = rooms.replies
    assert (reply.text, reply.on_line) == ("1", False)


@pytest.mark.engine("sqlite")
def test_a_key_that_could_not_be_kept_is_asked_for_again(
    served: str,
    carrier: FakeCarrier,
    post: Post,
    sender: Sender,
    rooms: Rooms,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from app.messaging.actions import incoming

    store, tries = incoming.store, []

    def fails_once(*args: Any, **more: Any) -> Any:
        tries.append(1)
        if len(tries) == 1:
            raise RuntimeError("the disk is full")
        return store(*args, **more)

    monkeypatch.setattr(incoming, "store", fails_once)
    intent = call(post)
    carrier.people.on_calls[intent.to] = ["1", "1"]
    sender.run_once()
    carrier.settle()
    assert speech.NOT_TAKEN in carrier.calls()[0].heard
    assert [reply.text for reply in rooms.replies] == ["1"]


def test_the_same_press_posted_twice_counts_once_and_is_answered_alike(
    app: Flask, served: str, carrier: FakeCarrier, post: Post, sender: Sender, rooms: Rooms
) -> None:
    from twilio.request_validator import RequestValidator

    rooms.says = "Expected by 04:30."
    call(post)
    sender.run_once()
    carrier.settle()
    url = f"{carrier.calls()[0].url.partition('#')[0]}/key?asked=1&wrong=0"
    form = {"CallSid": carrier.calls()[0].sid, "Digits": "1"}
    signature = RequestValidator(carrier.settings.auth_token).compute_signature(url, form)
    path = url.removeprefix(served)
    client = app.test_client()
    said = [client.post(path, data=form, headers={"X-Twilio-Signature": signature}).text for _ in range(2)]
    assert said[0] == said[1]
    assert "Expected by 04:30." in said[0]
    assert len(rooms.replies) == 1
    assert client.post(path, data=form, headers={"X-Twilio-Signature": "forged"}).status_code == 403
    assert client.post(path, data=form).status_code == 403


@pytest.mark.engine("sqlite")
def test_a_call_nobody_knows_says_nothing(
    app: Flask, served: str, carrier: FakeCarrier, post: Post, sender: Sender, rooms: Rooms
) -> None:
    text = post.ask(key="text")
    sender.run_once()
    carrier.settle()
    [attempt] = post.attempts(text)
    for attempt_id in ("nothing", attempt.id):
        result = carrier_call(carrier, f"{served}/webhooks/twilio/voice/{attempt_id}")
        assert APPLICATION_ERROR not in result
        assert result == []


def carrier_call(carrier: FakeCarrier, url: str) -> list[str]:
    from tests.support.twilio import carrier_at

    client = carrier_at(carrier.url)._client
    sid = client.calls.create(to="+12025550177", from_=carrier.settings.default_sender, url=url).sid
    carrier.settle()
    return carrier.ledger.call_by_sid[sid].heard


@pytest.mark.engine("sqlite")
@pytest.mark.parametrize("kind", ["early", "duplicate", "reversed", "lost", "late"])
def test_i5_callbacks_of_calls_may_come_in_any_way(
    kind: str, served: str, carrier: FakeCarrier, post: Post, sender: Sender, rooms: Rooms
) -> None:
    carrier.fault(kind, delay=0.02)
    intent = call(post)
    carrier.people.on_calls[intent.to] = ["1"]
    sender.run_once()
    carrier.settle()
    assert post.state(intent) == "delivered"  # even when all are lost: we were asked what to say
    assert rooms.stages(intent) == ["sent", "delivered"]
    assert len(rooms.replies) == 1


@pytest.mark.engine("sqlite")
@pytest.mark.parametrize("kind", ["error_after", "reset_after", "garbage"])
def test_i3_a_call_without_an_answer_is_found_by_its_number(
    kind: str,
    app: Flask,
    served: str,
    carrier: FakeCarrier,
    post: Post,
    sender: Sender,
    clock: ShiftedClock,
) -> None:
    carrier.fault(kind)
    carrier.fault("lost")
    carrier.fault("no_answer")
    intent = call(post)
    sender.run_once()
    carrier.settle()
    assert post.state(intent) == "unknown"
    clock.advance(seconds=31)
    lookout.look(app)
    assert post.state(intent) in ("sent", "pending")
    assert len(carrier.calls()) == 1
    [attempt] = post.attempts(intent)
    assert attempt.carrier_id == carrier.calls()[0].sid


@pytest.mark.engine("sqlite")
def test_i3_a_call_the_carrier_does_not_know_is_placed_once_more(
    app: Flask, served: str, carrier: FakeCarrier, post: Post, sender: Sender, clock: ShiftedClock
) -> None:
    carrier.fault("error_before", times=1)
    intent = call(post)
    sender.run_once()
    clock.advance(seconds=31)
    lookout.look(app)
    sender.run_once()
    carrier.settle()
    assert [attempt.extra for attempt in post.attempts(intent)] == [False, True]
    assert len(carrier.calls()) == 1
