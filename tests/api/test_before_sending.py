"""What is shown before a call-out is sent, at the API and on the page: the same as what is then sent."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.activation import actions, before
from app.activation.before import Terms
from app.activation.models import Candidate
from app.core.db import Database, UnitOfWork
from app.messaging.actions import Wish, request_all
from app.messaging.channels import Channel
from app.messaging.models import Intent, SenderState
from app.messaging.senders import Sender, SenderKind
from app.messaging.states import IntentState
from app.staffing.models import ContactMethod, Person, Skill
from config.settings import Prices
from tests.support.callouts import declared, questions
from tests.support.client import PageClient
from tests.support.hospital import Hospital
from tests.support.phones import intents

OPERATIONS = "operations_section_chief"  # its list: Gita, Ben
LONG = Sender("+12025550100", SenderKind.LONG_CODE, Channel.SMS, 1.0)
CALLER = Sender("+12025550101", SenderKind.CALLER, Channel.VOICE, 1.0)


@pytest.fixture
def incident(db: Database, hospital: Hospital):
    return declared(db, hospital)


@pytest.fixture
def senders(monkeypatch: pytest.MonkeyPatch) -> None:
    """A long code and a caller, with prices."""
    terms = Terms("http://localhost", (LONG, CALLER), Prices(segment=100, minute=200), 6)
    monkeypatch.setattr(before, "terms", lambda _settings: terms)


def reach_by(db: Database, person: Person, channel: str, address: str, *, alone: bool = False) -> None:
    def change(uow: UnitOfWork) -> None:
        if alone:
            uow.session.execute(sa.delete(ContactMethod).where(ContactMethod.person_id == person.id))
        uow.session.add(
            ContactMethod(id=uow.new_id(), person_id=person.id, channel=channel, address=address, rank=2)
        )

    db.transact(change)


def write_often(db: Database, person: Person, number: int, lane: int = 2) -> None:
    """So many messages have left lately."""

    def write(uow: UnitOfWork) -> None:
        contact = person.contacts[0]
        wishes = [
            Wish(
                "notice",
                uow.new_id(),
                None,
                person.id,
                contact.id,
                contact.address,
                "Hi",
                f"n{lane}-{n}",
                lane,
            )
            for n in range(number)
        ]
        made = [intent.id for intent in request_all(uow, wishes)]
        change = sa.update(Intent).where(Intent.id.in_(made))
        uow.session.execute(change.values(state=IntentState.DELIVERED, sent_at=uow.now - timedelta(hours=1)))

    db.transact(write)


def test_the_api_shows_what_is_then_sent(commander: PageClient, senders, db, hospital, incident):
    reach_by(db, hospital.people[6], "voice", "+12025550166")
    reach_by(db, hospital.people[2], "voice", "+12025550162", alone=True)
    base = f"/incidents/{incident.id}/callouts"
    groups = [{"skill": "icu_nurse", "needed": 2, "within_minutes": 60}]
    wanted = {"positions": [OPERATIONS], "groups": groups, "text": "Lobby"}
    shown = commander.api("POST", f"{base}/preview", 200, wanted)
    assert questions(db) == []
    assert shown["people"] == 3
    assert {one["words"]: one["people"] for one in shown["reach"]} == {
        "by text, and by call without an answer": 1,
        "by text": 1,
        "by call only": 1,
    }
    first = shown["slots"][0]
    assert (first["first"], first["listed"]) == (["Gita Lund"], ["Gita Lund", "Ben Orso"])
    assert {(way["channel"], way["messages"]) for way in shown["now"]} == {("sms", 2), ("voice", 1)}
    texts, _ = shown["now"]
    assert texts["seconds"] == texts["units"] == 4
    assert shown["cost"] == 4 * 100 + 1 * 200
    assert shown["cost_at_most"] > shown["cost"]
    assert shown["seconds_by_sender"][0] == {"sender": "one long code", "seconds": 4}

    commander.api("POST", base, 201, wanted)
    asked = {q.person_name for q in questions(db)}
    assert asked == {name for slot in shown["slots"] for name in slot["first"]}
    body = next(m["body"] for m in first["messages"] if m["channel"] == "sms")
    sent = intents(db, hospital.people[6], "question")[-1].body
    assert len(sent) == len(body)
    assert sent.split("/a/")[0] == body.split("/a/")[0]
    assert len([i for i in intents(db) if i.purpose == "question"]) == 3


def test_what_will_go_wrong_stands_first(commander: PageClient, db, hospital, incident):
    wanted = {"positions": ["liaison_officer", OPERATIONS], "groups": [{"skill": "icu_nurse", "needed": 9}]}
    shown = commander.api("POST", f"/incidents/{incident.id}/callouts/preview", 200, wanted)
    words = [warning["words"] for warning in shown["warnings"] if warning["weight"] == "act"]
    assert "Liaison Officer: nobody can be asked, 1 needed." in words
    assert "ICU nurse: only 2 can be asked, 9 needed." in words


def test_a_channel_without_a_sender_is_said(commander: PageClient, senders, db, hospital, incident):
    reach_by(db, hospital.people[6], "email", "gita@example.org", alone=True)
    wanted = {"positions": [OPERATIONS]}
    shown = commander.api("POST", f"/incidents/{incident.id}/callouts/preview", 200, wanted)
    assert "No sender can take mails" in shown["warnings"][0]["words"]
    assert [way["seconds"] for way in shown["now"]] == [None]


@pytest.mark.parametrize(
    ("exercise", "informs", "held"), [(True, False, 1), (False, True, 1), (False, False, 0)]
)
def test_who_has_had_many_messages_is_held_back_only_where_that_may_be(
    commander: PageClient, db, hospital, exercise, informs, held
):
    incident = declared(db, hospital, exercise=exercise)
    write_often(db, hospital.people[2], 6)
    write_often(db, hospital.people[5], 5)
    wanted = {"groups": [{"skill": "icu_nurse", "needed": 1, "informs": informs}]}
    base = f"/incidents/{incident.id}/callouts"
    shown = commander.api("POST", f"{base}/preview", 200, wanted)
    [slot] = shown["slots"]
    assert len(slot["listed"]) == 2 - held
    assert [one["why"] for one in slot["left_out"]] == ["has had 6 messages in 24 h, held back"][:held]
    assert any("This is real" in w["words"] for w in shown["warnings"]) is not bool(held)
    free = commander.api("POST", f"{base}/preview", 200, wanted | {"hold_back": False})
    assert len(free["slots"][0]["listed"]) == 2
    assert any("Cleo Vance (6)" in w["words"] for w in free["warnings"])
    commander.api("POST", base, 201, wanted)
    with db.read() as session:
        assert len(session.scalars(sa.select(Candidate)).all()) == 2 - held


def test_who_was_held_back_stays_so_when_the_list_is_begun_again(commander: PageClient, db, hospital, act):
    incident = declared(db, hospital, exercise=True)
    write_often(db, hospital.people[2], 6)
    wanted = {"groups": [{"skill": "icu_nurse", "needed": 1}]}
    made = commander.api("POST", f"/incidents/{incident.id}/callouts", 201, wanted)
    act(actions.ask_again, hospital.command_staff, made["slots"][0]["id"])
    assert {q.person_name for q in questions(db)} == {"Finn Sayer"}


def test_urgent_messages_and_old_ones_are_not_counted(commander: PageClient, db, hospital, clock):
    incident = declared(db, hospital, exercise=True)
    write_often(db, hospital.people[2], 20, lane=1)
    write_often(db, hospital.people[5], 20)
    clock.advance(hours=24)
    wanted = {"groups": [{"skill": "icu_nurse", "needed": 1}]}
    shown = commander.api("POST", f"/incidents/{incident.id}/callouts/preview", 200, wanted)
    assert shown["slots"][0]["left_out"] == []


def test_a_sender_that_has_stopped_is_said_and_not_counted_on(
    commander: PageClient, senders, db, hospital, incident, act, clock
):
    def stop(uow: UnitOfWork) -> None:
        for sender in (LONG, CALLER):
            uow.session.add(
                SenderState(
                    channel=sender.channel,
                    sender=sender.address,
                    kind=sender.kind.value,
                    rate=sender.rate,
                    free_at=uow.now,
                    stopped_since=uow.now if sender is LONG else None,
                    reason="The sender is not registered." if sender is LONG else None,
                )
            )

    act(stop)
    shown = commander.api(
        "POST", f"/incidents/{incident.id}/callouts/preview", 200, {"positions": [OPERATIONS]}
    )
    words = [warning["words"] for warning in shown["warnings"]]
    assert any("has stopped: The sender is not registered." in one for one in words)
    assert not any("+1202" in one for one in words)
    assert any("No sender can take texts" in one for one in words)


@pytest.mark.engine("sqlite")
def test_staff_may_not_look_before(app, hospital, incident):
    staff = PageClient(app, hospital.staff)
    staff.api("POST", f"/incidents/{incident.id}/callouts/preview", 403, {"positions": [OPERATIONS]})


def test_the_page_shows_times_and_costs_and_keeps_what_was_chosen(
    commander: PageClient, senders, db, hospital, incident
):
    url = f"/incidents/{incident.id}/callouts/new"
    chosen = {
        "positions": [OPERATIONS],
        "group": "skill:icu_nurse",
        "needed": "2",
        "within_minutes": "60",
        "chain": "quick",
        "inform": "skill:security_manager",
        "text": "Lobby",
    }
    page = " ".join(commander.post(url, chosen, 200).text.split())
    assert "Send to 4 people" in page
    assert "about USD 0.0" in page
    assert "Text and call at once" in page
    assert "one long code" in page
    again = commander.post(url, chosen | {"change": "1"}, 200).text
    assert 'value="Lobby"' in again
    assert 'value="skill:security_manager" selected' in again
    sent = commander.post(url, chosen | {"send": "1"})
    assert "for information" in commander.get(sent.location).text


def test_a_character_that_makes_texts_longer_is_named_and_can_be_replaced(
    commander: PageClient, db, hospital, incident
):
    url = f"/incidents/{incident.id}/callouts/new"
    wanted = {"positions": [OPERATIONS], "text": "Use the “north” ramp → lobby"}
    page = commander.post(url, wanted, 422).text
    assert "→" in page
    assert "Use this text" in page
    page = commander.post(url, wanted | {"plain": "1"}, 200).text
    assert "Use the &#34;north&#34; ramp -&gt; lobby" in page


@pytest.mark.engine("sqlite")
def test_twelve_hundred_people_are_looked_at_within_a_second(commander: PageClient, db, hospital, incident):
    def hire(uow: UnitOfWork) -> None:
        people, contacts, skills = [], [], []
        for n in range(1200):
            person_id = uow.new_id()
            people.append({"id": person_id, "facility_id": hospital.facility.id, "name": f"Nurse {n:04d}"})
            people[-1] |= {"job_title": "Nurse", "department": "", "active": True, "travel_minutes": n % 90}
            address = f"+1202555{n:04d}"
            contacts.append(
                {"id": uow.new_id(), "person_id": person_id, "channel": "sms", "address": address}
            )
            contacts[-1] |= {"rank": 1}
            skills.append({"person_id": person_id, "slug": "nurse"})
        for table, rows in ((Person, people), (ContactMethod, contacts), (Skill, skills)):
            uow.session.execute(sa.insert(table), rows)

    db.transact(hire)
    wanted = {"groups": [{"skill": "nurse", "needed": 600}]}
    took = []
    for _ in range(2):
        began = time.process_time()
        shown = commander.api("POST", f"/incidents/{incident.id}/callouts/preview", 200, wanted)
        took.append(time.process_time() - began)
    assert shown["people"] == 1200
    assert min(took) < 1.0, took
