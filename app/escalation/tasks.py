"""Tasks with a deadline escalate: first the board says that one is overdue."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.core.db import UnitOfWork
from app.escalation import deadlines
from app.escalation.deadlines import ENGINE
from app.escalation.kinds import Subject, escalates
from app.escalation.planner import Policy, Step
from app.incidents.actions.tasks import mark_overdue
from app.incidents.events import TaskAdded, TaskDone, TaskNotApplicable, TaskReopened
from app.incidents.models import Incident, Task, TaskState
from app.journal import Entry, subscribe

# A guide brings dozens of tasks: texts about each would bury the ones that matter. A hospital may add steps.
TASK = Policy((Step(0, "mark_overdue"),))


def _about(session: Session, task_id: str) -> Subject:
    task = session.get_one(Task, task_id)
    return Subject(task.text, "this task is overdue.", task.position_slug)


def _mark_overdue(uow: UnitOfWork, incident: Incident, task_id: str, late_seconds: int) -> None:
    task = uow.session.get_one(Task, task_id, populate_existing=True)
    if task.state is TaskState.OPEN and not task.overdue:
        mark_overdue(uow, ENGINE, incident, task, late_seconds=late_seconds)


escalates("task", label="Tasks", about=_about, does={"mark_overdue": _mark_overdue}, default=TASK)


@subscribe(TaskAdded)
def added(uow: UnitOfWork, entry: Entry) -> None:
    event = entry.event
    assert isinstance(event, TaskAdded)
    if event.due_at is not None:
        deadlines.begin(uow, "task", event.task_id, _incident_id(entry), event.due_at)


@subscribe(TaskDone, TaskNotApplicable)
def ended(uow: UnitOfWork, entry: Entry) -> None:
    event = entry.event
    assert isinstance(event, TaskDone | TaskNotApplicable)
    deadlines.end(uow, "task", event.task_id)


@subscribe(TaskReopened)
def reopened(uow: UnitOfWork, entry: Entry) -> None:
    event = entry.event
    assert isinstance(event, TaskReopened)
    task = uow.session.get_one(Task, event.task_id)
    if task.due_at is not None:
        deadlines.begin(uow, "task", task.id, task.incident_id, task.due_at)


def _incident_id(entry: Entry) -> str:
    return entry.stream.removeprefix("incident:")
