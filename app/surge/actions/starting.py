"""Starting a level's plan in an incident, and saying so, so that what is done can be measured against it."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.incidents.actions.positions import open_one
from app.incidents.actions.record import record
from app.incidents.actions.tasks import add_one
from app.incidents.models import Incident, Position, Task, TaskState
from app.surge import events
from app.surge.actions.hospitals import tell
from app.surge.continuum import Decision
from app.surge.levels import Level

PLAN = "plan"


def start_plan(uow: UnitOfWork, actor: Actor, incident: Incident, level: Level, decision: Decision) -> None:
    """Copy the level's tasks into an incident that the caller has taken, opening the positions they need.
    What stands there as an open task already is not added again. An exercise tells its own journal alone.
    """
    there = _standing(uow, incident)
    added: list[str] = []
    standing: list[str] = []
    for task in level.tasks:
        if (task.position, task.text) in there:
            standing.append(there[task.position, task.text])
            continue
        if uow.session.get(Position, (incident.id, task.position)) is None:
            open_one(uow, incident, actor, task.position)
        made = add_one(
            uow,
            incident,
            actor,
            task.position,
            task.text,
            window="",
            due_at=uow.now + timedelta(minutes=task.due_minutes),
            source=PLAN,
            evidence_asked=task.evidence,
        )
        added.append(made.id)
    started = events.PlanStarted(
        rank=level.rank,
        label=level.label,
        incident_id=incident.id,
        incident=incident.number,
        tasks=added,
        standing=standing,
        resources=[] if decision.assumed else sorted(decision.drivers),
    )
    if incident.exercise:
        record(uow, incident, actor, started)
    else:
        tell(uow, actor, incident.facility_id, [incident], started)


def _standing(uow: UnitOfWork, incident: Incident) -> dict[tuple[str, str], str]:
    """Ids of the plan's open tasks, by position and text."""
    waiting = sa.select(Task.id, Task.position_slug, Task.text).where(
        Task.incident_id == incident.id, Task.source == PLAN, Task.state == TaskState.OPEN
    )
    return {(row.position_slug, row.text): row.id for row in uow.session.execute(waiting)}
