"""The engine and its webhooks against the fake carrier, over HTTP and through Twilio's own client."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core.db import Database
from app.messaging import lookout, queries
from app.messaging.actions import supersede
from app.messaging.models import CarrierEvent
from app.messaging.worker import Sender
from config.settings import Settings
from tests.fakes.carrier import FakeCarrier
from tests.fakes.carrier.ledger import Webhook
from tests.integration.messaging.conftest import Post, Rooms, ShiftedClock


@pytest.fixture
def settings(twilio_settings: Settings) -> Settings:
    return twilio_settings


@pytest.fixture
def clock() -> ShiftedClock:
    return ShiftedClock()


def answered(carrier: FakeCarrier) -> list[int | None]:
    return [webhook.answered for webhook in carrier.ledger.webhooks]


def test_a_call_out_from_request_to_answer(
    app: Flask, served: str, carrier: FakeCarrier, post: Post, sender: Sender, rooms: Rooms
) -> None:
    intents = [post.ask(n, key=f"k{n}") for n in range(8)]
    assert sender.run_once() == 8
    assert carrier.settle()
    assert set(post.all_states()) == {"delivered"}
    assert all(rooms.stages(intent) == ["sent", "delivered"] for intent in intents)
    assert carrier.duplicates() == {}
    assert [carrier.inject(intent.to, "1") for intent in intents] == [200] * 8
    assert {reply.person_ids for reply in rooms.replies} == {(intent.person_id,) for intent in intents}
    assert all(reply.to == carrier.settings.default_sender for reply in rooms.replies)
    assert set(answered(carrier)) == {200, 204}


def test_texts_say_what_they_are(served: str, carrier: FakeCarrier, post: Post, sender: Sender) -> None:
    intent = post.ask(body="EXERCISE. Can you come? THIS IS AN EXERCISE")
    sender.run_once()
    [text] = carrier.accepted()
    assert text.body == f"EXERCISE. Can you come? Ref {intent.reference} THIS IS AN EXERCISE"
    assert (text.callback or "").startswith(f"{served}/webhooks/twilio/status/")


def test_validity_is_what_the_text_is_good_for(
    served: str, carrier: FakeCarrier, post: Post, sender: Sender, clock: ShiftedClock
) -> None:
    post.ask(expires_at=clock.now() + timedelta(minutes=10))
    sender.run_once()
    assert 590 <= (carrier.accepted()[0].valid_for or 0) <= 600


@pytest.mark.parametrize("kind", ["early", "duplicate", "reversed", "old_token"])
def test_i5_callbacks_may_come_in_any_way(
    kind: str, served: str, carrier: FakeCarrier, post: Post, sender: Sender, rooms: Rooms, app: Flask
) -> None:
    if kind == "old_token":  # ours is the next one by now; the carrier still signs with the one before
        rotate(app, carrier)
    carrier.fault(kind)
    intent = post.ask()
    sender.run_once()
    carrier.settle()
    assert post.state(intent) == "delivered"
    assert rooms.stages(intent) == ["sent", "delivered"]
    with post.db.read() as session:
        events = session.scalars(sa.select(CarrierEvent)).all()
    assert all(event.processed_at for event in events)


def rotate(app: Flask, carrier: FakeCarrier) -> None:
    """Both tokens are known while one takes the other's place."""
    from dataclasses import replace

    rt = app.extensions["muster"]
    account = replace(rt.settings.twilio, next_auth_token=carrier.settings.old_token)
    rt.settings = replace(rt.settings, twilio=account)


def test_callbacks_with_a_wrong_signature_change_nothing(
    served: str, carrier: FakeCarrier, post: Post, sender: Sender
) -> None:
    carrier.fault("bad_signature")
    intent = post.ask()
    sender.run_once()
    carrier.settle()
    assert set(answered(carrier)) == {403}
    assert post.state(intent) == "sent"


def test_i5_lost_callbacks_are_asked_for(
    app: Flask,
    served: str,
    carrier: FakeCarrier,
    post: Post,
    sender: Sender,
    clock: ShiftedClock,
    rooms: Rooms,
) -> None:
    carrier.fault("lost")
    intent = post.ask()
    sender.run_once()
    carrier.settle()
    assert post.state(intent) == "sent"
    assert lookout.look(app) == 0
    clock.advance(minutes=6)
    assert lookout.look(app) == 1
    assert post.state(intent) == "delivered"
    assert rooms.stages(intent) == ["sent", "delivered"]
    clock.advance(hours=6)
    assert lookout.look(app) == 0


def test_i2_without_a_receipt_a_text_ends_unconfirmed(
    app: Flask, served: str, carrier: FakeCarrier, post: Post, sender: Sender, clock: ShiftedClock
) -> None:
    carrier.fault("sent_only")
    intent = post.ask()
    sender.run_once()
    carrier.settle()
    for _ in range(8):
        clock.advance(minutes=15)
        lookout.look(app)
    assert post.state(intent) == "unconfirmed"
    assert lookout.look(app) == 0
    assert len(carrier.accepted()) == 1


@pytest.mark.parametrize("kind", ["error_after", "reset_after", "garbage"])
def test_i3_an_accepted_text_without_an_answer_is_found(
    kind: str,
    app: Flask,
    served: str,
    carrier: FakeCarrier,
    post: Post,
    sender: Sender,
    clock: ShiftedClock,
    rooms: Rooms,
) -> None:
    carrier.fault(kind)
    carrier.fault("lost")
    intent = post.ask()
    sender.run_once()
    carrier.settle()
    assert post.state(intent) == "unknown"
    assert sender.run_once() == 0
    assert lookout.look(app) == 0  # the carrier may still be at it
    clock.advance(seconds=31)
    lookout.look(app)
    assert sender.run_once() == 0
    assert post.state(intent) == "sent" or post.state(intent) == "delivered"
    assert len(carrier.accepted()) == 1
    assert "sent" in rooms.stages(intent)


@pytest.mark.parametrize("kind", ["error_before", "reset_before"])
def test_i3_a_text_the_carrier_does_not_know_is_sent_once_more(
    kind: str,
    app: Flask,
    served: str,
    carrier: FakeCarrier,
    post: Post,
    sender: Sender,
    clock: ShiftedClock,
) -> None:
    carrier.fault(kind, times=1)
    intent = post.ask()
    sender.run_once()
    clock.advance(seconds=31)
    lookout.look(app)
    assert sender.run_once() == 1
    carrier.settle()
    assert post.state(intent) == "delivered"
    assert len(carrier.accepted()) == 1
    with post.db.read() as session:
        assert queries.queue(session, clock.now()).extra == 1


def test_i3_while_the_carrier_cannot_be_asked_nothing_is_sent_again(
    app: Flask,
    served: str,
    carrier: FakeCarrier,
    post: Post,
    sender: Sender,
    clock: ShiftedClock,
    rooms: Rooms,
) -> None:
    carrier.fault("error_before")
    carrier.fault("error_before", on="list")
    intent = post.ask()
    sender.run_once()
    for _ in range(10):
        clock.advance(minutes=2)
        lookout.look(app)
        assert sender.run_once() == 0
    assert post.state(intent) == "unknown"
    clock.advance(hours=1)
    lookout.look(app)
    assert post.state(intent) == "failed"
    assert rooms.stages(intent) == ["failed"]


@pytest.mark.parametrize(
    ("code", "suspect", "opted_out"), [(21211, True, False), (21614, True, False), (21610, False, True)]
)
def test_a_refused_number_is_marked(
    code: int,
    suspect: bool,
    opted_out: bool,
    served: str,
    carrier: FakeCarrier,
    post: Post,
    sender: Sender,
    rooms: Rooms,
) -> None:
    carrier.fault("refuse", code=code)
    intent = post.ask()
    sender.run_once()
    assert post.state(intent) == "failed"
    assert rooms.stages(intent) == ["failed"]
    contact = post.contact()
    assert (contact.suspect_since is not None, contact.opted_out_at is not None) == (suspect, opted_out)
    assert "555" not in (post.intent(intent).error or "")


def test_an_unreachable_phone_is_tried_a_little_then_failed(
    served: str, carrier: FakeCarrier, post: Post, sender: Sender, clock: ShiftedClock, rooms: Rooms
) -> None:
    carrier.fault("undelivered", code=30003)
    intent = post.ask()
    for _ in range(6):
        sender.run_once()
        carrier.settle()
        clock.advance(minutes=4)
    assert len(carrier.accepted()) == 3
    assert post.state(intent) == "failed"
    assert rooms.stages(intent) == ["sent", "failed"]


def test_i4_no_retry_for_somebody_who_has_answered(
    served: str, carrier: FakeCarrier, post: Post, sender: Sender, clock: ShiftedClock, db: Database
) -> None:
    carrier.fault("undelivered", code=30003)
    intent = post.ask()
    sender.run_once()
    db.transact(supersede, subject_id=intent.subject_id)
    carrier.settle()
    clock.advance(hours=1)
    assert sender.run_once() == 0
    assert len(carrier.accepted()) == 1


def test_too_many_requests_are_sent_later(
    served: str, carrier: FakeCarrier, post: Post, sender: Sender, clock: ShiftedClock
) -> None:
    carrier.fault("too_many", times=5)
    for n in range(8):
        post.ask(n, key=f"k{n}")
    for _ in range(6):
        sender.run_once()
        clock.advance(minutes=1)
    carrier.settle()
    assert set(post.all_states()) == {"delivered"}
    assert carrier.duplicates() == {}


def test_a_callback_that_a_room_fails_on_is_done_later(
    app: Flask,
    served: str,
    carrier: FakeCarrier,
    post: Post,
    sender: Sender,
    clock: ShiftedClock,
    rooms: Rooms,
) -> None:
    intent = post.ask()
    carrier.fault("late", delay=0.3)
    sender.run_once()
    rooms.raises = True
    carrier.settle()
    assert set(answered(carrier)) == {204}
    assert post.state(intent) == "sent"
    rooms.raises = False
    clock.advance(seconds=10)
    lookout.backlog(app)
    assert post.state(intent) == "delivered"


def test_inbound_media_and_rcs_are_taken_politely(
    app: Flask, served: str, carrier: FakeCarrier, post: Post, rooms: Rooms
) -> None:
    from twilio.request_validator import RequestValidator

    url = f"{served}/webhooks/twilio/inbound"
    client = app.test_client()
    number = post.contact().address

    def take(**form: str) -> int:
        signature = RequestValidator(carrier.settings.auth_token).compute_signature(url, form)
        answer = client.post("/webhooks/twilio/inbound", data=form, headers={"X-Twilio-Signature": signature})
        assert "<Message>" not in answer.text
        return answer.status_code

    assert take(MessageSid="MM1", From=number, To="+12025550100", NumMedia="2") == 200
    assert take(MessageSid="SM2", From=f"rcs:{number}", To="rcs:us", Body="1") == 200
    assert take(MessageSid="SM2", From=f"rcs:{number}", To="rcs:us", Body="1") == 200
    assert take(MessageSid="SM3", From=number, Body="nope", OptOutType="STOP") == 200
    assert take(From=number, Body="1") == 422
    assert [reply.text for reply in rooms.replies] == ["", "1"]
    assert [reply.from_ for reply in rooms.replies] == [number, number]
    assert post.contact().opted_out_at is not None


def test_without_a_signature_nothing_is_taken(app: Flask, post: Post, rooms: Rooms) -> None:
    client = app.test_client()
    form = {"MessageSid": "SM1", "From": post.contact().address, "Body": "STOP"}
    for headers in ({}, {"X-Twilio-Signature": "nonsense"}):
        answer = client.post("/webhooks/twilio/inbound", data=form, headers=headers)
        assert answer.status_code == 403
    assert client.get("/webhooks/twilio/inbound").status_code == 405
    assert post.contact().opted_out_at is None


def test_stop_to_the_carrier_holds_everything_back(
    served: str, carrier: FakeCarrier, post: Post, sender: Sender
) -> None:
    number = post.contact().address
    carrier.inject(number, "STOP")
    intent = post.ask()
    assert intent.state.value == "refused"
    carrier.inject(number, "START")
    later = post.ask(key="later")
    sender.run_once()
    carrier.settle()
    assert post.state(later) == "delivered"
    assert [text.to for text in carrier.accepted()] == [number]


def test_no_phone_pages_beside_a_real_carrier(app: Flask, commander) -> None:  # type: ignore[no-untyped-def]
    assert "messaging.phones" not in app.view_functions
    commander.get("/phones", 404)


def _callbacks(carrier: FakeCarrier) -> list[Webhook]:
    return [webhook for webhook in carrier.ledger.webhooks if "/status/" in webhook.url]


def test_every_callback_has_a_row(
    served: str, carrier: FakeCarrier, post: Post, sender: Sender, look: Callable[[], int]
) -> None:
    carrier.fault("duplicate")
    post.ask()
    sender.run_once()
    carrier.settle()
    with post.db.read() as session:
        events = session.scalars(sa.select(CarrierEvent)).all()
    assert len(_callbacks(carrier)) == len(events) == 4
    assert sorted(event.status for event in events) == ["delivered", "delivered", "sent", "sent"]
