"""Immediate bed availability with a database: frozen beds, everybody's counts, one open run, an end."""

from __future__ import annotations

import threading
from typing import Any

import pytest
import sqlalchemy as sa

from app.bedruns import actions, queries, rules
from app.bedruns.audits import open_runs
from app.bedruns.models import BedRun, BedRunCount, RunState
from app.bedruns.ticks import ENDER
from app.core.actor import Actor
from app.core.clock import ManualClock
from app.core.db import Database
from app.core.errors import Conflict, Forbidden, Invalid
from app.facilities.stream import stream_of as hospital_stream
from app.incidents import actions as incident_actions
from app.incidents.models import stream_of
from app.journal import entries
from tests.support.hospital import Hospital
from tests.support.surge import declare, enter
from tests.support.surge import given as reading


def staffed(db: Database, clock: ManualClock, hospital: Hospital, **beds: int) -> None:
    now = clock.now()
    found = [reading(u.removeprefix("_"), n, now, "staffed_beds") for u, n in beds.items()]
    enter(db, hospital.staff, *found)


def begin(db: Database, hospital: Hospital, **more: Any) -> BedRun:
    wanted: dict[str, Any] = {"reason": "Bus crash", "exercise": False} | more
    return db.transact(actions.start, hospital.commander, hospital.facility.id, **wanted)


def press(db: Database, who: Actor, run: BedRun, unit: str, step: str, kind: str = "", n: int = 1) -> Any:
    return db.transact(actions.count, who, run.id, unit=unit, step=step, kind=kind, change=n)


def beds(db: Database, who: Actor, run: BedRun, unit: str, number: int) -> None:
    press(db, who, run, unit, rules.FREED, "discharge", number)
    press(db, who, run, unit, rules.CLEANED, n=number)
    press(db, who, run, unit, rules.STAFFED, n=number)


def kinds(db: Database, stream: str) -> list[str]:
    with db.read() as session:
        return [e.kind for e in entries(session, stream) if e.kind.startswith("bedrun.")]


@pytest.mark.engine("sqlite")
def test_beds_are_frozen_at_the_start_and_what_is_not_known_is_refused(
    db: Database, clock: ManualClock, hospital: Hospital
) -> None:
    with pytest.raises(Invalid, match="Four West, staffed beds not reported; Intensive Care, staffed beds"):
        begin(db, hospital)
    staffed(db, clock, hospital, ICU=20, _4W=380, ED=40)
    clock.advance(hours=14)
    with pytest.raises(Invalid, match=r"Intensive Care, staffed beds too old.*Enter staffed beds"):
        begin(db, hospital, units=["ICU"])
    staffed(db, clock, hospital, ICU=20, _4W=380, ED=40)
    with pytest.raises(Forbidden):
        db.transact(
            actions.start, ENDER, hospital.facility.id, reason="By itself", exercise=False, units=["ICU"]
        )
    with pytest.raises(Invalid, match="no such unit: NICU"):
        begin(db, hospital, units=["ICU", "NICU"])
    run = begin(db, hospital)
    assert (run.staffed_beds, run.target) == (400, 80)
    assert run.deadline_at - run.started_at == rules.HOURS
    staffed(db, clock, hospital, ICU=2, _4W=2)
    with db.read() as session:
        frozen = {each.code: (each.staffed_beds, each.source) for each in queries.units(session, run.id)}
    assert frozen == {"ICU": (20, "huddle"), "4W": (380, "huddle")}
    with pytest.raises(Conflict, match="under way here, started by"):
        begin(db, hospital)


def test_a_run_in_an_incident_to_its_confirmed_end(
    db: Database, clock: ManualClock, hospital: Hospital
) -> None:
    staffed(db, clock, hospital, ICU=12, _4W=30)
    incident = declare(db, hospital.commander, hospital)
    with pytest.raises(Invalid, match="a real run belongs to a real incident"):
        begin(db, hospital, exercise=True, incident_id=incident.id)
    run = begin(db, hospital, incident_id=incident.id)
    assert run.target == 9
    clock.advance(minutes=40)
    press(db, hospital.staff, run, "4W", rules.IDENTIFIED, "class_1", 6)
    beds(db, hospital.staff, run, "4W", 5)
    with pytest.raises(Conflict, match="5 of 9 beds count"):
        db.transact(actions.end, hospital.commander, run.id, reached=True)
    with pytest.raises(Invalid, match="it had 12 staffed beds"):
        press(db, hospital.staff, run, "ICU", rules.CLEANED, n=13)
    with pytest.raises(Invalid, match="unit: 'ED' takes no part"):
        press(db, hospital.staff, run, "ED", rules.CLEANED)
    with pytest.raises(Forbidden):
        press(db, hospital.leadership, run, "ICU", rules.CLEANED)
    wrong = press(db, hospital.staff, run, "4W", rules.STAFFED, n=-2)
    back = db.transact(actions.undo, hospital.commander, run.id, wrong.id)
    for again in (wrong.id, back.id):
        with pytest.raises(Conflict):
            db.transact(actions.undo, hospital.commander, run.id, again)
    clock.advance(minutes=50)
    beds(db, hospital.command_staff, run, "ICU", 4)
    ended = db.transact(actions.end, hospital.commander, run.id, reached=True)
    assert (ended.state, ended.counted) == (RunState.REACHED, 9)
    with pytest.raises(Conflict, match="reached its target"):
        press(db, hospital.staff, run, "4W", rules.CLEANED)
    assert kinds(db, stream_of(incident.id)) == kinds(db, hospital_stream(hospital.facility.id))
    with db.read() as session:
        told = next(e for e in entries(session, stream_of(incident.id)) if e.kind == "bedrun.ended").data
    assert [each["minutes"] for each in told["quarters"]] == [40, 40, 90, 90]
    assert [(each["name"], each["counted"]) for each in told["units"]] == [
        ("Four West", 5), ("Intensive Care", 4)
    ]  # fmt: skip


@pytest.mark.engine("sqlite")
def test_an_exercise_makes_way_and_time_ends_a_run(
    db: Database, clock: ManualClock, hospital: Hospital
) -> None:
    staffed(db, clock, hospital, _4W=30)
    drill = begin(db, hospital, units=["4W"], exercise=True)
    incident = declare(db, hospital.commander, hospital)
    run = begin(db, hospital, units=["4W"], incident_id=incident.id)
    beds(db, hospital.staff, run, "4W", 2)
    db.transact(incident_actions.close, hospital.commander, incident.id, reason="Over")
    beds(db, hospital.staff, run, "4W", 1)
    clock.advance(hours=4)
    with pytest.raises(Conflict, match="The four hours are over"):
        beds(db, hospital.staff, run, "4W", 1)
    with db.read() as session:
        assert len(list(open_runs(session, clock.now()))) == 1
    clock.advance(seconds=20)
    assert db.transact(actions.end_one_over, ENDER) is True
    assert db.transact(actions.end_one_over, ENDER) is False
    with db.read() as session:
        over = queries.run(session, run.id)
        assert (over.state, over.counted, over.ended_at) == (RunState.OVER, 3, run.deadline_at)
        made_way = queries.run(session, drill.id)
        assert (made_way.state, made_way.end_reason) == (RunState.STOPPED, "A real run was started.")
    stopped = begin(db, hospital, units=["4W"], exercise=True)
    with pytest.raises(Invalid, match="reason"):
        db.transact(actions.end, hospital.commander, stopped.id, reached=False, reason=" ")
    db.transact(actions.end, hospital.commander, stopped.id, reached=False, reason="Enough seen")


def test_two_at_once_both_count_and_two_starts_are_one(
    db: Database, clock: ManualClock, hospital: Hospital
) -> None:
    staffed(db, clock, hospital, _4W=30)
    raised: list[Exception] = []

    def together(*works: Any) -> None:
        def attempt(work: Any) -> None:
            try:
                work()
            except Conflict as error:
                raised.append(error)

        threads = [threading.Thread(target=attempt, args=(work,)) for work in works]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    together(*[lambda: begin(db, hospital, units=["4W"])] * 2)
    assert len(raised) == 1
    with db.read() as session:
        run = session.scalars(sa.select(BedRun)).one()
    together(*[lambda: press(db, hospital.staff, run, "4W", rules.CLEANED)] * 4)
    with db.read() as session:
        assert session.scalar(sa.select(sa.func.sum(BedRunCount.change))) == 4
