"""A level's plan from its start to its measure: evidence asked and given, on pages, board and in the review."""

from __future__ import annotations

import re
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core.clock import ManualClock
from app.core.db import Database
from app.core.errors import Invalid
from app.facilities.stream import stream_of
from app.incidents import actions as incident_actions
from app.incidents.models import Task
from app.journal import entries
from app.surge import actions, packs
from app.surge.events import PlanStarted
from tests.support.client import PageClient
from tests.support.hospital import Hospital
from tests.support.surge import declare, hold

pytestmark = pytest.mark.engine("sqlite")


def test_an_exercise_tells_its_own_journal_alone_that_a_plan_was_started(
    db: Database, hospital: Hospital
) -> None:
    drill = declare(db, hospital.commander, hospital, exercise=True)
    who, where = hospital.commander, hospital.facility.id
    db.transact(actions.set_level, who, where, rank=1, reason="Inject 1", incident_id=drill.id)
    with db.read() as session:
        told = [
            sum(1 for _ in entries(session, stream, kinds=[PlanStarted.kind]))
            for stream in (drill.stream, stream_of(where))
        ]
    assert told == [1, 0]


def test_plans_are_measured_where_they_were_started(
    app: Flask, db: Database, clock: ManualClock, hospital: Hospital
) -> None:
    hold(db, clock, hospital, 60, ICU=12)
    incident = declare(db, hospital.commander, hospital)
    at: dict[str, Any] = {"incident_id": incident.id}
    steps: tuple[tuple[int, str, dict[str, Any]], ...] = (
        (1, "Filling up", at),
        (2, "Full", at | {"resources": ["space"]}),
        (3, "Word from the county", {}),
    )
    for rank, reason, where in steps:
        clock.advance(minutes=1)
        db.transact(
            actions.set_level, hospital.commander, hospital.facility.id, rank=rank, reason=reason, **where
        )
    with db.read() as session:
        tasks = {task.text: task for task in session.scalars(sa.select(Task).where(Task.source == "plan"))}
        told = [e.event for e in entries(session, incident.stream, kinds=[PlanStarted.kind])]
    assert [(e.label, len(e.tasks), e.resources) for e in told] == [
        ("Watch", len(packs.levels()[1].tasks), []),
        ("Surge", len(packs.levels()[2].tasks), ["space"]),
    ]
    freed = next(task for text, task in tasks.items() if "Postpone what can wait" in text)
    assert freed.evidence_asked == "number of admissions and operations postponed"
    with pytest.raises(Invalid, match="say what shows it: number of admissions"):
        db.transact(incident_actions.finish_task, hospital.staff, incident.id, freed.id, evidence=" ")
    commander = PageClient(app, hospital.commander)
    done = f"/incidents/{incident.id}/tasks/{freed.id}/done"
    assert "say what shows it" in commander.post(done, {}, 422).text
    assert (
        "What was decided, and the time of the next meeting"
        in commander.get(f"/incidents/{incident.id}").text
    )
    commander.api("POST", f"/incidents/{incident.id}/tasks/{freed.id}/done", 422, {})
    clock.advance(minutes=50)
    commander = PageClient(app, hospital.commander)
    commander.post(done, {"evidence": "9 by half past five"})
    assert "9 by half past five" in commander.get(f"/incidents/{incident.id}").text
    assert "Shown by:" in commander.get(f"/incidents/{incident.id}/tasks?state=ended").text
    pages = {
        "plans": commander.get("/capacity/SBMC/plans").text,
        "review": commander.get(f"/incidents/{incident.id}/review").text,
    }
    assert "nobody got a task" in pages["plans"]
    assert "Plan of Surge started in" in commander.get("/capacity/SBMC/history").text
    for name, page in pages.items():
        said = " ".join(re.sub(r"<[^>]+>", " ", page).split())
        assert "9 by half past five" in said, name
        assert "done late 21 min" in said, name
        assert "The plan of Surge was started" in said, name
        assert "went on" in said, name
        assert "Driven by space" in said, name
        assert "Nobody named what drove it" in said, name
    assert "Done: Review tomorrow" in pages["review"]
