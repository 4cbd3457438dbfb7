"""Replies from phones (promise I6): shared phones, second phones, letters, mistakes, late words."""

from __future__ import annotations

import pytest
from flask import Flask

from app.activation import actions
from app.activation.candidates import Group
from app.activation.models import Answer
from app.core.clock import ManualClock
from app.core.db import Database
from app.messaging.actions.incoming import receive
from app.messaging.worker import Sender
from app.staffing.models import ContactMethod, Skill
from tests.support.callouts import called, declared, events, holder, kinds, question_to, questions, slots
from tests.support.phones import deliver, hand_over, intents, last_text, reply

OPERATIONS = "operations_section_chief"  # its list: Gita, Ben
MEDICAL = "medical_care_branch_director"  # its list: Ben, Hal, Cleo
LOGISTICS = "logistics_section_chief"  # its list: Edda
SECOND = "+12025550199"


def add_phone(db: Database, person, number: str) -> None:
    def add(uow) -> None:
        uow.session.add(
            ContactMethod(id=uow.new_id(), person_id=person.id, channel="sms", address=number, rank=2)
        )

    db.transact(add)


def test_a_reply_from_a_second_phone_counts_and_is_acknowledged_there(db, hospital):
    incident = declared(db, hospital)
    add_phone(db, hospital.people[6], SECOND)
    called(db, hospital, incident, OPERATIONS)
    assert reply(db, SECOND, "1")
    assert holder(db, incident, OPERATIONS).person_name == "Gita Lund"
    assert intents(db, hospital.people[6], "ack")[-1].to == SECOND


def test_one_phone_with_two_people_gets_two_letters_and_asks_which(db, hospital):
    edda, gita = hospital.people[4], hospital.people[6]
    add_phone(db, edda, hospital.phone(6))

    def first(uow) -> None:
        for contact in edda.contacts:
            uow.session.get(ContactMethod, contact.id).rank = 9

    db.transact(first)
    incident = declared(db, hospital)
    called(db, hospital, incident, OPERATIONS, LOGISTICS)
    assert "Reply 1B coming within 30 min, 2B within 60" in last_text(db, edda)
    assert reply(db, hospital.phone(6), "1")
    assert holder(db, incident, OPERATIONS) is None
    which = intents(db, purpose="ack")[-1].body
    assert "You have 2 questions" in which
    assert "A for Operations Section Chief" in which
    assert "B for Logistics Section Chief" in which
    assert reply(db, hospital.phone(6), "2b")
    assert holder(db, incident, LOGISTICS).person_id == edda.id
    assert reply(db, hospital.phone(6), "1")
    assert holder(db, incident, OPERATIONS).person_id == gita.id


def test_a_person_asked_in_two_incidents_answers_each_by_its_letter(db, hospital):
    one, two = declared(db, hospital), declared(db, hospital, exercise=True)
    called(db, hospital, one, OPERATIONS)
    called(db, hospital, two, OPERATIONS)
    assert [q.code for q in questions(db)] == ["A", "B"]
    reply(db, hospital.phone(6), "1")
    assert holder(db, one, OPERATIONS) is None
    reply(db, hospital.phone(6), "9B")
    reply(db, hospital.phone(6), "1A")
    assert holder(db, one, OPERATIONS).person_name == "Gita Lund"
    assert holder(db, two, OPERATIONS) is None


def test_letters_rest_for_a_day(db, hospital, act, clock: ManualClock):
    incident = declared(db, hospital)
    for hours in (0, 12, 13):
        clock.advance(hours=hours)
        callout = called(db, hospital, incident, OPERATIONS)
        act(actions.stop_callout, hospital.command_staff, callout.id, reason="Not now")
    assert [q.code for q in questions(db)] == ["A", "B", "A"]


@pytest.mark.parametrize("text", ["yes", "👍", "5", "on my way", "1 or 2", ""])
@pytest.mark.engine("sqlite")
def test_a_mistyped_reply_is_told_what_is_allowed_and_changes_nothing(db, hospital, text):
    incident = declared(db, hospital)
    called(db, hospital, incident, OPERATIONS)
    before = kinds(db, incident)
    assert reply(db, hospital.phone(6), text)
    assert "reply 1 coming within 30 min" in last_text(db, hospital.people[6])
    written = ["message.received"] if text not in ("5", "") else []
    assert kinds(db, incident) == before + written
    assert question_to(db, hospital.people[6]).state == "open"
    with db.read() as session:
        assert [a.digit for a in session.query(Answer)] == [None]


def test_two_machines_do_not_write_to_each_other_for_ever(db, hospital):
    incident = declared(db, hospital)
    called(db, hospital, incident, OPERATIONS)
    for _ in range(10):
        reply(db, hospital.phone(6), "I am driving and will answer later")
    assert len(intents(db, hospital.people[6], "ack")) == 3
    reply(db, hospital.phone(6), "1")
    assert holder(db, incident, OPERATIONS).person_name == "Gita Lund"


def test_unknown_phones_and_people_who_were_not_asked_change_nothing(db, hospital):
    incident = declared(db, hospital)
    called(db, hospital, incident, OPERATIONS)
    before = kinds(db, incident)
    assert not reply(db, "+12025550177", "1")
    assert not reply(db, hospital.phone(3), "1")
    assert kinds(db, incident) == before
    assert holder(db, incident, OPERATIONS) is None


def test_a_late_no_is_recorded_and_asks_nobody_further(db, hospital):
    incident = declared(db, hospital)
    called(db, hospital, incident, OPERATIONS, at_once=2)
    hand_over(db)
    reply(db, hospital.phone(1), "1")
    reply(db, hospital.phone(6), "9")
    late = events(db, incident, "answer.received")[-1]
    assert (late["outcome"], late["late"]) == ("cannot_come", True)
    assert holder(db, incident, OPERATIONS).person_name == "Ben Orso"


def test_somebody_stood_down_is_taken_when_the_place_is_free_again(db, hospital):
    incident = declared(db, hospital)
    called(db, hospital, incident, OPERATIONS, at_once=2)
    hand_over(db)
    reply(db, hospital.phone(1), "1")
    reply(db, hospital.phone(6), "1")
    reply(db, hospital.phone(1), "9")
    assert slots(db)[0].state in ("open", "exhausted")
    reply(db, hospital.phone(6), "1")
    assert holder(db, incident, OPERATIONS).person_name == "Gita Lund"


def test_a_group_member_who_cannot_come_after_all_is_replaced(db, hospital):
    people = hospital.people[1:4]

    def give(uow) -> None:
        uow.session.add_all(Skill(person_id=p.id, slug="on_call") for p in people)

    db.transact(give)
    incident = declared(db, hospital)
    called(db, hospital, incident, groups=[Group("on_call", None, 1, at_once=1)])
    reply(db, hospital.phone(1), "1")
    assert slots(db)[0].state == "filled"
    reply(db, hospital.phone(1), "9")
    assert slots(db)[0].state == "open"
    assert [q.person_name for q in questions(db, "open")] == ["Cleo Vance"]


def test_nothing_is_sent_to_who_has_opted_out_before_being_asked(db, hospital, act, clock):
    """I4: as of the asking; the next on the list is asked instead."""
    incident = declared(db, hospital)
    called(db, hospital, incident, OPERATIONS)

    def opt_out(uow) -> None:
        uow.session.get(ContactMethod, hospital.people[1].contacts[0].id).opted_out_at = uow.now

    db.transact(opt_out)
    reply(db, hospital.phone(6), "9")
    assert [q.person_name for q in questions(db)] == ["Gita Lund"]
    assert slots(db)[0].state == "exhausted"


def test_the_roster_edited_during_a_call_out_does_not_change_its_list(db, hospital, act):
    incident = declared(db, hospital)
    called(db, hospital, incident, MEDICAL)

    def drop(uow) -> None:
        from app.staffing.models import DepthEntry

        for entry in uow.session.query(DepthEntry).filter_by(position_slug=MEDICAL):
            uow.session.delete(entry)

    db.transact(drop)
    reply(db, hospital.phone(1), "9")
    assert [q.person_name for q in questions(db, "open")] == ["Hal Brook"]


def test_from_the_call_out_over_simulated_phones_and_back(app: Flask, db, hospital):
    incident = declared(db, hospital)
    called(db, hospital, incident, OPERATIONS)
    Sender(app).run_once()
    gita = hospital.people[6]
    assert question_to(db, gita).stage == "delivered"
    db.transact(receive, hospital.phone(6), "2")
    assert holder(db, incident, OPERATIONS).eta_minutes == 60
    Sender(app).run_once()
    assert intents(db, gita)[-1].state == "delivered"
    deliver(db, "sent", gita)
    assert question_to(db, gita).stage == "delivered"
