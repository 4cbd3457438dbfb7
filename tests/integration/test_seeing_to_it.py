"""Whoever is told can see to it, hand it on or put it aside; it comes back by itself."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.core.clock import ManualClock
from app.core.errors import Conflict, Forbidden, Invalid
from app.escalation import actions
from app.escalation.planner import Step
from app.incidents.actions import assign, finish_task
from app.messaging.channels import Channel
from app.staffing.models import ContactMethod, Person
from tests.support.callouts import called, events, kinds, questions
from tests.support.hospital import Hospital
from tests.support.phones import intents, last_text, reply, reported
from tests.support.waiting import OPERATIONS, coming, item, notices, policy, quiet, task, tick


@pytest.fixture
def late(db, hospital: Hospital, clock: ManualClock):
    """A task that is late, of which the commander, Ada, has just been told."""
    policy(db, hospital)
    incident = quiet(db, hospital)
    made = task(db, hospital, incident)
    assert tick(db) == 1
    return incident, made


def test_whoever_is_told_hears_what_to_reply_and_where_all_of_it_stands(db, hospital, late):
    text = last_text(db, hospital.people[0])
    assert "Open the tent" in text
    assert "Reply 1A I see to it, 2A hand on, 9A cannot." in text
    assert "https://m.example/w/" in text
    assert "told as incident commander" in text


def test_seeing_to_it_holds_the_steps_and_then_it_comes_back(db, hospital, late, clock: ManualClock):
    incident, _ = late
    clock.advance(minutes=1)
    assert reply(db, hospital.phone(0), "1A")
    taken = item(db)
    assert (taken.owner, taken.held_until) == ("Ada Quill", clock.now() + timedelta(minutes=30))
    assert "is yours until 04:31" in last_text(db, hospital.people[0])
    clock.advance(minutes=29)
    assert tick(db) == 0
    clock.advance(minutes=1)
    assert tick(db) == 1
    assert events(db, incident, "escalation.came_back")[0]["told"] == ["Ada Quill"]
    assert "still open, and your time for it is over" in last_text(db, hospital.people[0])
    waits = coming(db)[0]
    assert (waits.do, waits.due_at) == ("tell_supervisor", clock.now() + timedelta(minutes=10))


def test_done_in_time_nobody_hears_again_and_a_late_reply_changes_nothing(db, hospital, act, late, clock):
    incident, made = late
    act(finish_task, hospital.commander, incident.id, made.id)
    before = kinds(db, incident)
    assert before[-1] == "escalation.ended" or "escalation.ended" in before
    reply(db, hospital.phone(0), "1A")
    assert kinds(db, incident) == before
    assert "settled or with somebody else" in last_text(db, hospital.people[0])
    clock.advance(hours=2)
    assert tick(db) == 0


def test_a_text_that_reaches_nobody_brings_the_next_step_at_once(db, hospital, act, late, clock: ManualClock):
    incident, _ = late
    gita = hospital.people[6]
    act(assign, hospital.commander, incident.id, position="planning_section_chief", person_id=gita.id)
    clock.advance(minutes=1)
    text = intents(db, hospital.people[0], "question")[-1]
    reported(db, text, "sent")
    assert coming(db)[0].due_at > clock.now()
    reported(db, text, "failed")
    assert coming(db)[0].due_at <= clock.now()
    assert tick(db) == 1


def test_what_somebody_sees_to_is_not_hurried_by_a_text_that_failed(db, hospital, late, clock: ManualClock):
    clock.advance(minutes=1)
    text = intents(db, hospital.people[0], "question")[-1]
    assert reply(db, hospital.phone(0), "1A")
    held_until = item(db).held_until
    reported(db, text, "failed")
    assert [(waits.do, waits.due_at) for waits in coming(db)] == [("come_back", held_until)]
    assert tick(db) == 0


def test_handing_on_brings_the_next_step_at_once(db, hospital, act, late, clock: ManualClock):
    incident, _ = late
    gita = hospital.people[6]
    act(assign, hospital.commander, incident.id, position="planning_section_chief", person_id=gita.id)
    assert reply(db, hospital.phone(0), "2A")
    assert coming(db)[0].due_at <= clock.now()
    assert tick(db) == 1
    assert notices(db)[0].answer == "handed_on"
    assert events(db, incident, "escalation.handed_on")[0]["to"] is None


def test_handed_to_somebody_by_name_they_are_asked_and_the_next_step_waits(db, hospital, act, late, clock):
    _incident, _ = late
    edda = hospital.people[4]
    clock.advance(minutes=9)
    act(actions.hand_on, hospital.commander, item(db).id, person_id=edda.id)
    assert "handed on by" in last_text(db, edda)
    assert coming(db)[0].due_at == clock.now() + timedelta(minutes=10)
    reply(db, hospital.phone(4), "1A")
    assert item(db).owner == "Edda Roth"


def test_who_may_not_or_cannot_is_told_so(db, hospital, act, late):
    found = item(db).id
    with pytest.raises(Forbidden):
        act(actions.hand_on, hospital.leadership, found)
    with pytest.raises(Forbidden):
        act(actions.shelve, hospital.command_staff, found, minutes=30, reason="Known")
    with pytest.raises(Invalid, match="minutes"):
        act(actions.shelve, hospital.commander, found, minutes=1, reason="Known")
    with pytest.raises(Invalid, match="reason"):
        act(actions.shelve, hospital.commander, found, minutes=30, reason=" ")
    with pytest.raises(Invalid, match="position"):
        act(actions.hand_on, hospital.commander, found, position="safety_officer")
    with pytest.raises(Forbidden):
        act(actions.answer, hospital.staff, notices(db)[0].id, digit="1", channel="link")


def test_put_aside_nobody_is_told_and_it_comes_back_by_itself(db, hospital, act, late, clock: ManualClock):
    incident, _ = late
    told = len(notices(db))
    act(actions.shelve, hospital.commander, item(db).id, minutes=60, reason="The tent is on a truck")
    clock.advance(minutes=59)
    assert tick(db) == 0
    clock.advance(minutes=1)
    assert tick(db) == 1
    assert len(notices(db)) == told
    assert events(db, incident, "escalation.came_back")[0]["why"] == "shelved"
    assert item(db).shelved_until is None
    clock.advance(minutes=10)
    assert tick(db) == 1
    assert len(notices(db)) == told + 1


def test_taken_back_from_the_shelf_before_its_time(db, hospital, act, late, clock: ManualClock):
    act(actions.shelve, hospital.commander, item(db).id, minutes=60, reason="On a truck")
    act(actions.unshelve, hospital.commander, item(db).id)
    assert coming(db)[0].due_at == clock.now() + timedelta(minutes=10)
    with pytest.raises(Conflict):
        act(actions.unshelve, hospital.commander, item(db).id)


def test_what_concerns_life_is_not_put_aside_and_asking_goes_on_while_somebody_sees_to_it(
    db, hospital, act, clock: ManualClock
):
    steps = [Step(1, "tell_commander"), Step(1, "ask_next"), Step(1, "tell_commander"), Step(1, "ask_next")]
    policy(db, hospital, steps, "position")
    incident = quiet(db, hospital)
    called(db, hospital, incident, "medical_care_branch_director")
    clock.advance(minutes=1)
    assert tick(db) == 1
    with pytest.raises(Conflict):
        act(actions.shelve, hospital.commander, item(db, "position").id, minutes=30, reason="Known")
    reply(db, hospital.phone(0), "1A")
    for _ in range(3):
        clock.advance(minutes=2)
        assert tick(db) == 1
    assert [q.person_name for q in questions(db)] == ["Ben Orso", "Hal Brook", "Cleo Vance"]
    passed = [e["passed_over"] for e in events(db, incident, "escalation.stepped")]
    assert passed == ["", "", "Ada Quill sees to it", ""]
    assert [n.person_name for n in notices(db)] == ["Ada Quill"]


def test_several_must_see_to_it_before_the_steps_wait(db, hospital, clock: ManualClock):
    policy(
        db,
        hospital,
        [Step(0, "tell_all", "depth:medical_care_branch_director", needs=2), Step(5, "tell_commander")],
    )
    incident = quiet(db, hospital)
    task(db, hospital, incident)
    tick(db)
    assert sorted(n.person_name for n in notices(db)) == ["Ben Orso", "Cleo Vance", "Hal Brook"]
    reply(db, hospital.phone(1), "1A")
    assert item(db).owner is None
    assert "1 of 2 see to" in last_text(db, hospital.people[1])
    reply(db, hospital.phone(1), "1A")
    assert item(db).acks == 1, "one person counts once"
    reply(db, hospital.phone(2), "1A")
    assert item(db).owner == "Cleo Vance"
    clock.advance(minutes=6)
    assert tick(db) == 0


def test_a_list_takes_turns_over_all_incidents_and_who_cannot_keeps_theirs(db, hospital, clock: ManualClock):
    policy(db, hospital, [Step(0, "tell_in_turn", "depth:medical_care_branch_director")])
    told = []
    incidents = [quiet(db, hospital) for _ in range(4)]
    for number, incident in enumerate(incidents):
        task(db, hospital, incident)
        clock.advance(seconds=1)
        tick(db)
        told.append(notices(db)[-1].person_name)
        if number == 1:
            reply(db, hospital.phone(7), f"9{notices(db)[-1].code}")
    assert told == ["Ben Orso", "Hal Brook", "Hal Brook", "Cleo Vance"]


def test_a_letter_is_never_for_two_things_and_a_digit_alone_is_asked_about(
    db, hospital, act, clock: ManualClock
):
    """Ben is told of a late task, then asked to come: A is the task, B the question."""
    policy(db, hospital, [Step(0, "tell_role", OPERATIONS)])
    incident, other = quiet(db, hospital), quiet(db, hospital)
    ben = hospital.people[1]
    act(assign, hospital.commander, incident.id, position=OPERATIONS, person_id=ben.id)
    task(db, hospital, incident)
    tick(db)
    clock.advance(minutes=1)
    called(db, hospital, other, "medical_care_branch_director")
    assert "1B coming" in last_text(db, ben)
    assert reply(db, hospital.phone(1), "1")
    assert "You have 2 things to answer" in last_text(db, ben)
    assert [q.state for q in questions(db)] == ["open"]
    assert item(db).owner is None
    reply(db, hospital.phone(1), "1A")
    assert item(db).owner == "Ben Orso"
    reply(db, hospital.phone(1), "1B")
    assert [q.digit for q in questions(db)] == ["1"]


def test_a_question_that_was_there_first_is_answered_by_its_digit_alone(
    db, hospital, act, clock: ManualClock
):
    policy(db, hospital, [Step(0, "tell_role", OPERATIONS)])
    incident, other = quiet(db, hospital), quiet(db, hospital)
    ben = hospital.people[1]
    called(db, hospital, incident, "medical_care_branch_director")
    act(assign, hospital.commander, other.id, position=OPERATIONS, person_id=ben.id)
    clock.advance(minutes=1)
    task(db, hospital, other)
    tick(db)
    assert reply(db, hospital.phone(1), "1")
    assert [q.digit for q in questions(db)] == ["1"]
    assert item(db).owner is None


def test_each_channel_of_a_step_is_used_and_a_system_is_told(db, hospital, act):
    def add(uow) -> None:
        person = uow.session.get_one(Person, hospital.people[0].id)
        for channel, address in (("voice", person.contacts[0].address), ("email", "ada@demo.example")):
            person.contacts.append(
                ContactMethod(id=uow.new_id(), person_id=person.id, channel=channel, address=address, rank=2)
            )

    act(add)
    both = Step(0, "tell_commander", channels=("sms", "voice", "email"))
    policy(db, hospital, [both, Step(0, "tell_webhook", "paging")])
    task(db, hospital, quiet(db, hospital))
    tick(db)
    tick(db)
    sent = {intent.channel: intent for intent in intents(db)}
    assert set(sent) == {Channel.SMS, Channel.VOICE, Channel.EMAIL, Channel.WEBHOOK}
    assert "Press 1 if you see to it" in sent[Channel.VOICE].body
    assert "/w/" not in sent[Channel.VOICE].body
    assert (sent[Channel.WEBHOOK].to, sent[Channel.WEBHOOK].person_id) == ("paging", None)


def test_who_is_on_duty_is_told_and_without_anybody_the_commander(db, hospital):
    policy(db, hospital, [Step(0, "tell_on_duty", "ICU")])
    task(db, hospital, quiet(db, hospital))
    tick(db)
    assert [(n.person_name, n.role) for n in notices(db)] == [("Ada Quill", "incident commander")]
