"""What asks something of somebody is kept as it happens; a flood is seen, shown on boards, and ends by itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.alarms import actions, calls, queries
from app.alarms.audits import judge
from app.alarms.models import Alarm
from app.core.clock import ManualClock
from app.core.db import Database, UnitOfWork
from app.escalation.planner import Step
from app.incidents.actions import close, finish_task
from app.surge import actions as surge
from app.surge import history
from app.watchdog.actions import keep
from app.watchdog.registry import AUDITS, Offence
from app.watchdog.rounds import Round
from tests.support.client import PageClient
from tests.support.hospital import Hospital
from tests.support.phones import intents, last_text, reply
from tests.support.surge import hold, open_one
from tests.support.waiting import URL, policy, quiet, task, tick


def alarms(db: Database, **wanted: Any) -> list[Alarm]:
    with db.read() as session:
        return list(session.scalars(sa.select(Alarm).filter_by(**wanted).order_by(Alarm.id)))


def test_a_firing_is_one_alarm_until_it_clears(
    db: Database, clock: ManualClock, hospital: Hospital, act: Any
) -> None:
    quiet(db, hospital)
    hold(db, clock, hospital, 60, ICU=12)
    (full,) = alarms(db, kind="firing")
    assert (full.title, full.role) == ("Intensive care full", "whoever decides the surge level")
    assert (full.place, full.resource, full.severity, full.incident_id) == ("icu", "space", "high", None)
    assert (full.at, full.raised_at, full.acknowledged_at) == (clock.now(), clock.now(), None)
    act(surge.acknowledge, hospital.commander, full.key.removeprefix("firing:"))
    assert alarms(db, kind="firing")[0].acknowledged_by == hospital.commander.name
    trigger, until = full.cause.removeprefix("trigger:"), clock.now() + timedelta(hours=2)
    act(surge.shelve, hospital.commander, trigger, until=until, reason="Transfer under way")
    aside = alarms(db, kind="firing")[0]
    assert (aside.shelved_until, aside.acknowledged_at) == (until, None), "it comes back as new"
    act(surge.unshelve, hospital.commander, trigger)
    assert alarms(db, kind="firing")[0].shelved_until is None
    act(surge.retire_trigger, hospital.administrator, trigger, reason="A better one")
    assert alarms(db, kind="firing")[0].cleared_at == clock.now()


@pytest.mark.engine("sqlite")
def test_telling_somebody_is_an_alarm_for_them_and_what_ends_ends_it(
    db: Database, clock: ManualClock, hospital: Hospital, act: Any
) -> None:
    policy(db, hospital)
    incident = quiet(db, hospital)
    made = task(db, hospital, incident)
    tick(db)
    (told,) = alarms(db)
    assert (told.kind, told.role, told.title) == ("told", "incident commander", "Open the tent")
    clock.advance(minutes=4)
    assert reply(db, hospital.phone(0), "1A")
    assert alarms(db)[0].acknowledged_by == "Ada Quill"
    clock.advance(minutes=30)
    tick(db)
    once, again = alarms(db)
    assert (once.acknowledged_at, again.role) == (None, "who sees to it"), "it is open again"
    act(finish_task, hospital.commander, incident.id, made.id)
    assert [each.cleared_at for each in alarms(db)] == [clock.now()] * 2


def flood(db: Database, hospital: Hospital) -> tuple[int, Any]:
    with db.read() as session:
        found = queries.flood(session, hospital.facility.id)
        return (found.version, found.began_at) if found else (0, None)


def drill(uow: UnitOfWork, hospital: Hospital) -> None:
    for number in range(11):
        actions.raise_alarm(
            uow,
            key=f"drill {number}",
            kind="told",
            facility_id=hospital.facility.id,
            exercise=True,
            cause=f"drill {number}",
            title=f"Drill {number}",
            role="supervisor",
            severity="low",
        )


def test_a_flood_is_shown_with_what_came_first_and_ends_by_itself(
    app: Flask, db: Database, clock: ManualClock, hospital: Hospital, act: Any
) -> None:
    incident = quiet(db, hospital)
    db.transact(drill, hospital)
    assert len(alarms(db, exercise=True)) == 11
    assert flood(db, hospital) == (0, None), "an exercise floods nobody"
    hold(db, clock, hospital, 60, ICU=12)
    made = [task(db, hospital, incident, f"Task {number}", minutes=number // 4) for number in range(11)]
    for _ in range(3):
        tick(db)
        clock.advance(minutes=1)
    late = alarms(db, kind="overdue", exercise=False)
    assert {each.role for each in late} == {"Operations Section Chief"}
    assert len(late) == 11
    version, began_at = flood(db, hospital)
    assert (version, began_at) == (1, clock.now() - timedelta(minutes=1)), "with the eleventh"
    db.transact(actions.follow_floods)
    assert flood(db, hospital) == (2, began_at), "and counted by the tick"
    assert db.transact(actions.follow_floods) == 0

    commander = PageClient(app, hospital.commander)
    page = commander.get("/alarms/SBMC").text
    assert commander.get("/alarms", 302).location.endswith("/alarms/SBMC")
    assert "Alarm flood since" in page
    assert "First: Intensive care full" in page
    assert "10 more follow it, 10 seen by nobody" in page
    assert "10 more" not in commander.get("/alarms/SBMC?all=1").text
    seen = alarms(db, kind="firing")[0].key.removeprefix("firing:")
    sent = commander.post(f"/capacity/firings/{seen}/acknowledge", {"back": "alarms"})
    assert sent.location.endswith("/alarms/SBMC")
    assert f"seen by {hospital.commander.name}" in commander.get("/alarms/SBMC").text
    listed = commander.get("/capacity/SBMC/triggers").text
    assert "Space: 1 fired; first: Intensive care full" in listed
    assert "7 that have not fired" in listed
    board = commander.get(f"/incidents/{incident.id}").text
    assert "12 alarms" in board
    assert "By kind: other 11, space 1." in board
    commander.get("/alarms/SBMC/week?day=soon", 422)
    commander.get("/alarms/SBMC/week?day=2099-01-01", 422)
    commander.get("/alarms/NOPE", 404)
    assert "No alarm in this week" in commander.get("/alarms/SBMC/week?day=2026-11-04").text
    week = commander.get("/alarms/SBMC/week").text
    assert "Operations Section Chief" in week
    assert "Drill" not in week
    file = commander.get("/alarms/SBMC/week.csv")
    assert file.content_type == "text/csv; charset=utf-8"
    rows = file.text.splitlines()
    assert rows[1] == "this,Operations Section Chief,11,0,,0,11,11,1"

    act(finish_task, hospital.commander, incident.id, made[0].id)
    assert len([each for each in alarms(db, kind="overdue") if each.cleared_at]) == 1
    clock.advance(minutes=8)
    assert db.transact(actions.follow_floods) == 1
    assert flood(db, hospital)[1] is None
    assert "12 alarms" not in commander.get(f"/incidents/{incident.id}").text
    act(close, hospital.commander, incident.id, reason="Over")
    assert {each.cleared_at is None for each in alarms(db, incident_id=incident.id)} == {False}


def test_what_nobody_decides_without_an_incident_is_told_to_whoever_is_on_call(
    db: Database, clock: ManualClock, hospital: Hospital, act: Any
) -> None:
    """By the hospital's policy for such alarms: Ada first, then the next on the list."""
    steps = [Step(10, "tell_commander"), Step(5, "tell_commander"), Step(5, "tell_role", "safety_officer")]
    policy(db, hospital, steps, kind="alarm")
    quiet(db, hospital, exercise=True)
    hold(db, clock, hospital, 60, ICU=12)
    assert [judge(each, clock.now()) for each in audited(db)] == [None]
    clock.advance(minutes=9)
    assert calls.tick(db, URL) == 0
    clock.advance(minutes=1)
    assert calls.tick(db, URL) == 1
    assert calls.tick(db, URL) == 0
    text = last_text(db, hospital.people[0])
    assert "SBMC surge: Severe surge recommended" in text
    assert "You are told as on call as Incident Commander" in text
    assert f"{URL}/capacity/recommendations/{open_one(db).id}" in text
    clock.advance(minutes=5)
    assert calls.tick(db, URL) == 1
    assert last_text(db, hospital.people[6]).startswith("SBMC surge"), "the next on the list"
    clock.advance(minutes=8)
    assert [judge(each, clock.now()) is None for each in audited(db)] == [False], "nobody looked in time"
    told = alarms(db, kind="told", exercise=False)
    assert [each.role for each in told] == ["on call as Incident Commander"] * 2
    with db.read() as session:
        lines, _ = history.page(session, hospital.facility.id, 1)
    assert lines[0]["text"] == (
        "Told, because nobody has decided on Severe surge: Gita Lund (on call as Incident Commander)"
    )
    act(surge.decline, hospital.commander, open_one(db).id, reason="Two leave within the hour")
    assert {each.cleared_at for each in alarms(db, kind="told", exercise=False)} == {clock.now()}
    assert calls.tick(db, URL) == 0


@pytest.mark.engine("sqlite")
def test_outside_an_incident_lists_units_and_systems_are_told_too(
    db: Database, clock: ManualClock, hospital: Hospital
) -> None:
    steps = [
        Step(0, "tell_all", "skill:icu_nurse"),
        Step(1, "tell_role", "safety_officer", asks=False),
        Step(1, "tell_webhook", "pager"),
        Step(5, "repeat"),
    ]
    policy(db, hospital, steps, kind="alarm", rounds=2)
    hold(db, clock, hospital, 60, ICU=12)
    done = []
    for _ in range(25):
        done.append(calls.tick(db, URL))
        clock.advance(minutes=1)
    assert [at for at, number in enumerate(done) if number] == [0, 1, 2, 7, 8, 9, 10], (
        "twice, and then no more"
    )
    sent = [intent for intent in intents(db) if intent.key.startswith("surge:")]
    names = {person.id: person.name for person in hospital.people}
    assert sorted(names.get(i.person_id or "", i.to) for i in sent) == sorted(
        ["Cleo Vance", "Finn Sayer", "Dov Maren", "pager"] * 2
    )
    assert [each.role for each in alarms(db, kind="told")] == ["one of icu nurse"] * 2, "others owe no answer"


@pytest.mark.engine("sqlite")
def test_with_an_incident_open_its_own_steps_are_enough(
    db: Database, clock: ManualClock, hospital: Hospital
) -> None:
    quiet(db, hospital)
    hold(db, clock, hospital, 60, ICU=12)
    clock.advance(minutes=30)
    assert (calls.tick(db, URL), audited(db)) == (0, [])


def audited(db: Database) -> list[Any]:
    with db.read() as session:
        return list(AUDITS["surge_calls"].items(session, db.clock.now()))


@pytest.mark.engine("sqlite")
def test_what_the_watchdog_texts_is_an_alarm_while_it_lasts(db: Database, clock: ManualClock) -> None:
    wrong = {"deadlines": [Offence("d1", clock.now(), "late")]}

    def look(found: dict[str, list[Offence]]) -> None:
        clock.advance(seconds=20)
        done = Round(clock.now(), 1, found)
        db.transact(keep, done, took_ms=1, alarm=["+12025550101"], url="https://m.example")

    look(wrong)
    assert alarms(db) == []
    look(wrong)
    (told,) = alarms(db, kind="engine")
    assert (told.facility_id, told.cleared_at) == (None, None)
    look(wrong)
    assert len(alarms(db)) == 1
    look({"deadlines": []})
    assert alarms(db)[0].cleared_at == clock.now()
