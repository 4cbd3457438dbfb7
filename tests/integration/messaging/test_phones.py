"""The simulated phones' pages, and people who answer by themselves."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from flask import Flask

from app.core.clock import ManualClock
from app.messaging import lookout
from app.messaging.actions.phones import SEED, set_pace
from app.messaging.models import SimText
from app.messaging.simulation import answer_plan
from app.messaging.worker import Sender
from tests.integration.messaging.conftest import Post, Rooms
from tests.support.client import PageClient
from tests.support.hospital import Hospital


def test_a_phone_shows_its_texts_and_answers(
    commander: PageClient, post: Post, sender: Sender, rooms: Rooms, hospital: Hospital
) -> None:
    assert "No texts yet" in commander.get("/phones").text
    post.ask(2, body="Can Cleo come? Reply 1.")
    sender.run_once()
    page = commander.get("/phones").text
    assert "Cleo Vance" in page
    assert hospital.phone(2) not in page
    phone = f"/phones/{hospital.people[2].id}"
    page = commander.get(phone).text
    assert "Can Cleo come?" in page
    assert hospital.phone(2) not in page
    commander.post(phone, {"text": " 1 "})
    assert [(reply.text, reply.person_ids) for reply in rooms.replies] == [("1", (hospital.people[2].id,))]
    assert "The answer was taken." in commander.get(phone).text
    assert "not answered" not in commander.get("/phones").text


def test_the_list_can_be_filtered(commander: PageClient, post: Post, sender: Sender) -> None:
    for n in range(4):
        post.ask(n, key=f"k{n}")
    sender.run_once()
    page = commander.get("/phones?name=orso").text
    assert "Ben Orso" in page
    assert "Cleo Vance" not in page
    assert "No such phone" in commander.get("/phones?name=%25").text


def test_an_empty_text_is_refused_in_words(commander: PageClient, hospital: Hospital) -> None:
    phone = f"/phones/{hospital.people[0].id}"
    assert "1 to 1600 characters" in commander.post(phone, {"text": " "}, 422).text
    assert "1 to 1600 characters" in commander.post(phone, {"text": "x" * 1601}, 422).text
    answer = commander.post(phone, {"text": ""}, 422, headers={"Accept": "application/json"})
    assert answer.content_type == "application/problem+json"
    commander.post("/phones/nobody", {"text": "1"}, 404)
    commander.get("/phones/nobody", 404)


def test_a_reply_from_a_page_that_stays_open_is_answered_in_json(
    commander: PageClient, hospital: Hospital
) -> None:
    phone = f"/phones/{hospital.people[0].id}"
    answer = commander.post(phone, {"text": "1"}, 200, headers={"Accept": "application/json"})
    assert answer.get_json() == {"message": "The answer was taken."}


def test_only_those_who_may_use_the_simulator(app: Flask, hospital: Hospital) -> None:
    staff = PageClient(app, hospital.staff)
    staff.get("/phones", 403)
    staff.post(f"/phones/{hospital.people[0].id}", {"text": "1"}, 403)
    staff.post("/phones/pace", {"pace": "1"}, 403)


def test_a_text_from_a_phone_needs_a_csrf_token(commander: PageClient, hospital: Hospital) -> None:
    answer = commander.http.post(f"/phones/{hospital.people[0].id}", data={"text": "1"})
    assert answer.status_code == 400


def test_people_answer_by_themselves_as_planned(
    app: Flask, commander: PageClient, post: Post, sender: Sender, rooms: Rooms, clock: ManualClock
) -> None:
    intents = [post.ask(n, key=f"k{n}") for n in range(8)]
    notice = post.ask(0, key="notice", purpose="notice", subject_id="told")
    sender.run_once()
    assert lookout.answer(app) == 0
    commander.post("/phones/pace", {"pace": "10"})
    assert "10 times faster" in commander.get("/phones").text
    lookout.answer(app)
    assert rooms.replies == []  # nobody is that quick
    plans = {intent.person_id: answer_plan(intent.subject_id, SEED) for intent in intents}
    half = sorted(plan.delay_seconds for plan in plans.values())[4]
    clock.advance(seconds=half / 10)
    lookout.answer(app)
    due = {who for who, plan in plans.items() if plan.delay_seconds <= half and plan.digit}
    assert {reply.person_ids[0] for reply in rooms.replies} == due
    clock.advance(hours=1)
    lookout.answer(app)
    lookout.answer(app)
    assert {reply.person_ids[0]: reply.text for reply in rooms.replies} == {
        who: plan.digit for who, plan in plans.items() if plan.digit
    }
    with post.db.read() as session:
        assert session.scalars(sa.select(SimText).where(SimText.open)).all() == []
    assert post.state(notice) == "delivered"


def test_who_was_answered_for_by_hand_does_not_answer_again(
    app: Flask, commander: PageClient, post: Post, sender: Sender, rooms: Rooms, clock: ManualClock
) -> None:
    intent = post.ask()
    sender.run_once()
    commander.post(f"/phones/{intent.person_id}", {"text": "9"})
    post.db.transact(set_pace, post.hospital.commander, pace=60)
    clock.advance(hours=2)
    lookout.answer(app)
    assert [reply.text for reply in rooms.replies] == ["9"]


def test_a_pace_there_is_not(commander: PageClient) -> None:
    assert "one of 0, 1, 10, 60" in commander.post("/phones/pace", {"pace": "7"}, 422).text
    commander.post("/phones/pace", {"pace": "\N{SUPERSCRIPT TWO}"}, 422)


def test_no_webhooks_without_a_carrier(client: PageClient) -> None:
    answer = client.http.post("/webhooks/twilio/inbound", data={"From": "+12025550101", "Body": "STOP"})
    assert answer.status_code == 404
    assert client.http.post("/webhooks/twilio/status/x").status_code == 404


def test_times_are_the_hospitals(commander: PageClient, post: Post, sender: Sender) -> None:
    intent = post.ask()
    sender.run_once()
    assert "04:00" in commander.get(f"/phones/{intent.person_id}").text
    assert timedelta(0) == post.intent(intent).created_at.utcoffset()
