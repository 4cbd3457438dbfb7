"""Tasks belong to positions: add, finish, set aside, take back, mark overdue."""

from __future__ import annotations

from datetime import datetime

from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.core.errors import Conflict, Invalid, NotFound
from app.core.permissions import Permission
from app.incidents import events
from app.incidents.actions.record import record, take
from app.incidents.models import Incident, Position, Task, TaskState
from app.incidents.rules import optional_text, required_text

MOST_EVIDENCE = 500


def add_task(
    uow: UnitOfWork,
    actor: Actor,
    incident_id: str,
    *,
    position: str,
    text: str,
    due_at: datetime | None = None,
    source: str = "person",
    evidence_asked: str = "",
) -> Task:
    """`evidence_asked`: what shows that it is done, such as "number of beds freed"; it is then asked for."""
    incident = take(uow, actor, Permission.TASK_WORK, incident_id)
    return add_one(
        uow,
        incident,
        actor,
        position,
        text,
        window="",
        due_at=due_at,
        source=source,
        evidence_asked=evidence_asked,
    )


def finish_task(
    uow: UnitOfWork, actor: Actor, incident_id: str, task_id: str, *, note: str = "", evidence: str = ""
) -> Task:
    """Raises Invalid when the task asks for evidence and none is given."""
    incident = take(uow, actor, Permission.TASK_WORK, incident_id)
    task = _open_task(uow, incident, task_id)
    evidence = optional_text("evidence", evidence, MOST_EVIDENCE)
    if task.evidence_asked and not evidence:
        raise Invalid.field("evidence", f"say what shows it: {task.evidence_asked}")
    _end(uow, task, TaskState.DONE, note[:2000])
    task.evidence = evidence
    record(uow, incident, actor, events.TaskDone(task_id=task.id, note=task.note, evidence=evidence))
    return task


def set_aside_task(uow: UnitOfWork, actor: Actor, incident_id: str, task_id: str, *, reason: str) -> Task:
    """The task does not apply here. A reason is wanted, because somebody will ask."""
    incident = take(uow, actor, Permission.TASK_WORK, incident_id)
    task = _open_task(uow, incident, task_id)
    _end(uow, task, TaskState.NOT_APPLICABLE, required_text("reason", reason, 2000))
    record(uow, incident, actor, events.TaskNotApplicable(task_id=task.id, reason=task.note))
    return task


def reopen_task(uow: UnitOfWork, actor: Actor, incident_id: str, task_id: str, *, reason: str = "") -> Task:
    """Undo: the task counts as not done again."""
    incident = take(uow, actor, Permission.TASK_WORK, incident_id)
    task = _task(uow, incident, task_id)
    if task.state is TaskState.OPEN:
        raise Conflict("That task is open already.")
    task.state, task.ended_at, task.note, task.evidence = TaskState.OPEN, None, "", ""
    record(uow, incident, actor, events.TaskReopened(task_id=task.id, reason=reason.strip()[:2000]))
    return task


def mark_overdue(uow: UnitOfWork, actor: Actor, incident: Incident, task: Task, *, late_seconds: int) -> None:
    """Called by escalation for an incident that it has taken."""
    task.overdue = True
    overdue = events.TaskOverdue(task_id=task.id, position=task.position_slug, late_seconds=late_seconds)
    record(uow, incident, actor, overdue)


def add_one(
    uow: UnitOfWork,
    incident: Incident,
    actor: Actor,
    position: str,
    text: str,
    *,
    window: str,
    due_at: datetime | None,
    source: str,
    evidence_asked: str = "",
) -> Task:
    """Add a task in an incident that the caller has taken. `source` is guide, plan or person."""
    if uow.session.get(Position, (incident.id, position)) is None:
        raise Invalid.field("position", f"{position!r} is not open in {incident.number}; open it first")
    task = Task(
        id=uow.new_id(),
        incident_id=incident.id,
        position_slug=position,
        text=required_text("text", text, 2000),
        window=window,
        source=source,
        due_at=due_at,
        state=TaskState.OPEN,
        overdue=False,
        note="",
        evidence_asked=optional_text("evidence_asked", evidence_asked, MOST_EVIDENCE),
        evidence="",
        created_at=uow.now,
    )
    uow.session.add(task)
    uow.session.flush()
    added = events.TaskAdded(
        task_id=task.id,
        position=position,
        text=task.text,
        window=window,
        due_at=due_at,
        source=source,
        evidence_asked=task.evidence_asked,
    )
    record(uow, incident, actor, added)
    return task


def _task(uow: UnitOfWork, incident: Incident, task_id: str) -> Task:
    task = uow.session.get(Task, task_id)
    if task is None or task.incident_id != incident.id:
        raise NotFound(f"There is no such task in {incident.number}.")
    return task


def _open_task(uow: UnitOfWork, incident: Incident, task_id: str) -> Task:
    task = _task(uow, incident, task_id)
    if task.state is not TaskState.OPEN:
        raise Conflict("Somebody has ended that task already.")
    return task


def _end(uow: UnitOfWork, task: Task, state: TaskState, note: str) -> None:
    task.state, task.ended_at, task.note = state, uow.now, note.strip()
