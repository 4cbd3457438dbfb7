"""From readings to firings to recommendations; a person decides, once, and the plan starts once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.core.actor import Actor
from app.core.clock import ManualClock
from app.core.db import Database
from app.core.errors import Conflict, Forbidden, Invalid, MusterError
from app.facilities.stream import stream_of as hospital_stream
from app.incidents import actions as incident_actions
from app.incidents.models import Incident, Position, Task, stream_of
from app.journal import entries
from app.surge import actions, packs, queries
from tests.support.hospital import Hospital
from tests.support.surge import (
    PROGRAM,
    count,
    declare,
    firings,
    given,
    hold,
    open_one,
    recommendations,
)

ICU_TIGHT, ICU_FULL = "Intensive care nearly full", "Intensive care full"


def kinds(db: Database, stream: str) -> list[str]:
    with db.read() as session:
        return [
            e.kind
            for e in entries(session, stream)
            if e.kind.startswith(("trigger.", "surge.")) or e.data.get("source") == "plan"
        ]


def rank(db: Database, hospital: Hospital) -> int:
    with db.read() as session:
        return queries.level_rank(session, hospital.facility.id)


def plan_tasks(db: Database, incident_id: str) -> list[str]:
    with db.read() as session:
        query = sa.select(Task.text).where(Task.incident_id == incident_id, Task.source == "plan")
        return list(session.scalars(query))


def at_once(db: Database, *works: Callable[[], object]) -> list[MusterError]:
    """Run these in threads at the same moment; what they raised."""
    raised: list[MusterError] = []
    start = threading.Barrier(len(works))

    def run(work: Callable[[], object]) -> None:
        start.wait()
        try:
            work()
        except MusterError as error:
            raised.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def fill_icu(db: Database, clock: ManualClock, hospital: Hospital) -> None:
    """Twelve of twelve for an hour: "full" fires and recommends severe surge."""
    hold(db, clock, hospital, 60, ICU=12)


def test_a_full_unit_fires_after_its_dwell_and_recommends(
    db: Database, hospital: Hospital, clock: ManualClock
) -> None:
    hold(db, clock, hospital, 30, ICU=12)
    assert firings(db) == []
    clock.advance(minutes=30)
    assert db.transact(actions.look_again, PROGRAM) == 1, "time passing is enough while the count is fresh"
    assert firings(db) == [(ICU_FULL, None)]
    assert recommendations(db) == [("Severe surge", "open")]
    assert kinds(db, hospital_stream(hospital.facility.id)) == ["trigger.fired", "surge.recommended"]
    assert rank(db, hospital) == 0, "the program sets no level"


def test_firing_stands_in_every_open_incident_of_the_hospital_once(
    db: Database, hospital: Hospital, clock: ManualClock
) -> None:
    first, drill = (
        declare(db, hospital.commander, hospital),
        declare(db, hospital.commander, hospital, exercise=True),
    )
    over = declare(db, hospital.commander, hospital)
    db.transact(incident_actions.close, hospital.commander, over.id, reason="Done")
    fill_icu(db, clock, hospital)
    hold(db, clock, hospital, 30, ICU=12)
    for incident, wanted in ((first, 2), (drill, 2), (over, 0)):
        assert len(kinds(db, stream_of(incident.id))) == wanted


def test_two_processes_looking_at_once_fire_once(
    db: Database, hospital: Hospital, clock: ManualClock
) -> None:
    declare(db, hospital.commander, hospital)
    hold(db, clock, hospital, 30, ICU=12)
    clock.advance(minutes=30)
    count_now = [given("ICU", 12, clock.now())]
    at_once(
        db,
        *[lambda: db.transact(actions.look_again, PROGRAM)] * 3,
        lambda: db.transact(actions.enter, hospital.staff, readings=count_now),
    )
    assert firings(db) == [(ICU_FULL, None)]
    assert recommendations(db) == [("Severe surge", "open")]


def test_a_higher_firing_takes_the_place_of_a_recommendation_and_clearing_withdraws_it(
    db: Database, hospital: Hospital, clock: ManualClock
) -> None:
    hold(db, clock, hospital, 120, ICU=11)
    assert recommendations(db) == [("Watch", "open")]
    fill_icu(db, clock, hospital)
    assert recommendations(db) == [("Watch", "superseded"), ("Severe surge", "open")]
    hold(db, clock, hospital, 12 * 60, ICU=11)
    assert [title for title, cleared in firings(db) if cleared] == [ICU_FULL]
    assert recommendations(db)[-2:] == [("Severe surge", "withdrawn"), ("Watch", "open")]


def test_silence_clears_nothing_and_lowers_nothing(
    db: Database, hospital: Hospital, clock: ManualClock
) -> None:
    fill_icu(db, clock, hospital)
    confirmed(db, hospital)
    clock.advance(hours=30)
    db.transact(actions.look_again, PROGRAM)
    assert firings(db) == [(ICU_FULL, None)]
    with pytest.raises(Conflict, match="Intensive Care"):
        db.transact(
            actions.set_level, hospital.commander, hospital.facility.id, rank=2, reason="Looks better"
        )
    assert rank(db, hospital) == 3


def test_old_history_fires_nothing(db: Database, hospital: Hospital, clock: ManualClock) -> None:
    start = clock.now() - timedelta(days=3)
    history = [given("ICU", 12, start + timedelta(hours=h)) for h in range(48)]
    db.transact(actions.enter, hospital.staff, readings=history)
    assert firings(db) == []


def confirmed(db: Database, hospital: Hospital, **how: str) -> None:
    db.transact(actions.confirm, hospital.commander, open_one(db).id, reason="Agreed at huddle", **how)


def test_confirming_starts_the_plan_in_the_incident_once(
    db: Database, hospital: Hospital, clock: ManualClock
) -> None:
    incident = declare(db, hospital.commander, hospital)
    fill_icu(db, clock, hospital)
    confirmed(db, hospital, incident_id=incident.id)
    level = packs.levels()[3]
    assert rank(db, hospital) == 3
    assert sorted(plan_tasks(db, incident.id)) == sorted(task.text for task in level.tasks)
    with db.read() as session:
        opened = set(session.scalars(sa.select(Position.slug).where(Position.incident_id == incident.id)))
        due = session.scalar(sa.select(sa.func.min(Task.due_at)).where(Task.source == "plan"))
    assert {task.position for task in level.tasks} <= opened
    assert due == clock.now() + timedelta(minutes=min(t.due_minutes for t in level.tasks))
    hold(db, clock, hospital, 30, ICU=12)
    assert recommendations(db) == [("Severe surge", "confirmed")], "what stands recommends no more"


def test_two_people_confirming_at_once_one_wins_and_the_other_hears_who(
    db: Database, hospital: Hospital, clock: ManualClock
) -> None:
    incident = declare(db, hospital.commander, hospital)
    fill_icu(db, clock, hospital)
    recommendation = open_one(db)

    def decide(actor: Actor) -> Callable[[], object]:
        return lambda: db.transact(
            actions.confirm, actor, recommendation.id, reason="Full", incident_id=incident.id
        )

    raised = at_once(db, decide(hospital.commander), decide(hospital.administrator))
    assert len(raised) == 1
    assert isinstance(raised[0], Conflict)
    assert "confirmed by" in raised[0].detail
    assert len(plan_tasks(db, incident.id)) == len(packs.levels()[3].tasks)


def test_declining_needs_a_reason_and_the_same_firing_does_not_ask_again(
    db: Database, hospital: Hospital, clock: ManualClock
) -> None:
    fill_icu(db, clock, hospital)
    with pytest.raises(Invalid, match="reason"):
        db.transact(actions.decline, hospital.commander, open_one(db).id, reason=" ")
    db.transact(actions.decline, hospital.commander, open_one(db).id, reason="Two leave at ten")
    hold(db, clock, hospital, 30, ICU=12)
    assert recommendations(db) == [("Severe surge", "declined")]
    hold(db, clock, hospital, 12 * 60, ICU=9)
    fill_icu(db, clock, hospital)
    assert recommendations(db)[-1] == ("Severe surge", "open"), "a new firing asks anew"


def test_only_a_person_with_the_permission_decides(
    db: Database, hospital: Hospital, clock: ManualClock
) -> None:
    fill_icu(db, clock, hospital)
    recommendation = open_one(db)
    for actor in (
        PROGRAM,
        Actor.system("surge"),
        hospital.command_staff,
        hospital.staff,
        hospital.leadership,
    ):
        for action in (actions.confirm, actions.decline):
            with pytest.raises(Forbidden):
                db.transact(action, actor, recommendation.id, reason="Because")
        with pytest.raises(Forbidden):
            db.transact(actions.set_level, actor, hospital.facility.id, rank=1, reason="Because")


def test_without_an_incident_one_is_declared_in_the_same_step_or_the_level_is_only_noted(
    db: Database, hospital: Hospital, clock: ManualClock
) -> None:
    fill_icu(db, clock, hospital)
    confirmed(db, hospital, guide="staff_shortage")
    with db.read() as session:
        incident = session.scalars(sa.select(Incident)).one()
    assert len(plan_tasks(db, incident.id)) == len(packs.levels()[3].tasks)
    assert kinds(db, stream_of(incident.id))[:2] == ["surge.carried_over", "surge.level_set"]
    db.transact(
        actions.set_level, hospital.commander, hospital.facility.id, rank=4, reason="Two more arriving"
    )
    assert rank(db, hospital) == 4
    assert len(plan_tasks(db, incident.id)) == len(packs.levels()[3].tasks)


def test_up_by_any_number_down_one_at_a_time_with_fresh_numbers(
    db: Database, hospital: Hospital, clock: ManualClock
) -> None:
    def set_to(wanted: int) -> None:
        db.transact(actions.set_level, hospital.commander, hospital.facility.id, rank=wanted, reason="Huddle")

    set_to(3)
    with pytest.raises(Conflict, match="Severe surge already"):
        set_to(3)
    with pytest.raises(Invalid, match="one level at a time"):
        set_to(1)
    with pytest.raises(Conflict, match="Emergency, Four West, Intensive Care"):
        set_to(2)
    count(db, clock, hospital, ICU=5, ED=5, _4W=5)
    set_to(2)
    with pytest.raises(Invalid, match="one of 0, 1, 2, 3, 4, 5"):
        set_to(7)


def test_what_stands_keeps_the_level_up_until_it_clears_or_a_person_puts_it_aside(
    db: Database, hospital: Hospital, clock: ManualClock
) -> None:
    fill_icu(db, clock, hospital)
    confirmed(db, hospital)
    count(db, clock, hospital, ICU=12, ED=5, _4W=5)

    def down() -> None:
        db.transact(actions.set_level, hospital.commander, hospital.facility.id, rank=2, reason="Beds opened")

    with pytest.raises(Conflict, match=f"Not yet: {ICU_FULL}"):
        down()
    with db.read() as session:
        firing, trigger = queries.standing_firings(session, hospital.facility.id)[0]
    assert firing.resource == "space"
    until = clock.now() + timedelta(hours=8)
    db.transact(actions.shelve, hospital.commander, trigger.id, until=until, reason="Two beds not counted")
    down()
    with db.read() as session:
        last = list(entries(session, hospital_stream(hospital.facility.id)))[-1]
    assert last.data["despite"] == [ICU_FULL]
    assert recommendations(db) == [("Severe surge", "confirmed")]


def test_an_exercise_has_a_level_of_its_own(db: Database, hospital: Hospital, clock: ManualClock) -> None:
    real, drill = (
        declare(db, hospital.commander, hospital),
        declare(db, hospital.commander, hospital, exercise=True),
    )
    db.transact(
        actions.set_level,
        hospital.commander,
        hospital.facility.id,
        rank=3,
        reason="Drill inject 4",
        incident_id=drill.id,
    )
    assert rank(db, hospital) == 0
    assert "surge.level_set" in kinds(db, stream_of(drill.id))
    assert kinds(db, stream_of(real.id)) == []
    assert len(plan_tasks(db, drill.id)) == len(packs.levels()[3].tasks)
    fill_icu(db, clock, hospital)
    with pytest.raises(Invalid, match="exercise"):
        confirmed(db, hospital, incident_id=drill.id)
    assert recommendations(db) == [("Severe surge", "open")], "nothing of the refused step has stayed"


def test_an_incident_declared_later_hears_how_the_hospital_stands(
    db: Database, hospital: Hospital, clock: ManualClock
) -> None:
    hold(db, clock, hospital, 120, ICU=11)
    confirmed(db, hospital)
    fill_icu(db, clock, hospital)
    incident = declare(db, hospital.commander, hospital)
    with db.read() as session:
        carried = next(e for e in entries(session, stream_of(incident.id)) if e.kind == "surge.carried_over")
    assert carried.data["level"]["label"] == "Watch"
    assert sorted(f["title"] for f in carried.data["firings"]) == [ICU_FULL, ICU_TIGHT]
    assert carried.data["recommendation"]["label"] == "Severe surge"


def test_declaring_while_readings_come_in_neither_waits_for_ever_nor_misses_a_firing(
    db: Database, hospital: Hospital, clock: ManualClock
) -> None:
    hold(db, clock, hospital, 30, ICU=12)
    clock.advance(minutes=30)
    raised = at_once(
        db,
        *[lambda: count(db, clock, hospital, ICU=12)] * 2,
        *[lambda: declare(db, hospital.commander, hospital)] * 2,
        lambda: db.transact(actions.look_again, PROGRAM),
    )
    assert raised == []
    with db.read() as session:
        ids = list(session.scalars(sa.select(Incident.id)))
    told = [kinds(db, stream_of(incident_id)) for incident_id in ids]
    assert all(t in (["surge.carried_over"], ["trigger.fired", "surge.recommended"]) for t in told)
