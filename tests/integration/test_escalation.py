"""Deadlines: done once, in order, marked late; whatever the clock does and however many engines run."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.core.clock import ManualClock
from app.core.db import Database
from app.core.errors import Forbidden, Invalid
from app.escalation import actions, engine, stepping
from app.escalation.models import Deadline, DeadlineState, Escalation
from app.escalation.planner import Step
from app.incidents.actions import add_task, assign, close, finish_task, reopen_task
from app.incidents.models import Incident, Task
from app.journal import head_seq
from app.staffing.models import Person
from tests.support.callouts import called, declared, events, holder, kinds, questions, slots
from tests.support.hospital import Hospital
from tests.support.phones import intents, last_text, reply

OPERATIONS = "operations_section_chief"  # its list: Gita, Ben
MEDICAL = "medical_care_branch_director"  # its list: Ben, Hal, Cleo


def deadlines(db: Database, *states: str, kind: str = "position") -> list[Deadline]:
    query = sa.select(Deadline).where(Deadline.kind == kind).order_by(Deadline.round, Deadline.step)
    with db.read() as session:
        return [d for d in session.scalars(query) if not states or d.state in states]


def quiet(db: Database, hospital: Hospital) -> Incident:
    """An incident whose first tasks are all done, so that call-outs alone wait."""
    incident = declared(db, hospital)

    def cancel(uow) -> None:
        uow.session.execute(sa.update(Deadline).values(state=DeadlineState.CANCELLED))
        uow.session.execute(sa.update(Escalation).values(ended_at=uow.now))

    db.transact(cancel)
    return incident


def supervised(db: Database, person: Person, supervisor: Person) -> None:
    def change(uow) -> None:
        uow.session.get_one(Person, person.id).supervisor_id = supervisor.id

    db.transact(change)


def test_without_an_answer_the_next_is_asked_after_the_wait(db, hospital, clock: ManualClock):
    incident = quiet(db, hospital)
    called(db, hospital, incident, MEDICAL)
    clock.advance(minutes=4, seconds=59)
    assert engine.tick(db) == 0
    clock.advance(seconds=1)
    assert engine.tick(db) == 1
    assert [q.person_name for q in questions(db, "open")] == ["Ben Orso", "Hal Brook"]
    stepped = events(db, incident, "escalation.stepped")[0]
    assert (stepped["do"], stepped["late_seconds"]) == ("ask_next", 0)
    assert deadlines(db, "open")[0].due_at == clock.now() + timedelta(minutes=5)


def test_a_no_gives_the_next_person_the_whole_wait(db, hospital, clock: ManualClock):
    incident = quiet(db, hospital)
    called(db, hospital, incident, MEDICAL)
    clock.advance(minutes=4)
    reply(db, hospital.phone(1), "9")
    assert deadlines(db, "open")[0].due_at == clock.now() + timedelta(minutes=5)
    clock.advance(minutes=4)
    assert engine.tick(db) == 0


def test_the_supervisor_of_the_silent_is_told_and_then_the_commander(db, hospital, clock: ManualClock):
    incident = quiet(db, hospital)
    ada, ben, dov = (hospital.people[n] for n in (0, 1, 3))
    supervised(db, ben, dov)
    called(db, hospital, incident, MEDICAL)
    for _ in range(3):
        clock.advance(minutes=5)
        engine.tick(db)
    told = events(db, incident, "escalation.stepped")[2]
    assert (told["do"], told["told"]) == ("tell_supervisor", ["Dov Maren"])
    assert "Medical Care Branch Director: 3 asked, 3 have not answered" in last_text(db, dov)
    for _ in range(2):
        clock.advance(minutes=5)
        engine.tick(db)
    assert "told as incident commander" in last_text(db, ada)


def test_without_a_supervisor_the_nearest_filled_position_above_is_told(
    db, hospital, act, clock: ManualClock
):
    incident = quiet(db, hospital)
    finn = hospital.people[5]
    act(assign, hospital.commander, incident.id, position=OPERATIONS, person_id=finn.id)
    called(db, hospital, incident, MEDICAL)
    for _ in range(3):
        clock.advance(minutes=5)
        engine.tick(db)
    assert events(db, incident, "escalation.stepped")[2]["told"] == ["Finn Sayer"]


def test_an_empty_list_is_said_and_begun_again(db, hospital, clock: ManualClock):
    incident = quiet(db, hospital)
    called(db, hospital, incident, OPERATIONS)
    for minutes in (5, 5, 5, 5, 5, 10):
        clock.advance(minutes=minutes)
        assert engine.tick(db) == 1
    assert events(db, incident, "slot.exhausted")[0]["unanswered"] == 2
    assert [(q.person_name, q.round, q.state) for q in questions(db)] == [
        ("Gita Lund", 1, "replaced"),
        ("Ben Orso", 1, "open"),
        ("Gita Lund", 2, "open"),
    ]
    for minutes in (10, 10, 10, 10, 10, 20):
        clock.advance(minutes=minutes)
        assert engine.tick(db) == 1
    assert [(d.round, d.step) for d in deadlines(db)] == [(r, n) for r in (1, 2) for n in range(6)] + [(3, 0)]
    reply(db, hospital.phone(1), "1")
    assert holder(db, incident, OPERATIONS).person_name == "Ben Orso"


def test_an_answer_cancels_what_was_to_happen(db, hospital, clock: ManualClock):
    incident = quiet(db, hospital)
    called(db, hospital, incident, OPERATIONS)
    reply(db, hospital.phone(6), "1")
    assert deadlines(db, "open") == []
    clock.advance(hours=6)
    assert engine.tick(db) == 0
    assert slots(db)[0].state == "filled"


def test_two_engines_at_once_do_each_step_once(db, hospital, clock: ManualClock):
    """I8, over processes: here as threads, each with its own connection."""
    incident = quiet(db, hospital)
    called(db, hospital, incident, OPERATIONS, MEDICAL)
    clock.advance(minutes=5)
    barrier = threading.Barrier(4)
    done: list[int] = []

    def run() -> None:
        barrier.wait()
        done.append(engine.tick(db))

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    while engine.tick(db):
        pass
    assert len(events(db, incident, "escalation.stepped")) == 2
    names = [q.person_name for q in questions(db)]
    assert sorted(names) == sorted(set(names))


def test_after_six_hours_down_each_step_comes_once_in_order_marked_late(db, hospital, clock: ManualClock):
    incident = quiet(db, hospital)
    called(db, hospital, incident, MEDICAL)
    clock.advance(hours=6)
    assert engine.tick(db) == 1
    assert engine.tick(db) == 0
    stepped = events(db, incident, "escalation.stepped")
    assert [(s["step"], s["late_seconds"]) for s in stepped] == [(0, 6 * 3600 - 300)]
    clock.advance(minutes=5)
    assert engine.tick(db) == 1
    assert [(s["step"], s["late_seconds"]) for s in events(db, incident, "escalation.stepped")][1] == (1, 0)


def test_overdue_tasks_come_in_the_order_in_which_they_were_due(db, hospital, clock: ManualClock):
    incident = declared(db, hospital)
    clock.advance(hours=6)
    while engine.tick(db):
        pass
    with db.read() as session:
        due = dict(session.execute(sa.select(Task.id, Task.due_at).where(Task.overdue)).all())
    marked = [e["task_id"] for e in events(db, incident, "task.overdue")]
    assert len(marked) == len(set(marked)) == len(due) > 5
    assert [due[task_id] for task_id in marked] == sorted(due.values())


@pytest.mark.parametrize("step", [timedelta(hours=-1), timedelta(hours=1)])
def test_a_clock_that_steps_neither_loses_nor_doubles(db, hospital, clock: ManualClock, step):
    incident = quiet(db, hospital)
    called(db, hospital, incident, MEDICAL)
    clock.advance(seconds=step.total_seconds())
    engine.tick(db)
    clock.advance(seconds=-step.total_seconds())
    engine.tick(db)
    clock.advance(minutes=5)
    while engine.tick(db):
        pass
    clock.advance(hours=2)
    engine.tick(db)
    steps = [(s["round"], s["step"]) for s in events(db, incident, "escalation.stepped")]
    assert steps == sorted(set(steps))
    assert (1, 0) in steps


def test_a_task_done_in_time_is_never_overdue_and_one_taken_back_is_waited_for_again(
    db, hospital, act, clock: ManualClock
):
    incident = quiet(db, hospital)
    due_at = clock.now() + timedelta(minutes=10)
    wanted = {"position": OPERATIONS, "text": "Open the decontamination tent", "due_at": due_at}
    task = act(add_task, hospital.commander, incident.id, **wanted)
    act(finish_task, hospital.commander, incident.id, task.id)
    clock.advance(minutes=11)
    assert engine.tick(db) == 0
    act(reopen_task, hospital.commander, incident.id, task.id, reason="Not yet")
    assert engine.tick(db) == 1
    assert events(db, incident, "task.overdue")[-1]["late_seconds"] == 60
    assert [(d.round, d.state) for d in deadlines(db, "done", "open", kind="task")] == [(2, "done")]


def test_closing_the_incident_cancels_everything(db, hospital, act, clock: ManualClock):
    incident = declared(db, hospital)
    called(db, hospital, incident, OPERATIONS)
    act(close, hospital.commander, incident.id, reason="All clear")
    clock.advance(hours=12)
    with db.read() as session:
        before = head_seq(session, incident.stream)
    assert engine.tick(db) == 0
    with db.read() as session:
        assert head_seq(session, incident.stream) == before


def test_a_step_that_fails_is_tried_again_and_holds_up_no_other(db, hospital, clock, monkeypatch):
    incident = quiet(db, hospital)
    called(db, hospital, incident, OPERATIONS, MEDICAL)
    clock.advance(minutes=5)
    broken = slots(db)[0].id
    whole = stepping.KINDS["position"].about

    def about(session, subject_id):
        if subject_id == broken:
            raise RuntimeError("out of order")
        return whole(session, subject_id)

    kind = stepping.KINDS["position"]
    monkeypatch.setitem(stepping.KINDS, "position", type(kind)(**(vars(kind) | {"about": about})))
    assert engine.tick(db) == 1
    monkeypatch.setitem(stepping.KINDS, "position", kind)
    assert engine.tick(db) == 1


def test_a_policy_is_frozen_when_the_incident_begins(db, hospital, act, clock: ManualClock):
    running = quiet(db, hospital)
    act(
        actions.set_policy,
        hospital.administrator,
        hospital.facility.id,
        "position",
        steps=[Step(1, "tell_commander")],
        rounds=1,
    )
    later = quiet(db, hospital)
    called(db, hospital, running, OPERATIONS)
    called(db, hospital, later, MEDICAL)
    clock.advance(minutes=1)
    assert engine.tick(db) == 1
    assert events(db, later, "escalation.stepped")[0]["do"] == "tell_commander"
    assert kinds(db, running, "escalation.stepped") == []


def test_only_who_may_edit_policies_does_and_wrong_steps_are_named(db, hospital, act):
    wanted = {"steps": [Step(1, "ask_next")], "rounds": 1}
    with pytest.raises(Forbidden):
        act(actions.set_policy, hospital.commander, hospital.facility.id, "position", **wanted)
    with pytest.raises(Invalid, match="do_1"):
        act(actions.set_policy, hospital.administrator, hospital.facility.id, "task", **wanted)


def test_notices_go_once_to_each(db, hospital, clock: ManualClock):
    incident = quiet(db, hospital)
    dov = hospital.people[3]
    for index in (1, 7, 2):
        supervised(db, hospital.people[index], dov)
    called(db, hospital, incident, MEDICAL, at_once=3)
    for _ in range(3):
        clock.advance(minutes=5)
        engine.tick(db)
    assert len(intents(db, dov, "question")) == 1
