"""Quiet tests: planned once, made by day, never beside something real, each result known and shown."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core.clock import ManualClock, local
from app.core.db import Database, UnitOfWork
from app.core.errors import Conflict, Forbidden, Invalid
from app.incidents.actions import close
from app.messaging import inbox
from app.messaging.models import Intent
from app.messaging.states import IntentState, Purpose
from app.messaging.worker import Sender
from app.runtime import Runtime
from app.staffing.contacts.actions import owning, testing
from app.staffing.contacts.models import QuietTest, QuietTestState
from app.staffing.contacts.ticks import quiet_tests
from app.watchdog.rounds import look
from tests.support.callouts import called, declared
from tests.support.client import PageClient
from tests.support.hospital import Hospital
from tests.support.phones import reply
from tests.support.reach import change, made_tests, said, sent_to

ZONE = "America/New_York"


@pytest.fixture
def rt(app: Flask) -> Runtime:
    return app.extensions["muster"]


def switch_on(
    db: Database, hospital: Hospital, *, weeks: int = 1, most: int = 50, active: bool = True
) -> None:
    db.transact(
        testing.set_plan,
        hospital.administrator,
        hospital.facility.id,
        active=active,
        every_weeks=weeks,
        most_a_day=most,
    )


def through(rt: Runtime, clock: ManualClock, **how_long: float) -> None:
    """Time goes on, with the tick every quarter of an hour by day; at night nothing is due."""
    end = clock.now() + timedelta(**how_long)
    while clock.now() < end:
        night = not 9 <= local(clock.now(), ZONE).hour < 18
        clock.advance(minutes=60 if night else 15)
        quiet_tests(rt)


def test_in_a_week_everybody_is_tested_once_by_day(
    rt: Runtime, db: Database, hospital: Hospital, clock: ManualClock
) -> None:
    switch_on(db, hospital)
    through(rt, clock, days=6)
    made = made_tests(db)
    assert len(made) == len(hospital.people)
    assert {test.contact_id for test in made} == {person.contacts[0].id for person in hospital.people}
    for test in made:
        assert test.asked_at is not None
        at = local(test.asked_at, ZONE)
        assert 9 <= at.hour < 18
        assert at.weekday() < 5
    assert len({local(test.due_at, ZONE).date() for test in made}) >= 4, "spread over the week"
    assert all(intent.lane == 7 for test in made for intent in sent_to(db, test.contact_id or ""))
    assert said(db, hospital)[0][0] == "contact.tests_set"


def test_two_engines_and_a_restart_double_nothing(
    rt: Runtime, db: Database, hospital: Hospital, clock: ManualClock
) -> None:
    switch_on(db, hospital, weeks=1)
    clock.advance(hours=5)
    for _ in range(3):
        assert db.transact(testing.plan_day, hospital.facility.id) == (2 if _ == 0 else 0)
    clock.advance(hours=9)
    quiet_tests(rt)
    assert {test.state.value for test in made_tests(db)} == {"planned"}, "the engine was down all day"
    assert all(test.due_at > clock.now() for test in made_tests(db))
    through(rt, clock, days=1)
    carried = [test for test in made_tests(db) if test.state is QuietTestState.ASKED]
    assert len(carried) == 4, "yesterday's and today's"
    assert len({test.key for test in carried}) == 4


def test_not_beside_something_real_and_afterwards_again(
    rt: Runtime, db: Database, hospital: Hospital, clock: ManualClock
) -> None:
    switch_on(db, hospital)
    incident = declared(db, hospital)
    through(rt, clock, days=1)
    assert asked(db) == []
    assert any("something real" in (test.reason or "") for test in made_tests(db))
    with pytest.raises(Conflict, match="real is going on"):
        db.transact(
            testing.ask_now, hospital.administrator, hospital.facility.id, person_id=hospital.people[0].id
        )
    db.transact(close, hospital.commander, incident.id, reason="Over")
    through(rt, clock, days=2)
    assert asked(db)
    found = look(db, clock.now()).found
    assert not found["tests"]
    assert not found["test days"]


def test_an_exercise_holds_up_nothing(
    rt: Runtime, db: Database, hospital: Hospital, clock: ManualClock
) -> None:
    switch_on(db, hospital)
    declared(db, hospital, exercise=True)
    through(rt, clock, days=1)
    assert asked(db)


def test_who_rests_or_has_gone_is_left_out(
    rt: Runtime, db: Database, hospital: Hospital, clock: ManualClock
) -> None:
    switch_on(db, hospital)
    clock.advance(hours=5)
    db.transact(testing.plan_day, hospital.facility.id)
    first, second = made_tests(db)
    change(db, first.contact_id or "", opted_out_at=clock.now())
    until = clock.now() + timedelta(days=2)
    db.transact(owning.pause, hospital.administrator, second.person_id, second.contact_id or "", until=until)
    through(rt, clock, hours=9)
    assert sorted(test.reason or "" for test in made_tests(db, "skipped")) == [
        "has opted out",
        "is paused by its owner",
    ]


def test_results_come_from_the_carrier_the_phone_and_the_clock(
    rt: Runtime, app: Flask, db: Database, hospital: Hospital, clock: ManualClock
) -> None:
    clock.advance(hours=5)
    for index in range(4):
        db.transact(
            testing.ask_now, hospital.administrator, hospital.facility.id, person_id=hospital.people[index].id
        )
    quiet_tests(rt)
    by_person = {test.person_id: test for test in made_tests(db)}

    def hear(index: int, stage: Any, error: str | None = None) -> None:
        test = by_person[hospital.people[index].id]
        step = inbox.Delivery(test.intent_id or "", test.id, test.person_id, stage, error, clock.now())
        db.transact(lambda uow: inbox.tell(uow, [(Purpose.CHECK, step)]))

    hear(0, "delivered")
    hear(0, "sent")
    hear(1, "failed", "This is a landline.")
    assert reply(db, hospital.phone(2), " 1 ")
    assert not reply(db, hospital.phone(2), "1 2"), "that is no answer to a test"
    assert not reply(db, hospital.phone(5), "1"), "nobody has tested this phone"
    state(db, by_person[hospital.people[3].id], IntentState.UNCONFIRMED)
    quiet_tests(rt)
    found = {test.person_id: (test.state.value, test.reason) for test in made_tests(db)}
    assert [found[hospital.people[index].id] for index in range(4)] == [
        ("delivered", None),
        ("failed", "This is a landline."),
        ("answered", None),
        ("unknown", None),
    ]


def test_an_answer_to_a_call_out_is_never_taken_for_a_test(
    rt: Runtime, db: Database, hospital: Hospital, clock: ManualClock
) -> None:
    ada = hospital.people[0]
    clock.advance(hours=5)
    db.transact(testing.ask_now, hospital.administrator, hospital.facility.id, person_id=ada.id)
    quiet_tests(rt)
    incident = declared(db, hospital)
    called(db, hospital, incident, "safety_officer")
    other = hospital.people[3]
    assert reply(db, hospital.phone(3), "1")
    assert made_tests(db)[0].state is QuietTestState.ASKED
    assert other.id not in {test.person_id for test in made_tests(db)}


def test_the_sender_takes_a_test_to_the_phone(
    rt: Runtime, app: Flask, db: Database, hospital: Hospital, clock: ManualClock
) -> None:
    clock.advance(hours=5)
    db.transact(
        testing.ask_now, hospital.administrator, hospital.facility.id, person_id=hospital.people[0].id
    )
    quiet_tests(rt)
    sender = Sender(app)
    sender.run_once()
    sender.stop()
    assert made_tests(db)[0].state.value in ("sent", "delivered")
    (intent,) = sent_to(db, hospital.people[0].contacts[0].id)
    assert "no answer needed" in intent.body


def test_a_test_nobody_speaks_of_is_unknown_after_half_a_day(
    rt: Runtime, db: Database, hospital: Hospital, clock: ManualClock
) -> None:
    clock.advance(hours=5)
    db.transact(
        testing.ask_now, hospital.administrator, hospital.facility.id, person_id=hospital.people[0].id
    )
    quiet_tests(rt)
    state(db, made_tests(db)[0], IntentState.SENT)
    clock.advance(hours=13)
    quiet_tests(rt)
    assert made_tests(db)[0].state is QuietTestState.UNKNOWN


def test_what_was_to_be_made_and_was_not_is_found(
    db: Database, hospital: Hospital, clock: ManualClock
) -> None:
    switch_on(db, hospital)
    clock.advance(hours=5)
    found = look(db, clock.now()).found
    assert not found["tests"]
    assert not found["test days"]
    clock.advance(minutes=16)
    found = look(db, clock.now()).found
    assert len(found["test days"]) == 1, "today has not been planned"
    db.transact(testing.plan_day, hospital.facility.id)
    clock.advance(hours=8, minutes=45)
    found = look(db, clock.now()).found
    assert (len(found["test days"]), len(found["tests"])) == (0, 2)


def test_the_switch_the_report_and_the_table(
    rt: Runtime, app: Flask, db: Database, hospital: Hospital, clock: ManualClock
) -> None:
    keeper = PageClient(app, hospital.administrator)
    url = "/people/reach/SBMC/tests"
    assert "Nothing is tested by itself" in keeper.get(url).text
    bad = keeper.post(url, {"active": "1", "every_weeks": "0", "most_a_day": "x"}, 422).text
    assert "must be a whole number" in bad
    keeper.post(url, {"active": "1", "every_weeks": "1", "most_a_day": "50"})
    through(rt, clock, hours=14)
    keeper = PageClient(app, hospital.administrator)
    made = made_tests(db)
    state(db, made[0], IntentState.FAILED, "This is a landline.")
    for test in made[1:]:
        state(db, test, IntentState.DELIVERED)
    quiet_tests(rt)
    page = keeper.get(url).text
    assert "50 %" in page
    assert "This is a landline." in page
    assert "no department" in page
    text = keeper.get(f"{url}.csv").get_data().decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == len(made)
    assert [row["reason"] for row in rows if row["result"] == "failed"] == ["This is a landline."]
    assert not any(hospital.phone(index) in text for index in range(8))
    assert not any(hospital.phone(index) in page for index in range(8))
    keeper.post(url, {"every_weeks": "1", "most_a_day": "50"})
    assert "Nothing is tested by itself" in keeper.get(url).text
    viewer = PageClient(app, hospital.command_staff)
    viewer.get(url)
    viewer.post(url, {"active": "1", "every_weeks": "1", "most_a_day": "50"}, 403)
    keeper.post(f"{url}/now", {"department": "Nowhere"}, 409)


def test_a_department_is_tested_by_day(db: Database, hospital: Hospital, clock: ManualClock) -> None:
    here, keeper = hospital.facility.id, hospital.administrator
    with pytest.raises(Conflict, match="between 09:00 and 18:00"):
        db.transact(testing.ask_now, keeper, here, department="")
    clock.advance(hours=6)
    with pytest.raises(Invalid):
        db.transact(testing.ask_now, keeper, here, department="Nowhere")
    with pytest.raises(Forbidden):
        db.transact(testing.ask_now, hospital.staff, here, department="")
    assert db.transact(testing.ask_now, keeper, here, department="") == len(hospital.people)
    assert db.transact(testing.ask_now, keeper, here, department="") == 0, "once a minute"


def asked(db: Database) -> list[QuietTest]:
    """Those that were handed to the sender, whatever became of them."""
    return [test for test in made_tests(db) if test.asked_at is not None]


def state(db: Database, test: QuietTest, to: IntentState, error: str | None = None) -> None:
    def move(uow: UnitOfWork) -> None:
        intent = sa.update(Intent).where(Intent.subject_id == test.id)
        uow.session.execute(intent.values(state=to, error=error))

    db.transact(move)
