"""Many answers in one transaction, odd ones among them: each counts once, and a bad one spoils no other."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from app.activation import actions
from app.activation.actions import answers
from app.activation.candidates import Group
from app.activation.models import Answer
from app.messaging import inbox
from app.messaging.actions import incoming
from app.messaging.models import InboundText
from app.staffing.models import ContactMethod, Person, Skill
from tests.support.callouts import called, declared, events, holder, kinds, question_to, questions, slots
from tests.support.phones import hand_over, intents, last_text, reply

OPERATIONS = "operations_section_chief"  # its list: Gita, Ben
LOGISTICS = "logistics_section_chief"  # its list: Edda
GITA, EDDA = 6, 4


@pytest.fixture
def crowd(db, hospital):
    """Sixty people with a skill of their own, and the numbers of their phones."""

    def hire(uow: Any) -> list[str]:
        numbers = []
        for n in range(60):
            who = Person(
                id=uow.new_id(),
                facility_id=hospital.facility.id,
                name=f"Helper {n:02}",
                job_title="Helper",
                travel_minutes=10,
            )
            uow.session.add(who)
            uow.session.flush()
            number = f"+1303555{100 + n:04}"
            way = ContactMethod(id=uow.new_id(), person_id=who.id, channel="sms", address=number)
            uow.session.add_all([way, Skill(person_id=who.id, slug="helper")])
            numbers.append(number)
        return numbers

    return db.transact(hire)


def arrive(db: Any, *texts: tuple[str, str]) -> dict[str, str]:
    """Texts that were stored, and are worked off together."""

    ids = []
    for number, text in texts:
        db.clock.advance(milliseconds=20)
        mark = f"SM{number}{db.clock.now().isoformat()}"
        ids.append(db.transact(incoming.store, carrier_id=mark, from_=number, to="", text=text))
    return db.transact(incoming.understand_many, ids)


def test_sixty_answers_in_one_transaction_each_count_once(db, hospital, crowd):
    incident = declared(db, hospital)
    called(db, hospital, incident, groups=[Group("helper", None, 50)])
    hand_over(db)
    assert len(questions(db, "open")) == 60
    made = arrive(db, *((number, "1" if n % 4 else "9") for n, number in enumerate(crowd)))
    assert set(made.values()) == {"reply"}
    assert len(events(db, incident, "answer.received")) == 60
    outcomes = [q.outcome.value for q in questions(db)]
    assert (outcomes.count("coming"), outcomes.count("cannot_come")) == (45, 15)
    assert len(intents(db, purpose="ack")) == 60
    assert slots(db)[0].state == "exhausted"


def test_the_answer_that_fills_the_slot_stands_the_rest_down_and_later_ones_are_not_needed(
    db, hospital, crowd
):
    incident = declared(db, hospital)
    called(db, hospital, incident, groups=[Group("helper", None, 20)])
    hand_over(db)
    arrive(db, *((number, "1") for number in crowd[:40]))
    (filled,) = events(db, incident, "slot.filled")
    assert filled["stood_down"] == 40
    outcomes = [q.outcome and q.outcome.value for q in questions(db)]
    assert (outcomes.count("coming"), outcomes.count("not_needed"), outcomes.count(None)) == (20, 20, 20)
    assert len(intents(db, purpose="notice")) >= 20


def test_one_that_fails_is_left_for_later_and_undoes_no_other(db, hospital, crowd, monkeypatch):
    incident = declared(db, hospital)
    called(db, hospital, incident, groups=[Group("helper", None, 60)])
    hand_over(db)
    settle = answers._settle

    def fails(batch: Any, actor: Any, incident_: Any, question: Any, *rest: Any) -> None:
        settle(batch, actor, incident_, question, *rest)
        if question.person_name == "Helper 03":
            raise RuntimeError("this one cannot be taken")

    monkeypatch.setattr(answers, "_settle", fails)
    made = arrive(db, *((number, "1") for number in crowd[:8]))
    assert len(made) == 7
    assert len(events(db, incident, "answer.received")) == 7
    assert {q.person_name for q in questions(db, "answered")} == {
        f"Helper {n:02}" for n in (0, 1, 2, 4, 5, 6, 7)
    }
    with db.read() as session:
        left = session.scalars(sa.select(InboundText).where(InboundText.processed_at.is_(None))).all()
        assert [text.from_ for text in left] == [crowd[3]]
    monkeypatch.undo()
    assert set(db.transact(incoming.understand_many, [left[0].id]).values()) == {"reply"}
    assert len(events(db, incident, "answer.received")) == 8


def test_two_texts_of_one_phone_in_one_transaction_are_taken_in_their_order(db, hospital, crowd):
    incident = declared(db, hospital)
    called(db, hospital, incident, groups=[Group("helper", None, 60)])
    arrive(db, (crowd[0], "1"), (crowd[0], "1"), (crowd[0], "9"), (crowd[1], "what is this"))
    received = events(db, incident, "answer.received")
    assert [(e["digit"], e["late"]) for e in received] == [("1", False), ("9", True)]
    assert len(events(db, incident, "message.received")) == 1


def test_answers_to_two_incidents_come_in_one_transaction(db, hospital, crowd):
    one, two = declared(db, hospital), declared(db, hospital)
    called(db, hospital, one, OPERATIONS)
    called(db, hospital, two, groups=[Group("helper", None, 60)])
    made = arrive(db, (crowd[0], "1"), (hospital.phone(GITA), "1"), ("+13035550199", "1"), (crowd[1], "STOP"))
    assert sorted(made.values()) == ["reply", "reply", "stop", "unknown sender"]
    assert holder(db, one, OPERATIONS).person_name == "Gita Lund"
    assert len(events(db, two, "answer.received")) == 1


@pytest.mark.engine("sqlite")
@pytest.mark.parametrize("text", ["1Z", "1AB", "Z1", "1A 2B", "STOP 12345"])
def test_a_wrong_code_two_codes_or_a_word_with_digits_answer_nothing(db, hospital, text):
    """The hint says what to reply; nothing is taken for an answer, and nobody has opted out."""
    called(db, hospital, declared(db, hospital), OPERATIONS)
    arrive(db, (hospital.phone(GITA), text))
    assert question_to(db, hospital.people[GITA]).state == "open"
    assert "reply 1 coming within 30 min" in last_text(db, hospital.people[GITA])
    assert reply(db, hospital.phone(GITA), "1A")
    assert question_to(db, hospital.people[GITA]).outcome == "coming"


def test_the_same_answer_again_changes_nothing_and_is_thanked_again(db, hospital):
    incident = declared(db, hospital)
    called(db, hospital, incident, OPERATIONS)
    for _ in range(3):
        arrive(db, (hospital.phone(GITA), "1"))
    assert kinds(db, incident, "answer.received", "position.assigned")[-2:] == [
        "answer.received",
        "position.assigned",
    ]
    with db.read() as session:
        assert [a.digit for a in session.scalars(sa.select(Answer))] == ["1", "1", "1"]


def test_a_key_in_a_call_answers_what_the_call_was_about_without_a_code(db, hospital, act):
    """Two open questions for one phone: a bare digit by text is ambiguous, a key is not."""
    one, two = declared(db, hospital), declared(db, hospital)
    called(db, hospital, one, OPERATIONS)
    called(db, hospital, two, OPERATIONS)
    first, second = sorted(questions(db), key=lambda q: q.code)
    arrive(db, (hospital.phone(GITA), "1"))
    assert {q.state for q in questions(db)} == {"open"}

    def press(uow: Any) -> Any:
        key = inbox.Inbound(
            hospital.phone(GITA), "", "2", uow.now, (second.person_id,), channel="voice", subject_id=second.id
        )
        return inbox.answered(uow, [key])

    assert act(press)[0]
    assert (question_to(db, hospital.people[GITA]).outcome, holder(db, one, OPERATIONS)) == ("coming", None)
    assert holder(db, two, OPERATIONS).eta_minutes == 60
    assert events(db, two, "answer.received")[0]["channel"] == "voice"
    assert first.state == "open"


def test_a_key_in_a_call_about_what_was_asked_again_since_answers_the_newer_question(
    db, hospital, act, clock
):
    incident = declared(db, hospital)
    called(db, hospital, incident, LOGISTICS)
    old = question_to(db, hospital.people[EDDA])
    clock.advance(minutes=1)
    act(actions.ask_again, hospital.command_staff, slots(db)[0].id)
    assert question_to(db, hospital.people[EDDA]).id != old.id

    def press(uow: Any) -> Any:
        key = inbox.Inbound(
            hospital.phone(EDDA), "", "1", uow.now, (old.person_id,), channel="voice", subject_id=old.id
        )
        return inbox.answered(uow, [key])

    assert act(press)[0]
    assert holder(db, incident, LOGISTICS).person_id == old.person_id
    assert question_to(db, hospital.people[EDDA]).outcome == "coming"
