"""One person over several channels in turn: after silence, after failure, and no more once it has ended."""

from __future__ import annotations

from typing import Any

import pytest

from app.activation import actions, ticks
from app.activation.candidates import Group
from app.activation.models import ChainPlan
from app.staffing.models import ContactMethod, Skill
from tests.support.callouts import called, declared, events, holder, question_to, questions
from tests.support.phones import hand_over, intents, reply, reported

OPERATIONS = "operations_section_chief"  # its list: Gita, Ben
GITA = 6


def reachable(db: Any, person: Any, *ways: tuple[str, str]) -> None:
    def add(uow: Any) -> None:
        for place, (channel, address) in enumerate(ways, 2):
            way = ContactMethod(
                id=uow.new_id(), person_id=person.id, channel=channel, address=address, rank=place
            )
            uow.session.add(way)

    db.transact(add)


def tick(app: Any, clock: Any, **later: int) -> None:
    clock.advance(**later)
    ticks.chains(app)
    ticks.later_arrivals(app)


def messages(db: Any, person: Any) -> list[Any]:
    """Everything about the question to this person, in the order of its steps."""
    return sorted(intents(db, person, "question"), key=lambda i: int(i.key.rpartition(":")[2]))


def sent(db: Any, person: Any) -> list[str]:
    return [intent.channel.value for intent in messages(db, person)]


@pytest.fixture
def gita(db, hospital):
    person = hospital.people[GITA]
    reachable(db, person, ("voice", "+12025550106"), ("email", "gita@example.org"))
    return person


def test_text_and_mail_at_once_a_call_after_two_minutes_and_again(app, db, hospital, clock, gita):
    incident = declared(db, hospital)
    called(db, hospital, incident, OPERATIONS)
    assert sent(db, gita) == ["sms", "email"]
    _text, mail = messages(db, gita)
    assert (mail.to, "Operations Section Chief needed" in mail.title) == ("gita@example.org", True)
    assert "https://m.example/a/" in mail.body
    hand_over(db)
    tick(app, clock, seconds=100)
    assert sent(db, gita) == ["sms", "email"]
    tick(app, clock, seconds=30)
    tick(app, clock, seconds=0)
    assert sent(db, gita) == ["sms", "email", "voice"]
    call = messages(db, gita)[-1]
    assert "Press 1 if you come within 30 minutes" in call.body
    assert "http" not in call.body
    tick(app, clock, minutes=30)
    assert sent(db, gita)[3:] == ["voice"], "after a stop, one at a time"
    for _ in range(6):
        tick(app, clock, minutes=2)
    assert sent(db, gita) == ["sms", "email", "voice", "voice", "sms", "voice", "voice"]
    assert question_to(db, gita).next_channel_at is None
    told = events(db, incident, "question.channelled")
    assert [[q["channel"] for q in one["questions"]] for one in told] == [
        ["voice"],
        ["voice"],
        ["sms"],
        ["voice"],
        ["voice"],
    ]


def test_nothing_more_is_sent_after_an_answer(app, db, hospital, clock, gita):
    """I4."""
    incident = declared(db, hospital)
    called(db, hospital, incident, OPERATIONS)
    hand_over(db)
    tick(app, clock, minutes=3)
    assert sent(db, gita) == ["sms", "email", "voice"]
    assert reply(db, hospital.phone(GITA), "1")
    assert sent(db, gita) == ["sms", "email"], "the call that had not been placed is taken back"
    tick(app, clock, hours=1)
    assert sent(db, gita) == ["sms", "email"]
    assert holder(db, incident, OPERATIONS).person_id == gita.id


@pytest.mark.parametrize("how", ["stopped", "filled by hand", "closed"])
def test_nothing_more_is_sent_after_it_has_ended(app, db, hospital, act, clock, gita, how):
    """I4: who had the text hears once that it no longer matters, by text and not by a call."""
    from app.incidents.actions import assign, close

    incident = declared(db, hospital)
    callout = called(db, hospital, incident, OPERATIONS)
    hand_over(db)
    if how == "stopped":
        act(actions.stop_callout, hospital.command_staff, callout.id, reason="Not now")
    elif how == "closed":
        act(close, hospital.commander, incident.id, reason="All clear")
    else:
        ada = hospital.people[0].id
        act(assign, hospital.commander, incident.id, position=OPERATIONS, person_id=ada)
    tick(app, clock, hours=1)
    assert sent(db, gita) == ["sms", "email"]
    assert [i.channel.value for i in intents(db, gita, "notice")] == ["sms"]


def test_a_failure_goes_on_at_once_and_late_words_do_not_spoil_the_next_channel(
    app, db, hospital, clock, gita
):
    """The text fails: the call comes at once, not after two minutes; a late word about the text changes
    nothing, and only when every way has failed is the next person asked."""
    incident = declared(db, hospital)
    called(db, hospital, incident, OPERATIONS, chain=ChainPlan.NORMAL)
    report(db, gita, 0, "failed")
    assert sent(db, gita) == ["sms", "email", "voice"]
    assert question_to(db, gita).stage == "asked"
    report(db, gita, 2, "sent")
    report(db, gita, 2, "delivered")
    assert question_to(db, gita).stage == "delivered"
    report(db, gita, 0, "failed")
    report(db, gita, 1, "failed")
    assert question_to(db, gita).stage == "delivered"
    assert [q.person_name for q in questions(db)] == ["Gita Lund"]


def test_failed_is_said_only_when_every_way_has_failed(app, db, hospital, clock):
    """Gita has a phone for texts and a mail address, and nobody picks up where nobody can be called."""
    gita = hospital.people[GITA]
    reachable(db, gita, ("email", "gita@example.org"))
    incident = declared(db, hospital)
    called(db, hospital, incident, OPERATIONS, chain=ChainPlan.QUIET)
    report(db, gita, 0, "failed")
    assert question_to(db, gita).stage == "asked"
    report(db, gita, 1, "failed")
    assert question_to(db, gita).stage == "failed"
    assert question_to(db, gita).next_channel_at is None
    assert [q.person_name for q in questions(db)] == ["Gita Lund", "Ben Orso"]
    tick(app, clock, hours=1)
    assert sent(db, gita) == ["sms", "email"]


def test_one_message_a_step_however_often_the_clock_strikes(app, db, hospital, clock, gita):
    """I1: the key is question, channel, contact and step."""
    called(db, hospital, declared(db, hospital), OPERATIONS)
    clock.advance(minutes=2)
    for _ in range(3):
        ticks.chains(app)
    keys = [intent.key for intent in intents(db, gita, "question")]
    assert len(keys) == len(set(keys)) == 3


def test_an_exercise_says_so_in_call_and_mail_and_stays_in_its_lanes(app, db, hospital, clock, gita):
    called(db, hospital, declared(db, hospital, exercise=True), OPERATIONS)
    tick(app, clock, minutes=2)
    for intent in intents(db, gita, "question"):
        assert intent.body.startswith("EXERCISE. ")
        assert intent.body.rstrip().endswith("THIS IS AN EXERCISE")
        assert intent.lane == 5
        assert intent.title is None or intent.title.startswith("EXERCISE. ")


def test_a_thousand_silent_people_are_called_in_batches_of_one_entry_each(app, db, hospital, clock):
    people = hospital.people[1:8]
    for place, person in enumerate(people):
        reachable(db, person, ("voice", f"+120255501{50 + place}"))

    def skilled(uow: Any) -> None:
        uow.session.add_all(Skill(person_id=p.id, slug="on_call") for p in people)

    db.transact(skilled)
    incident = declared(db, hospital)
    called(db, hospital, incident, groups=[Group("on_call", None, 7)])
    hand_over(db)
    asked = len(questions(db))
    tick(app, clock, minutes=2)
    (batch,) = events(db, incident, "question.channelled")
    assert len(batch["questions"]) == asked >= 5
    assert {q["channel"] for q in batch["questions"]} == {"voice"}


def test_an_address_closed_meanwhile_is_passed_over(app, db, hospital, act, clock, gita):
    called(db, hospital, declared(db, hospital), OPERATIONS)

    def close_line(uow: Any) -> None:
        for way in uow.session.query(ContactMethod).filter_by(person_id=gita.id, channel="voice"):
            way.opted_out_at = uow.now

    db.transact(close_line)
    hand_over(db)
    for _ in range(12):
        tick(app, clock, minutes=3)
    assert sent(db, gita) == ["sms", "email", "sms"]


def report(db: Any, person: Any, index: int, stage: str) -> None:
    """What became of the person's message number `index`."""
    db.clock.advance(seconds=1)
    reported(db, messages(db, person)[index], stage)
