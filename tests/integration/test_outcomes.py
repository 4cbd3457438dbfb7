"""What a call-out asks for: people in time, people who come later after all, or only that something is read."""

from __future__ import annotations

from typing import Any

import pytest

from app.activation import actions, ticks
from app.activation.candidates import Group
from app.core.errors import Conflict, Forbidden, Invalid
from app.incidents.actions import assign, close
from app.staffing.models import DepthEntry, Skill
from tests.support.callouts import called, declared, events, holder, kinds, question_to, questions, slots
from tests.support.phones import hand_over, intents, last_text, reply

OPERATIONS = "operations_section_chief"  # its list: Gita, Ben
GITA, BEN = 6, 1


@pytest.fixture
def nurses(db, hospital):
    people = hospital.people[1:5]

    def give(uow: Any) -> None:
        uow.session.add_all(Skill(person_id=p.id, slug="burn_nurse") for p in people)

    db.transact(give)
    return people


def outcomes(db: Any) -> dict[str, Any]:
    return {q.person_name: q.outcome and q.outcome.value for q in questions(db)}


def pass_time(app: Any, clock: Any, **later: int) -> None:
    clock.advance(**later)
    ticks.later_arrivals(app)


def test_only_a_promise_in_time_fills_and_later_ones_wait_and_are_thanked(app, db, hospital, nurses):
    incident = declared(db, hospital)
    called(db, hospital, incident, groups=[Group("burn_nurse", None, 2, within_minutes=60)])
    hand_over(db)
    reply(db, hospital.phone(1), "3")
    assert "by 05:00 first for burn nurse" in last_text(db, nurses[0])
    assert "Please wait where you are" in last_text(db, nurses[0])
    reply(db, hospital.phone(2), "2")
    assert slots(db)[0].state == "open"
    reply(db, hospital.phone(3), "1")
    assert slots(db)[0].state == "filled"
    assert [outcomes(db)[p.name] for p in nurses] == ["not_needed", "coming", "coming", None]
    assert [i.purpose for i in intents(db, nurses[0])][-1] == "notice", "hears that it is filled"
    assert [i.purpose for i in intents(db, nurses[3])][-1] == "notice"


def test_when_nobody_can_be_in_time_any_more_the_soonest_of_the_later_ones_are_taken(
    app, db, hospital, clock, nurses
):
    incident = declared(db, hospital)
    called(db, hospital, incident, groups=[Group("burn_nurse", None, 2, within_minutes=60)])
    hand_over(db)
    reply(db, hospital.phone(1), "3")
    clock.advance(minutes=15)
    reply(db, hospital.phone(2), "2")
    pass_time(app, clock, minutes=10)
    assert "slot.any_yes" not in kinds(db, incident), "somebody could still be in time"
    assert set(outcomes(db).values()) == {"later", None}
    pass_time(app, clock, minutes=20)
    assert events(db, incident, "slot.any_yes")[0]["taken"] == [
        question_to(db, nurses[1]).id,
        question_to(db, nurses[0]).id,
    ]
    assert slots(db)[0].state == "filled"
    assert "You are needed for burn nurse" in last_text(db, nurses[0])
    pass_time(app, clock, hours=1)
    assert kinds(db, incident).count("slot.any_yes") == 1


def test_a_digit_two_at_four_o_clock_is_within_the_hour(app, db, hospital, clock, nurses):
    """A promise is an upper limit, and reading a text takes a while."""
    called(db, hospital, declared(db, hospital), groups=[Group("burn_nurse", None, 4, within_minutes=60)])
    clock.advance(minutes=4)
    reply(db, hospital.phone(1), "2")
    clock.advance(minutes=8)
    reply(db, hospital.phone(2), "2")
    reply(db, hospital.phone(3), "1")
    assert [outcomes(db)[p.name] for p in nurses[:3]] == ["coming", "later", "coming"]


def test_after_that_every_yes_counts(app, db, hospital, clock, nurses):
    called(db, hospital, declared(db, hospital), groups=[Group("burn_nurse", None, 1, within_minutes=30)])
    pass_time(app, clock, minutes=11)
    reply(db, hospital.phone(1), "3")
    assert slots(db)[0].state == "filled"


def test_a_position_is_kept_for_who_is_in_time(app, db, hospital, clock):
    incident = declared(db, hospital)
    called(db, hospital, incident, OPERATIONS, within_minutes=60)
    reply(db, hospital.phone(GITA), "3")
    assert holder(db, incident, OPERATIONS) is None
    assert [q.person_name for q in questions(db, "open")] == ["Ben Orso"]
    pass_time(app, clock, minutes=41)
    assert holder(db, incident, OPERATIONS).person_name == "Gita Lund"
    assert slots(db)[0].state == "filled"


def test_when_all_have_answered_the_later_one_is_taken_at_once(db, hospital):
    incident = declared(db, hospital)
    called(db, hospital, incident, OPERATIONS, within_minutes=60)
    reply(db, hospital.phone(GITA), "3")
    reply(db, hospital.phone(BEN), "9")
    assert holder(db, incident, OPERATIONS).person_name == "Gita Lund"


def test_who_says_later_after_all_gives_the_place_back(db, hospital):
    incident = declared(db, hospital)
    called(db, hospital, incident, OPERATIONS, within_minutes=60)
    reply(db, hospital.phone(GITA), "1")
    reply(db, hospital.phone(GITA), "3")
    assert holder(db, incident, OPERATIONS) is None
    assert "slot.reopened" in kinds(db, incident)
    assert [q.person_name for q in questions(db, "open")] == ["Ben Orso"]


@pytest.mark.engine("sqlite")
@pytest.mark.parametrize("how", ["stop", "close"])
def test_who_would_come_later_hears_when_it_has_ended(db, hospital, act, nurses, how):
    incident = declared(db, hospital)
    callout = called(db, hospital, incident, groups=[Group("burn_nurse", None, 1, within_minutes=30)])
    reply(db, hospital.phone(1), "3")
    if how == "stop":
        act(actions.stop_callout, hospital.command_staff, callout.id, reason="Not now")
    else:
        act(close, hospital.commander, incident.id, reason="All clear")
    assert outcomes(db)[nurses[0].name] == "over"
    assert any("no longer need" in intent.body for intent in intents(db, nurses[0], "notice"))


def test_for_information_all_are_told_and_one_digit_says_that_it_is_read(app, db, hospital, clock, nurses):
    incident = declared(db, hospital)
    called(
        db,
        hospital,
        incident,
        groups=[Group("burn_nurse", None, 1, informs=True)],
        text="Elective cases are off until noon.",
    )
    assert len(questions(db)) == 4
    text = last_text(db, nurses[0])
    assert "For information, burn nurse: Elective cases are off until noon." in text
    assert "Reply 1 when you have read this." in text
    assert slots(db)[0].state == "told"
    assert events(db, incident, "slot.told")[0]["number"] == 4
    assert "escalation.set" not in kinds(db, incident)[-3:]
    hand_over(db)
    reply(db, hospital.phone(1), "1")
    assert "Thank you for reading" in last_text(db, nurses[0])
    reply(db, hospital.phone(2), "9")
    assert "Reply 1 when you have read" in last_text(db, nurses[1])
    assert outcomes(db) == {p.name: ("read" if p is nurses[0] else None) for p in nurses}
    clock.advance(hours=2)
    ticks.chains(app)
    assert [i.purpose.value for i in intents(db, nurses[2])] == ["question"], "nobody is rung out of bed"


def test_what_is_told_keeps_nobody_from_being_asked(db, hospital, act, nurses):
    """Ben holds nothing, has an unread notice, and can be asked for a position; a bare digit answers that."""
    incident = declared(db, hospital)
    called(db, hospital, incident, groups=[Group("burn_nurse", None, 1, informs=True)])
    gita = hospital.people[GITA]
    act(assign, hospital.commander, incident.id, position="safety_officer", person_id=gita.id)
    called(db, hospital, incident, OPERATIONS)
    reply(db, hospital.phone(BEN), "1")
    assert holder(db, incident, OPERATIONS).person_name == "Ben Orso"
    assert question_to(db, hospital.people[BEN]).outcome == "coming"


def test_the_list_is_ranked_anew_when_it_is_begun_again(db, hospital, act):
    incident = declared(db, hospital)
    called(db, hospital, incident, OPERATIONS)
    reply(db, hospital.phone(GITA), "9")
    reply(db, hospital.phone(BEN), "9")
    slot = slots(db)[0]
    with pytest.raises(Conflict):
        act(actions.ask_next, hospital.command_staff, slot.id)
    hal = hospital.people[7]

    def join(uow: Any) -> None:
        entry = DepthEntry(
            id=uow.new_id(),
            facility_id=hospital.facility.id,
            position_slug=OPERATIONS,
            rank=9,
            person_id=hal.id,
        )
        uow.session.add(entry)

    db.transact(join)
    assert act(actions.ask_next, hospital.command_staff, slot.id) == 1
    assert events(db, incident, "slot.listed")[0]["added"] == [{"person_id": hal.id, "person_name": hal.name}]
    assert [q.person_name for q in questions(db, "open")] == [hal.name]


def test_rounds_go_on_and_a_no_holds_for_four_hours(db, hospital, act, clock):
    incident = declared(db, hospital)
    called(db, hospital, incident, OPERATIONS)
    reply(db, hospital.phone(GITA), "9")
    slot = slots(db)[0]
    for _ in range(4):
        clock.advance(minutes=20)
        assert act(actions.ask_again, hospital.command_staff, slot.id) == 1
        assert [q.person_name for q in questions(db, "open")] == ["Ben Orso"]
    clock.advance(hours=4)
    act(actions.ask_again, hospital.command_staff, slot.id)
    assert [q.person_name for q in questions(db, "open")][-1] == "Gita Lund"


def test_what_people_write_reaches_the_one_who_asked_and_is_read_once(db, hospital, act):
    incident = declared(db, hospital)
    called(db, hospital, incident, OPERATIONS)
    assert reply(db, hospital.phone(GITA), "who else is coming? call +1 202 555 0123")
    (message,) = events(db, incident, "message.received")
    assert message["text"] == "who else is coming? call (number)"
    assert (message["to"], message["title"]) == (hospital.command_staff.name, "Operations Section Chief")
    assert question_to(db, hospital.people[GITA]).state == "open"
    with pytest.raises(Forbidden):
        act(actions.mark_read, hospital.staff, incident.id, message["message_id"])
    for _ in range(2):
        act(actions.mark_read, hospital.commander, incident.id, message["message_id"])
    assert kinds(db, incident).count("message.read") == 1


def test_a_digit_with_words_is_answer_and_message_both(db, hospital):
    incident = declared(db, hospital)
    called(db, hospital, incident, OPERATIONS)
    reply(db, hospital.phone(GITA), "1, but I need a ride")
    assert holder(db, incident, OPERATIONS).eta_minutes == 30
    assert [m["text"] for m in events(db, incident, "message.received")] == ["1, but I need a ride"]


def test_words_after_the_answer_are_kept_and_cause_no_hint(db, hospital):
    incident = declared(db, hospital)
    called(db, hospital, incident, OPERATIONS)
    reply(db, hospital.phone(GITA), "1")
    acks = len(intents(db, hospital.people[GITA], "ack"))
    reply(db, hospital.phone(GITA), "Stuck behind a train")
    assert events(db, incident, "message.received")[0]["text"] == "Stuck behind a train"
    assert len(intents(db, hospital.people[GITA], "ack")) == acks


def test_a_person_writes_only_for_themselves_and_not_nothing(db, hospital, act):
    called(db, hospital, declared(db, hospital), OPERATIONS)
    asked = question_to(db, hospital.people[GITA])
    with pytest.raises(Forbidden):
        act(actions.write, hospital.commander, asked.id, text="Hello")
    from app.core.actor import Actor

    gita = Actor.person(asked.person_id, asked.person_name)
    with pytest.raises(Invalid):
        act(actions.write, gita, asked.id, text=" ")
    assert act(actions.write, gita, asked.id, text="On call at the other site").channel == "link"


@pytest.mark.engine("sqlite")
@pytest.mark.parametrize("minutes", [0, -5, 24 * 60 + 1])
def test_how_soon_must_be_a_time_that_can_be(db, hospital, minutes):
    incident = declared(db, hospital)
    with pytest.raises(Invalid, match="whole number from 1 to 1440"):
        called(db, hospital, incident, OPERATIONS, within_minutes=minutes)


@pytest.mark.engine("sqlite")
def test_the_board_shows_what_was_written_until_somebody_has_read_it(db, hospital, commander):
    incident = declared(db, hospital)
    called(db, hospital, incident, OPERATIONS)
    assert "Messages from staff" in commander.get(f"/incidents/{incident.id}").text
    reply(db, hospital.phone(GITA), "<b>Which gate?</b>")
    page = commander.get(f"/incidents/{incident.id}").text
    assert "&lt;b&gt;Which gate?&lt;/b&gt;" in page
    assert "1 not read" in page
    (message,) = events(db, incident, "message.received")
    commander.post(f"/incidents/{incident.id}/messages/{message['message_id']}/read")
    page = commander.get(f"/incidents/{incident.id}").text
    assert "1 not read" not in page
    assert f"Read by {hospital.commander.name}" in page
