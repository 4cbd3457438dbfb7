"""Several things for one person come in one text; a flood is dammed; what concerns life never waits."""

from __future__ import annotations

import threading

import sqlalchemy as sa

from app.core.clock import ManualClock
from app.escalation import engine, gathering, numbers
from app.escalation.models import Escalation
from app.escalation.planner import Step
from app.incidents.actions import finish_task, report_situation
from app.incidents.models import Incident
from app.journal.attempts import attempt
from app.surge.actions import Given, enter, look_again
from app.surge.ticks import LOOKER
from tests.support.callouts import called, declared, events
from tests.support.hospital import Hospital
from tests.support.phones import intents, last_text, reply
from tests.support.waiting import URL, coming, item, notices, policy, quiet, task, tick

NOW = (Step(0, "tell_commander"),)


def several(db, hospital: Hospital, number: int, **more: bool) -> Incident:
    policy(db, hospital, NOW, bundled=True)
    incident = quiet(db, hospital, **more)
    for n in range(number):
        task(db, hospital, incident, f"Check door {n}")
    return incident


def test_what_comes_up_together_is_one_text_with_a_letter_for_each(db, hospital, clock: ManualClock):
    several(db, hospital, 4)
    assert engine.tick(db, URL) == 4
    assert intents(db) == []
    clock.advance(seconds=29)
    assert gathering.tick(db, URL) == 0
    clock.advance(seconds=1)
    assert gathering.tick(db, URL) == 4
    (text,) = intents(db, hospital.people[0])
    assert "SBMC: 4 things wait for you: A Check door" in text.body
    assert "https://m.example/w/" in text.body
    assert len({n.code for n in notices(db)}) == 4
    reply(db, hospital.phone(0), "1C")
    assert sum(n.state == "answered" for n in notices(db)) == 1
    reply(db, hospital.phone(0), "1")
    assert "You have 3 things to answer" in last_text(db, hospital.people[0])


def test_what_is_done_while_it_is_gathered_is_not_sent(db, hospital, act, clock: ManualClock):
    incident = several(db, hospital, 1)
    made = task(db, hospital, incident, "Count the beds")
    engine.tick(db, URL)
    act(finish_task, hospital.commander, incident.id, made.id)
    clock.advance(seconds=30)
    assert gathering.tick(db, URL) == 1
    (text,) = intents(db, hospital.people[0])
    assert "Check door 0" in text.body
    assert "things wait" not in text.body


def test_exercises_are_never_in_one_text_with_what_is_real(db, hospital, clock: ManualClock):
    policy(db, hospital, NOW, bundled=True)
    real, exercise = quiet(db, hospital), quiet(db, hospital, exercise=True)
    for incident in (real, real, exercise, exercise):
        task(db, hospital, incident)
    engine.tick(db, URL)
    clock.advance(seconds=30)
    gathering.tick(db, URL)
    framed = [text.body.startswith("EXERCISE. ") for text in intents(db, hospital.people[0])]
    assert sorted(framed) == [False, True]


def test_what_concerns_life_goes_at_once_and_alone(db, hospital, clock: ManualClock):
    policy(db, hospital, (Step(1, "tell_commander"),), "position", bundled=True)
    incident = several(db, hospital, 2)
    called(db, hospital, incident, "medical_care_branch_director")
    clock.advance(minutes=1)
    assert engine.tick(db, URL) == 3
    (text,) = intents(db, hospital.people[0])
    assert "Medical Care Branch Director" in text.body


def test_somebody_flooded_gets_few_texts_and_misses_nothing(db, hospital, clock: ManualClock):
    incident = several(db, hospital, 0)
    for n in range(90):
        task(db, hospital, incident, f"Check door {n}")
        for _ in range(2):
            tick(db)
            clock.advance(seconds=5)
    clock.advance(minutes=4)
    tick(db)
    sent = sorted(intent.created_at for intent in intents(db, hospital.people[0]))
    assert all(n.state != "gathering" for n in notices(db))
    assert len(notices(db)) == 90
    worst = max(sum(0 <= (b - a).total_seconds() < 600 for b in sent) for a in sent)
    assert worst <= 14
    assert len(sent) <= 17


def test_two_processes_send_what_is_gathered_once(db, hospital, clock: ManualClock):
    several(db, hospital, 3)
    engine.tick(db, URL)
    clock.advance(seconds=30)
    _at_once(lambda: gathering.tick(db, URL))
    assert len(intents(db, hospital.people[0])) == 1


def test_two_processes_tick_and_each_step_is_done_once(db, hospital):
    incident = several(db, hospital, 20)
    _at_once(lambda: engine.tick(db, URL))
    while engine.tick(db, URL):
        pass
    assert len(events(db, incident, "escalation.stepped")) == 20
    assert len(notices(db)) == 20


def test_a_part_that_fails_leaves_the_journal_whole(db, hospital, act):
    incident = quiet(db, hospital)

    def half(uow) -> None:
        report_situation(uow, hospital.commander, incident.id, text="Before")
        try:
            with attempt(uow):
                report_situation(uow, hospital.commander, incident.id, text="Undone")
                raise RuntimeError
        except RuntimeError:
            report_situation(uow, hospital.commander, incident.id, text="After")

    act(half)
    assert [e["text"] for e in events(db, incident, "report.given")] == ["Before", "After"]


def test_a_report_is_owed_a_period_after_the_last(db, hospital, act, clock: ManualClock):
    incident = declared(db, hospital)
    clock.advance(hours=3)
    act(report_situation, hospital.commander, incident.id, text="Stable")
    clock.advance(hours=3, minutes=59)
    while tick(db):
        pass
    assert not any(n.title == "Situation report due" for n in notices(db))
    clock.advance(minutes=2)
    while tick(db):
        pass
    (owed,) = [n for n in notices(db) if n.title == "Situation report due"]
    assert owed.words == "the last is of 07:00."


def test_old_numbers_and_silent_units_wait_until_they_are_counted(db, hospital, act, clock: ManualClock):
    incident = quiet(db, hospital)
    count(act, hospital, clock)
    assert numbers.look(db) == 0
    clock.advance(minutes=91)
    assert numbers.look(db) == 1
    assert open_kinds(db, incident) == ["old_numbers"]
    clock.advance(hours=2)
    numbers.look(db)
    assert open_kinds(db, incident) == ["old_numbers", "silent_unit"]
    assert numbers.look(db) == 0
    clock.advance(minutes=15)
    tick(db)
    clock.advance(seconds=30)
    tick(db)
    assert "No count from Intensive Care" in str([n.title for n in notices(db)])
    count(act, hospital, clock)
    assert numbers.look(db) == 1
    assert open_kinds(db, incident) == []


def test_an_alarm_nobody_decides_is_told_to_the_commander(db, hospital, act, clock: ManualClock):
    incident = quiet(db, hospital)
    for _ in range(4):
        count(act, hospital, clock, beds=12)
        clock.advance(minutes=30)
        act_look(db)
    waits = [d for d in coming(db) if d.kind == "alarm"]
    assert waits
    assert {d.incident_id for d in waits} == {incident.id}
    clock.advance(minutes=10)
    tick(db)
    clock.advance(seconds=30)
    tick(db)
    assert item(db, "alarm").told == "Ada Quill"


def act_look(db) -> None:
    db.transact(look_again, LOOKER)


def count(act, hospital: Hospital, clock: ManualClock, beds: int = 6) -> None:
    readings = [Given("SBMC", "ICU", "occupied_beds", beds, clock.now(), "Count")]
    entered = act(enter, hospital.staff, readings=readings)
    assert not entered.refused


def open_kinds(db, incident: Incident) -> list[str]:
    with db.read() as session:
        query = sa.select(Escalation.kind).where(
            Escalation.incident_id == incident.id, Escalation.ended_at.is_(None)
        )
        return sorted(session.scalars(query))


def _at_once(work) -> None:
    barrier = threading.Barrier(3)

    def run() -> None:
        barrier.wait()
        work()

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
