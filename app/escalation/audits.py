"""Deadlines that have passed and were not done, and tasks that should have one and do not."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.escalation.models import Deadline, FrozenPolicy
from app.incidents.models import Incident, IncidentState, Task, TaskState
from app.watchdog.registry import Offence, audits

DONE_WITHIN = timedelta(minutes=1)
NO_STEPS = "[]"


def judge_deadline(row: Any, now: datetime) -> Offence | None:
    until = row.due_at + DONE_WITHIN
    return Offence(row.id, until, f"A step for a {row.kind} is due and not done.") if now > until else None


@audits("deadlines", label="deadlines", bound="done within a minute of their time", judge=judge_deadline)
def open_deadlines(session: Session, now: datetime) -> Iterable[Any]:
    query = sa.select(Deadline.id, Deadline.kind, Deadline.due_at)
    return session.execute(query.where(Deadline.state == sa.literal_column("'open'"), Deadline.due_at <= now))


def judge_timed(row: Any, now: datetime) -> Offence | None:
    """Something with a due time that is not marked overdue: (id, since, due_at, what, waits, steps).

    Until it is due a step must wait. Afterwards its steps may have been gone through, and only a policy that
    marks it overdue tells the difference; `steps` is None for the default, which does.
    """
    if row.waits or row.steps == NO_STEPS:
        return None
    if now > row.due_at + DONE_WITHIN and row.steps is not None and "mark_overdue" not in row.steps:
        return None
    return Offence(row.id, row.since, f"{row.what} has a due time, and nothing will happen then.")


def step_waits(kind: str, subject_id: Any) -> sa.ColumnElement[bool]:
    return sa.exists().where(
        Deadline.kind == kind,
        Deadline.subject_id == subject_id,
        Deadline.state == sa.literal_column("'open'"),
    )


def frozen_steps(kind: str, incident_id: Any) -> sa.ScalarSelect[Any]:
    """What the incident's policy says for a kind; null when the default holds."""
    mine = sa.select(FrozenPolicy.steps).where(
        FrozenPolicy.incident_id == incident_id, FrozenPolicy.kind == kind
    )
    return mine.scalar_subquery()


@audits(
    "tasks", label="tasks without a timer", bound="a timer from the moment they are set", judge=judge_timed
)
def timed_tasks(session: Session, _now: datetime) -> Iterable[Any]:
    query = sa.select(
        Task.id,
        Task.created_at.label("since"),
        Task.due_at,
        sa.literal("A task").label("what"),
        step_waits("task", Task.id).label("waits"),
        frozen_steps("task", Task.incident_id).label("steps"),
    ).join(Incident, Incident.id == Task.incident_id)
    return session.execute(
        query.where(
            Incident.state == IncidentState.ACTIVE,
            Task.state == TaskState.OPEN,
            Task.due_at.is_not(None),
            Task.overdue.is_(False),
        )
    )
