"""Call-outs: asked in order, answered by digit, filled once, everybody told."""

from __future__ import annotations

import threading

import pytest

from app.activation import actions
from app.activation.candidates import Group
from app.core.clock import ManualClock
from app.core.db import Database
from app.core.errors import Conflict, Forbidden, Invalid
from app.incidents.actions import assign, close
from app.messaging.segments import segments
from app.staffing.models import ContactMethod, Skill
from tests.support.callouts import (
    answered,
    called,
    declared,
    events,
    holder,
    kinds,
    question_to,
    questions,
    slots,
)
from tests.support.hospital import Hospital
from tests.support.phones import deliver, hand_over, intents, last_text, reply

OPERATIONS = "operations_section_chief"  # its list: Gita, Ben
MEDICAL = "medical_care_branch_director"  # its list: Ben, Hal, Cleo


@pytest.fixture
def nurses(db: Database, hospital: Hospital) -> list:
    """Five of the hospital's people are nurses on call."""
    people = hospital.people[1:6]

    def give(uow) -> None:
        uow.session.add_all(Skill(person_id=p.id, slug="on_call") for p in people)

    db.transact(give)
    return people


def test_the_best_is_asked_first_and_fills_the_position_with_one_digit(db, hospital):
    incident = declared(db, hospital)
    called(db, hospital, incident, OPERATIONS)
    gita, ben = hospital.people[6], hospital.people[1]
    assert [q.person_name for q in questions(db)] == ["Gita Lund"]
    assert intents(db, ben) == []
    text = last_text(db, gita)
    assert "SBMC" in text
    assert "Operations Section Chief" in text
    assert "Reply 1 coming within 30 min, 2 within 60, 3 later, 9 cannot come." in text
    assert "https://m.example/a/" in text
    assert segments(text).encoding == "GSM-7"
    assert segments(text).count <= 2
    assert reply(db, hospital.phone(6), "2")
    held = holder(db, incident, OPERATIONS)
    assert (held.person_id, held.source, held.eta_minutes) == (gita.id, "callout", 60)
    assert slots(db)[0].state == "filled"
    assert "expected by 05:00" in last_text(db, gita)
    assert kinds(db, incident)[-5:] == [
        "escalation.set",
        "question.asked",
        "answer.received",
        "position.assigned",
        "slot.filled",
    ]


def test_after_no_the_next_is_asked_at_once(db, hospital):
    incident = declared(db, hospital)
    called(db, hospital, incident, OPERATIONS)
    reply(db, hospital.phone(6), "9")
    assert [q.person_name for q in questions(db, "open")] == ["Ben Orso"]
    assert "somebody else" in last_text(db, hospital.people[6])
    reply(db, hospital.phone(1), "9")
    assert slots(db)[0].state == "exhausted"
    assert events(db, incident, "slot.exhausted")[0]["unanswered"] == 0


def test_of_two_who_say_yes_one_has_it_and_the_other_hears_who(db, hospital):
    incident = declared(db, hospital)
    called(db, hospital, incident, OPERATIONS, at_once=2)
    hand_over(db)
    reply(db, hospital.phone(1), "1")
    gita = hospital.people[6]
    assert "is filled" in last_text(db, gita)
    assert intents(db, gita)[-1].purpose == "notice"
    reply(db, hospital.phone(6), "1")
    assert "already filled by Ben Orso" in last_text(db, gita)
    late = events(db, incident, "answer.received")[-1]
    assert (late["outcome"], late["late"]) == ("not_needed", True)
    assert holder(db, incident, OPERATIONS).person_id == hospital.people[1].id


def test_two_at_once_in_threads_fill_one_position_once(db, hospital):
    incident = declared(db, hospital)
    called(db, hospital, incident, OPERATIONS, at_once=2)
    barrier = threading.Barrier(2)
    outcomes: list[str] = []

    def say_yes(index: int) -> None:
        asked = question_to(db, hospital.people[index])
        barrier.wait()
        outcomes.append(answered(db, hospital, asked, "1").outcome)

    threads = [threading.Thread(target=say_yes, args=(index,)) for index in (6, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["coming", "not_needed"]
    assert kinds(db, incident, "answer.received", "slot.filled") == [
        "answer.received",
        "slot.filled",
        "answer.received",
    ]


def test_a_text_not_yet_sent_is_taken_back_and_its_receiver_hears_nothing(db, hospital):
    incident = declared(db, hospital)
    called(db, hospital, incident, OPERATIONS, at_once=2)
    reply(db, hospital.phone(6), "1")
    assert intents(db, hospital.people[1]) == []


def test_a_group_counts_up_to_what_is_needed_and_stands_down_the_rest(db, hospital, nurses):
    incident = declared(db, hospital)
    called(db, hospital, incident, groups=[Group("on_call", None, 2)])
    assert len(questions(db, "open")) == 5
    hand_over(db)
    ben, cleo, dov, edda, finn = nurses
    reply(db, ben.contacts[0].address, "1")
    reply(db, cleo.contacts[0].address, "9")
    assert slots(db)[0].state == "open"
    reply(db, dov.contacts[0].address, "3")
    slot = slots(db)[0]
    assert slot.state == "filled"
    assert events(db, incident, "slot.filled")[0]["stood_down"] == 2
    assert "is filled" in last_text(db, edda)
    reply(db, finn.contacts[0].address, "1")
    assert "already filled" in last_text(db, finn)
    assert [q.outcome for q in questions(db) if q.person_id == finn.id] == ["not_needed"]


def test_somebody_with_an_open_question_or_a_position_is_not_asked_for_another(db, hospital):
    incident = declared(db, hospital)
    called(db, hospital, incident, OPERATIONS, MEDICAL, at_once=2)
    # Ben stands on both lists: asked for the first, passed over for the second.
    assert {(q.person_name, s.title) for s in slots(db) for q in s.questions} == {
        ("Gita Lund", "Operations Section Chief"),
        ("Ben Orso", "Operations Section Chief"),
        ("Hal Brook", "Medical Care Branch Director"),
        ("Cleo Vance", "Medical Care Branch Director"),
    }
    # Ada commands: she is left out of every list.
    with pytest.raises(Invalid, match="nobody can be asked"):
        called(db, hospital, incident, groups=[Group("house_supervisor", None, 1)])


def test_opted_out_inactive_and_phoneless_people_are_left_out(db, hospital):
    incident = declared(db, hospital)

    def change(uow) -> None:
        uow.session.get(ContactMethod, hospital.people[1].contacts[0].id).opted_out_at = uow.now
        uow.session.get(type(hospital.people[7]), hospital.people[7].id).active = False

    db.transact(change)
    called(db, hospital, incident, MEDICAL)
    assert [q.person_name for q in questions(db)] == ["Cleo Vance"]
    listed = events(db, incident, "callout.opened")[0]["slots"][0]["listed"]
    assert [one["person_name"] for one in listed] == ["Cleo Vance"]


def test_a_position_filled_by_hand_ends_the_asking_without_telling_the_filler_to_stay(db, hospital, act):
    incident = declared(db, hospital)
    called(db, hospital, incident, OPERATIONS, at_once=2)
    hand_over(db)
    gita, ben = hospital.people[6], hospital.people[1]
    act(assign, hospital.commander, incident.id, position=OPERATIONS, person_id=gita.id)
    assert slots(db)[0].state == "filled"
    assert [i.purpose for i in intents(db, gita)] == ["question"]
    assert [i.purpose for i in intents(db, ben)] == ["question", "notice"]


def test_who_cannot_come_after_all_gives_the_place_back_and_the_next_is_asked(db, hospital):
    incident = declared(db, hospital)
    called(db, hospital, incident, OPERATIONS)
    reply(db, hospital.phone(6), "1")
    reply(db, hospital.phone(6), "9")
    assert holder(db, incident, OPERATIONS) is None
    assert [q.person_name for q in questions(db, "open")] == ["Ben Orso"]
    reply(db, hospital.phone(1), "1")
    assert holder(db, incident, OPERATIONS).person_name == "Ben Orso"


def test_another_time_of_arrival_is_taken(db, hospital):
    incident = declared(db, hospital)
    called(db, hospital, incident, OPERATIONS)
    reply(db, hospital.phone(6), "1")
    reply(db, hospital.phone(6), "2")
    assert holder(db, incident, OPERATIONS).eta_minutes == 60
    assert slots(db)[0].state == "filled"
    before = len(kinds(db, incident))
    reply(db, hospital.phone(6), "2")
    assert len(kinds(db, incident)) == before
    assert len(intents(db, hospital.people[6], "ack")) == 3


def test_stopping_stands_down_and_later_answers_are_taken_politely(db, hospital, act):
    incident = declared(db, hospital)
    callout = called(db, hospital, incident, OPERATIONS, MEDICAL)
    hand_over(db)
    act(actions.stop_callout, hospital.command_staff, callout.id, reason="Enough people")
    assert [s.state for s in slots(db)] == ["stopped", "stopped"]
    assert "no longer need" in last_text(db, hospital.people[6])
    reply(db, hospital.phone(6), "1")
    assert "has ended" in last_text(db, hospital.people[6])
    assert holder(db, incident, OPERATIONS) is None
    with pytest.raises(Conflict):
        act(actions.stop_callout, hospital.command_staff, callout.id, reason="Again")
    called(db, hospital, incident, OPERATIONS)


def test_closing_the_incident_stops_its_call_outs(db, hospital, act):
    incident = declared(db, hospital)
    called(db, hospital, incident, OPERATIONS)
    hand_over(db)
    act(close, hospital.commander, incident.id, reason="All clear")
    assert slots(db)[0].state == "stopped"
    reply(db, hospital.phone(6), "1")
    assert events(db, incident, "answer.received")[-1]["outcome"] == "over"


def test_deliveries_are_one_entry_a_batch_and_never_go_back(db, hospital, nurses):
    incident = declared(db, hospital)
    called(db, hospital, incident, groups=[Group("on_call", None, 2)])
    deliver(db, "sent", *nurses)
    deliver(db, "delivered", *nurses[:3])
    deliver(db, "sent", *nurses[:3])
    batches = events(db, incident, "question.delivered")
    assert [(len(b["sent"]), len(b["delivered"])) for b in batches] == [(5, 0), (0, 3)]


def test_a_failed_text_goes_to_the_next_number_then_to_the_next_person(db, hospital):
    gita = hospital.people[6]
    second = "+12025550199"

    def add(uow) -> None:
        uow.session.add(
            ContactMethod(id=uow.new_id(), person_id=gita.id, channel="sms", address=second, rank=2)
        )

    db.transact(add)
    incident = declared(db, hospital)
    called(db, hospital, incident, OPERATIONS)
    deliver(db, "failed", gita, error="not in service")
    assert [i.to for i in intents(db, gita)] == [hospital.phone(6), second]
    assert question_to(db, gita).stage == "asked"
    deliver(db, "failed", gita, error="not in service")
    assert question_to(db, gita).stage == "failed"
    assert [q.person_name for q in questions(db)] == ["Gita Lund", "Ben Orso"]
    assert events(db, incident, "question.asked")[-1]["why"] == "failed"


def test_who_may_call_and_who_may_answer_for_whom(db, hospital, act):
    incident = declared(db, hospital)
    with pytest.raises(Forbidden):
        act(
            actions.open_callout,
            hospital.staff,
            incident.id,
            positions=[OPERATIONS],
            public_url="https://m.example",
        )
    callout = called(db, hospital, incident, MEDICAL)
    asked = question_to(db, hospital.people[1])
    with pytest.raises(Forbidden):
        act(actions.answer, hospital.staff, asked.id, digit="1", channel="link")
    for action, thing in ((actions.ask_next, asked.slot_id), (actions.ask_again, asked.slot_id)):
        with pytest.raises(Forbidden):
            act(action, hospital.staff, thing)
    with pytest.raises(Forbidden):
        act(actions.stop_callout, hospital.leadership, callout.id, reason="x")


@pytest.mark.parametrize(
    ("wanted", "field", "says"),
    [
        ({"positions": ["nonsense"]}, "positions", "not open"),
        ({"positions": ["incident_commander"]}, "positions", "held by Ada Quill"),
        ({"positions": []}, "positions", "at least one"),
        ({"groups": [Group("on_call", "ED", 2)]}, "groups", "either a skill or a department"),
        ({"groups": [Group("icu_nurse", None, 0)]}, "groups", "needed must be"),
        ({"positions": [OPERATIONS], "at_once": 0}, "at_once", "from 1 to 20"),
        ({"positions": [OPERATIONS], "text": "x" * 200}, "text", "160 are allowed"),
        ({"positions": [OPERATIONS], "text": "Bring your badge 😀 and come to the ramp"}, "text", "😀"),
    ],
)
@pytest.mark.engine("sqlite")
def test_wrong_input_names_the_field_and_what_is_allowed(db, hospital, wanted, field, says):
    incident = declared(db, hospital)
    wanted = dict(wanted)
    with pytest.raises(Invalid) as wrong:
        called(db, hospital, incident, *wanted.pop("positions", ()), **wanted)
    assert says in wrong.value.errors[field][0]


def test_a_position_is_not_called_for_twice(db, hospital):
    incident = declared(db, hospital)
    called(db, hospital, incident, OPERATIONS)
    with pytest.raises(Invalid, match="called for already"):
        called(db, hospital, incident, OPERATIONS)


def test_asking_again_replaces_the_question_and_keeps_its_letter(db, hospital, act, clock: ManualClock):
    incident = declared(db, hospital)
    called(db, hospital, incident, OPERATIONS)
    slot = slots(db)[0]
    act(actions.ask_next, hospital.command_staff, slot.id)
    with pytest.raises(Conflict, match="Nobody is left"):
        act(actions.ask_next, hospital.command_staff, slot.id)
    clock.advance(minutes=20)
    act(actions.ask_again, hospital.command_staff, slot.id)
    mine = [q for q in questions(db) if q.person_name == "Gita Lund"]
    assert [(q.round, q.state) for q in mine] == [(1, "replaced"), (2, "open")]
    assert len({q.code for q in mine}) == 1
    reply(db, hospital.phone(6), f"1{mine[0].code}")
    assert holder(db, incident, OPERATIONS).person_name == "Gita Lund"


def test_an_exercise_says_so_first_and_last(db, hospital):
    incident = declared(db, hospital, exercise=True)
    called(db, hospital, incident, OPERATIONS, text="Report to the main lobby")
    text = last_text(db, hospital.people[6])
    assert text.startswith("EXERCISE")
    assert text.endswith("THIS IS AN EXERCISE")
    assert "Report to the main lobby" in text
    assert segments(text).count <= 2


def test_who_is_asked_for_one_place_is_asked_for_the_next_when_free(db, hospital):
    safety, security = "safety_officer", "security_branch_director"  # lists: Dov, Finn; Dov
    incident = declared(db, hospital)
    called(db, hospital, incident, safety, security, at_once=2)
    assert [(s.title, s.state, len(s.questions)) for s in slots(db)] == [
        ("Safety Officer", "open", 2),
        ("Security Branch Director", "open", 0),
    ]
    hand_over(db)
    reply(db, hospital.phone(5), "1")
    assert [q.person_name for q in slots(db)[1].questions] == ["Dov Maren"]
    assert events(db, incident, "question.asked")[-1]["why"] == "freed"


def test_who_cannot_come_is_not_asked_for_anything_else(db, hospital):
    incident = declared(db, hospital)
    called(db, hospital, incident, OPERATIONS)
    reply(db, hospital.phone(6), "9")
    reply(db, hospital.phone(1), "9")
    called(db, hospital, incident, MEDICAL)
    assert [q.person_name for q in slots(db)[1].questions] == ["Hal Brook"]
