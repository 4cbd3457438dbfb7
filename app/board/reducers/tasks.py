"""Tasks."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.board.picture import Picture, on, reads_tables
from app.board.sections.tasks import TaskView
from app.incidents import events
from app.incidents.models import Task
from app.journal import Entry


@on(events.TaskAdded, cards=("tasks",))
def added(picture: Picture, _entry: Entry, event: events.TaskAdded) -> None:
    picture.tasks.items[event.task_id] = TaskView(
        event.task_id,
        event.position,
        event.text,
        event.window,
        event.due_at,
        event.source,
        evidence_asked=event.evidence_asked,
    )


@on(events.TaskDone, cards=("tasks",))
def done(picture: Picture, entry: Entry, event: events.TaskDone) -> None:
    task = picture.tasks.items[event.task_id]
    task.state, task.ended_at, task.note = "done", entry.occurred_at, event.note
    task.evidence = event.evidence


@on(events.TaskNotApplicable, cards=("tasks",))
def not_applicable(picture: Picture, entry: Entry, event: events.TaskNotApplicable) -> None:
    task = picture.tasks.items[event.task_id]
    task.state, task.ended_at, task.note = "not_applicable", entry.occurred_at, event.reason


@on(events.TaskReopened, cards=("tasks",))
def reopened(picture: Picture, _entry: Entry, event: events.TaskReopened) -> None:
    task = picture.tasks.items[event.task_id]
    task.state, task.ended_at, task.note, task.evidence = "open", None, "", ""


@on(events.TaskOverdue, cards=("tasks",))
def overdue(picture: Picture, _entry: Entry, event: events.TaskOverdue) -> None:
    picture.tasks.items[event.task_id].overdue = True


@reads_tables
def read(session: Session, incident_id: str, picture: Picture) -> None:
    for t in session.scalars(sa.select(Task).where(Task.incident_id == incident_id)):
        picture.tasks.items[t.id] = TaskView(
            t.id,
            t.position_slug,
            t.text,
            t.window,
            t.due_at,
            t.source,
            t.state.value,
            t.overdue,
            t.ended_at,
            t.note,
            t.evidence_asked,
            t.evidence,
        )
