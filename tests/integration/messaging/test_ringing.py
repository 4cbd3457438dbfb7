"""Simulated phones that ring, and simulated mailboxes."""

from __future__ import annotations

from collections import Counter

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core.clock import ManualClock
from app.messaging import lookout
from app.messaging.actions.phones import SEED
from app.messaging.channels import Channel
from app.messaging.models import InboundText, Intent, Ring, SimText
from app.messaging.simulation import CALLED, call_plan
from app.messaging.worker import Sender
from app.staffing.models import ContactMethod
from tests.integration.messaging.conftest import Post, Rooms
from tests.support.client import PageClient
from tests.support.hospital import Hospital

BODY = "EXERCISE. Triage Unit Leader needed. Reply 1 coming within 30 min, 9 cannot come. THIS IS AN EXERCISE"
MAIL = "ana@muster.example"


def ringing(post: Post) -> list[SimText]:
    with post.db.read() as session:
        return list(session.scalars(sa.select(SimText).where(SimText.ring.is_not(None)).order_by(SimText.id)))


def rung(post: Post, sender: Sender, index: int = 0, key: str = "k") -> tuple[Intent, str, str]:
    """A call that rings: what it is for, the person's page, and where to deal with the call."""
    intent = post.reach(index, key, BODY, channel=Channel.VOICE)
    sender.run_once()
    phone = f"/phones/{intent.person_id}"
    return intent, phone, f"{phone}/calls/{ringing(post)[-1].id}"


def test_a_phone_rings_is_answered_and_a_key_is_an_answer(
    commander: PageClient, post: Post, sender: Sender, rooms: Rooms
) -> None:
    rooms.says = "EXERCISE. Expected by 04:30. THIS IS AN EXERCISE"
    post.ask(key="text as well")
    intent, phone, call = rung(post, sender)
    assert post.state(intent) == "sent"
    assert "ringing" in commander.get("/phones").text
    assert "The phone is ringing" in commander.get(phone).text
    commander.post(call, {"do": "pick up"})
    assert post.state(intent) == "delivered"
    page = commander.get(phone).text
    assert "Press 1 coming within 30 minutes" in page
    commander.post(f"{call}/key", {"key": "1"})
    [reply] = rooms.replies
    assert (reply.channel, reply.text, reply.subject_id) == ("voice", "1", intent.subject_id)
    page = commander.get(phone).text
    assert page.index("key pressed in a call") < page.rindex("Expected by 04:30.")
    assert "not answered" not in commander.get("/phones").text
    assert "In a call" not in page
    assert "call, picked up" in page
    commander.post(f"{call}/key", {"key": "1"}, 409)
    assert len(rooms.replies) == 1


@pytest.mark.engine("sqlite")
def test_a_wrong_key_is_told_and_the_call_goes_on(
    commander: PageClient, post: Post, sender: Sender, rooms: Rooms
) -> None:
    _, phone, call = rung(post, sender)
    commander.post(call, {"do": "pick up"})
    commander.post(f"{call}/key", {"key": "5"})
    page = commander.get(phone).text
    assert "That key is not offered. The keys are 1, 2, 3 and 9." in page
    assert "In a call" in page
    commander.post(call, {"do": "hang up"})
    assert rooms.replies == []
    with post.db.read() as session:
        assert session.scalars(sa.select(InboundText.outcome)).all() == ["wrong key"]


@pytest.mark.parametrize(("done", "ring"), [("decline", Ring.DECLINED), ("let it ring", Ring.MISSED)])
@pytest.mark.engine("sqlite")
def test_a_call_that_is_not_picked_up_comes_again(
    commander: PageClient, post: Post, sender: Sender, clock: ManualClock, done: str, ring: Ring
) -> None:
    intent, _, call = rung(post, sender)
    commander.post(call, {"do": done})
    assert post.state(intent) == "pending"
    clock.advance(minutes=1)
    sender.run_once()
    assert [one.ring for one in ringing(post)] == [ring, Ring.RINGING]
    commander.post(call, {"do": "pick up"}, 409)


@pytest.mark.engine("sqlite")
def test_a_phone_rings_out(app: Flask, post: Post, sender: Sender, clock: ManualClock) -> None:
    intent, _, _ = rung(post, sender)
    clock.advance(seconds=29)
    assert lookout.answer(app) == 0
    clock.advance(seconds=2)
    assert lookout.answer(app) == 1
    assert ringing(post)[0].ring is Ring.MISSED
    assert post.state(intent) == "pending"
    [attempt] = post.attempts(intent)
    assert attempt.detail == "Nobody picked up."


@pytest.mark.engine("sqlite")
def test_people_pick_up_and_press_as_planned(
    app: Flask, commander: PageClient, post: Post, sender: Sender, rooms: Rooms, clock: ManualClock
) -> None:
    intents = [post.reach(n, f"k{n}", BODY, channel=Channel.VOICE) for n in range(8)]
    sender.run_once()
    commander.post("/phones/pace", {"pace": "1"})
    plans = {intent.person_id: call_plan(intent.subject_id, SEED, CALLED) for intent in intents}
    for _ in range(16):
        clock.advance(seconds=3)
        lookout.answer(app)
    pressed = {reply.person_ids[0]: reply.text for reply in rooms.replies}
    assert pressed == {who: plan.keys[-1] for who, plan in plans.items() if plan.picks_up and plan.keys}
    rings = Counter(one.ring for one in ringing(post))
    assert rings[Ring.ENDED] == sum(plan.picks_up for plan in plans.values())
    assert rings[Ring.ENDED] + rings[Ring.MISSED] == 8


@pytest.mark.engine("sqlite")
def test_fewer_answer_at_night(
    app: Flask, commander: PageClient, post: Post, sender: Sender, rooms: Rooms, clock: ManualClock
) -> None:
    for n in range(8):
        post.reach(n, f"k{n}", BODY, channel=Channel.VOICE)
        post.ask(n, f"t{n}")
    sender.run_once()
    commander.post("/phones/pace", {"pace": "60", "night": "1"})
    assert "41 of 100 a call" in commander.get("/phones").text
    for _ in range(10):
        clock.advance(seconds=20)
        lookout.answer(app)
    assert len(rooms.replies) < 12


@pytest.mark.engine("sqlite")
def test_a_mailbox_holds_mails_with_their_link(
    commander: PageClient, post: Post, sender: Sender, hospital: Hospital
) -> None:
    person = hospital.people[0]

    def add(uow) -> str:  # type: ignore[no-untyped-def]
        mailbox = ContactMethod(id=uow.new_id(), person_id=person.id, channel="email", address=MAIL, rank=2)
        uow.session.add(mailbox)
        return mailbox.id

    contact_id = post.db.transact(add)
    body = "Come? Answer at https://m.example/a/secret <b>now</b>"
    intent = post.reach(
        0, "mail", body, channel=Channel.EMAIL, to=MAIL, contact_id=contact_id, title="Call-out"
    )
    sender.run_once()
    assert post.state(intent) == "sent"  # nobody ever knows whether a mail arrived
    page = commander.get(f"/phones/{person.id}").text
    assert "Mailbox" in page
    assert "Call-out" in page
    assert 'href="https://m.example/a/secret"' in page
    assert "&lt;b&gt;now" in page
    assert MAIL not in page
    listed = commander.get("/phones").text
    assert "mailbox" in listed
    assert MAIL not in listed


@pytest.mark.engine("sqlite")
def test_what_cannot_be_done_to_a_call_is_said(
    app: Flask, commander: PageClient, post: Post, sender: Sender, hospital: Hospital
) -> None:
    _, phone, call = rung(post, sender)
    assert "pick up, decline" in commander.post(call, {"do": "sing"}, 422).text
    assert "one digit" in commander.post(f"{call}/key", {"key": "#"}, 422).text
    commander.post(f"{phone}/calls/nothing", {"do": "decline"}, 404)
    commander.post(call, {"do": "hang up"}, 409)
    PageClient(app, hospital.staff).post(call, {"do": "pick up"}, 403)
