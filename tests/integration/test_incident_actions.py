"""What people do to an incident: who may, what happens, and what happens when two do it at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import Database
from app.core.errors import Conflict, Forbidden, Invalid, MusterError, NotFound
from app.core.permissions import GRANTED, Permission, Role
from app.incidents import actions, queries
from app.incidents.models import Assignment, Incident, Objective, ObjectiveState, Position, Task
from app.journal import entries
from tests.support.hospital import Hospital, build
from tests.support.incidents import declared

CHIEF = "operations_section_chief"
ROLES = ("administrator", "commander", "command_staff", "staff", "leadership")
# One thing each action can do to the incident below, and the permission it must ask for.
ACTIONS: dict[str, tuple[Permission, Callable[[Any, Hospital, Incident, dict[str, str]], dict[str, Any]]]] = {
    "add_task": (Permission.TASK_WORK, lambda *_: {"position": CHIEF, "text": "Do it"}),
    "assign": (
        Permission.POSITION_ASSIGN,
        lambda _db, h, *_: {"position": "safety_officer", "person_id": h.people[3].id},
    ),
    "change_level": (Permission.INCIDENT_COMMAND, lambda *_: {"activation_level": "full", "reason": "More"}),
    "close": (Permission.INCIDENT_CLOSE, lambda *_: {"reason": "Over"}),
    "correct": (
        Permission.JOURNAL_NOTE,
        lambda *_: {"seq": 1, "statement": "25 hurt", "reason": "Recounted"},
    ),
    "note": (Permission.JOURNAL_NOTE, lambda *_: {"text": "Police are here"}),
    "open_position": (Permission.INCIDENT_COMMAND, lambda *_: {"slug": "staging_manager"}),
    "relieve": (Permission.POSITION_ASSIGN, lambda *_: {"position": CHIEF, "reason": "Rest"}),
    "set_objective": (Permission.INCIDENT_COMMAND, lambda *_: {"text": "Open triage"}),
    "finish_task": (Permission.TASK_WORK, lambda _db, _h, _i, ids: {"task_id": ids["task"]}),
    "set_aside_task": (
        Permission.TASK_WORK,
        lambda _db, _h, _i, ids: {"task_id": ids["task"], "reason": "No"},
    ),
    "reopen_task": (Permission.TASK_WORK, lambda _db, _h, _i, ids: {"task_id": ids["done"]}),
    "end_objective": (
        Permission.INCIDENT_COMMAND,
        lambda _db, _h, _i, ids: {"objective_id": ids["objective"], "state": "met"},
    ),
    "end_assignment": (
        Permission.POSITION_ASSIGN,
        lambda _db, _h, _i, ids: {"assignment_id": ids["assignment"], "reason": "Rest"},
    ),
}


@pytest.fixture
def incident(db: Database, hospital: Hospital) -> Incident:
    return declared(db, hospital)


@pytest.fixture
def ids(db: Database, hospital: Hospital, incident: Incident) -> dict[str, str]:
    """One of each thing that an action can be about."""
    held = db.transact(
        actions.assign, hospital.commander, incident.id, position=CHIEF, person_id=hospital.people[6].id
    )
    with db.read() as session:
        tasks = queries.tasks(session, incident.id)
        objective = queries.objectives(session, incident.id)[0].id
    db.transact(actions.finish_task, hospital.commander, incident.id, tasks[1].id)
    return {
        "task": tasks[0].id,
        "done": tasks[1].id,
        "objective": objective,
        "assignment": held.id,
    }


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", sorted(ACTIONS))
@pytest.mark.engine("sqlite")
def test_each_action_asks_for_its_permission(
    db: Database, hospital: Hospital, incident: Incident, ids: dict[str, str], name: str, role: str
) -> None:
    permission, arguments = ACTIONS[name]
    actor: Actor = getattr(hospital, role)
    work = lambda: db.transact(  # noqa: E731
        getattr(actions, name), actor, incident.id, **arguments(db, hospital, incident, ids)
    )
    if permission in GRANTED[Role(role)]:
        work()
        return
    before = _journal_length(db, incident)
    with pytest.raises(Forbidden, match=permission.value):
        work()
    assert _journal_length(db, incident) == before


def test_a_role_at_one_hospital_is_none_at_another(db: Database, hospital: Hospital) -> None:
    other = db.transact(build, code="TLH", name="Tamarack Lake Hospital")
    theirs = declared(db, other)
    for name in ("note", "change_level", "add_task"):
        with pytest.raises(Forbidden):
            db.transact(
                getattr(actions, name),
                hospital.commander,
                theirs.id,
                **ACTIONS[name][1](db, other, theirs, {}),
            )
    with pytest.raises(Forbidden):
        declared(db, other, hospital.commander)


def test_a_closed_incident_takes_notes_and_nothing_else(
    db: Database, hospital: Hospital, incident: Incident, ids: dict[str, str]
) -> None:
    db.transact(actions.close, hospital.commander, incident.id, reason="All patients placed")
    for name, (_, arguments) in ACTIONS.items():
        work = lambda: db.transact(  # noqa: E731
            getattr(actions, name),  # noqa: B023
            hospital.commander,
            incident.id,
            **arguments(db, hospital, incident, ids),  # noqa: B023
        )
        if name in ("note", "correct"):
            work()
        else:
            with pytest.raises(Conflict, match="is closed"):
                work()


def test_two_people_fill_one_position_at_once(db: Database, hospital: Hospital, incident: Incident) -> None:
    outcomes = _at_once(
        [
            lambda i=i: db.transact(
                actions.assign,
                hospital.commander,
                incident.id,
                position=CHIEF,
                person_id=hospital.people[i].id,
            )
            for i in (1, 6)
        ]
    )
    won = [o for o in outcomes if isinstance(o, Assignment)]
    lost = [o for o in outcomes if isinstance(o, Conflict)]
    assert len(won) == len(lost) == 1
    assert won[0].person_name in lost[0].detail
    with db.read() as session:
        assert queries.holders(session, incident.id)[CHIEF].id == won[0].id


def test_relief_ends_the_assignment_and_keeps_the_handover(
    db: Database, hospital: Hospital, incident: Incident, ids: dict[str, str]
) -> None:
    db.transact(
        actions.relieve,
        hospital.commander,
        incident.id,
        position=CHIEF,
        reason="End of shift",
        handover="Triage full, two buses to come",
    )
    with db.read() as session:
        last = list(entries(session, incident.stream))[-1]
        open_tasks = queries.tasks(session, incident.id, position=CHIEF)
    assert last.kind == "position.relieved"
    assert last.data["handover"] == "Triage full, two buses to come"
    assert open_tasks, "work stays with the position"
    with pytest.raises(Conflict, match="has been relieved already"):
        db.transact(
            actions.end_assignment, hospital.commander, incident.id, ids["assignment"], reason="Again"
        )
    with pytest.raises(Conflict, match="Nobody holds"):
        db.transact(actions.relieve, hospital.commander, incident.id, position=CHIEF, reason="Again")


def test_an_old_assignment_cannot_end_a_new_one(
    db: Database, hospital: Hospital, incident: Incident, ids: dict[str, str]
) -> None:
    """The next holder stays, though somebody ends the assignment of the one before."""
    db.transact(actions.relieve, hospital.commander, incident.id, position=CHIEF, reason="Rest")
    db.transact(
        actions.assign, hospital.commander, incident.id, position=CHIEF, person_id=hospital.people[1].id
    )
    with pytest.raises(Conflict):
        db.transact(actions.end_assignment, hospital.commander, incident.id, ids["assignment"], reason="Rest")
    with db.read() as session:
        assert queries.holders(session, incident.id)[CHIEF].person_name == "Ben Orso"


def test_command_is_never_vacant(db: Database, hospital: Hospital, incident: Incident) -> None:
    with pytest.raises(Conflict, match="never vacant"):
        db.transact(
            actions.relieve, hospital.commander, incident.id, position="incident_commander", reason="Tired"
        )


def test_objectives_are_met_or_dropped_with_a_reason(
    db: Database, hospital: Hospital, incident: Incident
) -> None:
    set_one = db.transact(actions.set_objective, hospital.commander, incident.id, text="  Open triage  ")
    assert (set_one.text, set_one.priority) == ("Open triage", 7)
    with pytest.raises(Invalid, match="reason"):
        db.transact(
            actions.end_objective, hospital.commander, incident.id, set_one.id, state="dropped", reason=" "
        )
    with pytest.raises(Invalid, match="dropped, met"):
        db.transact(actions.end_objective, hospital.commander, incident.id, set_one.id, state="done")
    db.transact(actions.end_objective, hospital.commander, incident.id, set_one.id, state="met")
    with pytest.raises(Conflict, match="it is met"):
        db.transact(actions.end_objective, hospital.commander, incident.id, set_one.id, state="met")
    with db.read() as session:
        assert session.get_one(Objective, set_one.id).state is ObjectiveState.MET


def test_wrong_input_names_the_field(db: Database, hospital: Hospital, incident: Incident) -> None:
    cases: list[tuple[Callable[..., Any], dict[str, Any], str]] = [
        (actions.set_objective, {"text": ""}, "text"),
        (actions.set_objective, {"text": "x", "priority": 0}, "priority"),
        (actions.set_objective, {"text": "x", "priority": 100}, "priority"),
        (actions.set_objective, {"text": "x" * 1001}, "text"),
        (actions.assign, {"position": CHIEF, "person_id": "nobody"}, "person_id"),
        (actions.assign, {"position": "staging_manager", "person_id": hospital.people[3].id}, "position"),
        (actions.open_position, {"slug": "bridge_officer"}, "position"),
        (actions.change_level, {"activation_level": "9", "reason": "x"}, "activation_level"),
    ]
    for action, arguments, field in cases:
        with pytest.raises(Invalid) as refused:
            db.transact(action, hospital.commander, incident.id, **arguments)
        assert list(refused.value.errors) == [field]


def test_things_of_another_incident_are_not_found(
    db: Database, hospital: Hospital, incident: Incident, ids: dict[str, str]
) -> None:
    other = declared(db, hospital, exercise=True)
    for action, thing, extra in (
        (actions.finish_task, "task", {}),
        (actions.end_objective, "objective", {"state": "met"}),
        (actions.end_assignment, "assignment", {"reason": "x"}),
    ):
        with pytest.raises(NotFound):
            db.transact(action, hospital.commander, other.id, ids[thing], **extra)


def test_closing_ends_an_offer_of_command(db: Database, hospital: Hospital, incident: Incident) -> None:
    db.transact(
        actions.offer_command,
        hospital.commander,
        incident.id,
        person_id=hospital.administrator.person_id,
        briefing="All quiet",
    )
    db.transact(actions.close, hospital.commander, incident.id, reason="Over")
    with db.read() as session:
        assert queries.open_offer(session, incident.id) is None


def test_who_holds_a_position_elsewhere_is_known(
    db: Database, hospital: Hospital, incident: Incident, ids: dict[str, str]
) -> None:
    other = declared(db, hospital, guide="utility_failure")
    gita = hospital.people[6].id
    with db.read() as session:
        found = queries.held_elsewhere(session, [gita], other.id)
        assert found == {gita: [f"Operations Section Chief in {incident.number}"]}
        assert queries.held_elsewhere(session, [gita], incident.id) == {}
    db.transact(actions.close, hospital.commander, incident.id, reason="Over")
    with db.read() as session:
        assert queries.held_elsewhere(session, [gita], other.id) == {}


def test_the_chart_carries_this_incidents_holders(
    db: Database, hospital: Hospital, incident: Incident, ids: dict[str, str]
) -> None:
    with db.read() as session:
        chart = queries.chart(session, incident.id)
        assert chart[CHIEF].holder == "Gita Lund"
        assert chart["staging_manager"].holder is None
        assert session.scalar(sa.select(sa.func.count()).select_from(Position)) < len(chart)
        assert session.scalar(sa.select(sa.func.count()).select_from(Task)) > 10


def _journal_length(db: Database, incident: Incident) -> int:
    with db.read() as session:
        return len(list(entries(session, incident.stream)))


def _at_once(works: list[Callable[[], Any]]) -> list[Any]:
    """Run them in threads that start together; what each returned or raised."""
    outcomes: list[Any] = [None] * len(works)
    ready = threading.Barrier(len(works))

    def run(place: int, work: Callable[[], Any]) -> None:
        ready.wait()
        try:
            outcomes[place] = work()
        except MusterError as error:
            outcomes[place] = error

    threads = [threading.Thread(target=run, args=(i, w)) for i, w in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes
