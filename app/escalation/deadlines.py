"""Setting, moving and cancelling deadlines, in the transaction of what they wait for."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.escalation import planner
from app.escalation.events import EscalationSet
from app.escalation.kinds import KINDS
from app.escalation.models import Deadline, DeadlineState
from app.escalation.queries import policy_of
from app.incidents.models import stream_of
from app.journal import append

ENGINE = Actor.system("escalation")


def begin(uow: UnitOfWork, kind: str, subject_id: str, incident_id: str, beginning: datetime) -> None:
    """Start the steps of the incident's policy for this kind, counted from `beginning`.

    Something that began before and ended (a task taken back) begins a further round.
    """
    last = sa.select(sa.func.max(Deadline.round)).where(
        Deadline.kind == kind, Deadline.subject_id == subject_id
    )
    round_ = (uow.session.scalar(last) or 0) + 1
    due = planner.first_step(policy_of(uow.session, incident_id, kind), beginning, round_)
    if due is not None:
        announce(uow, insert(uow, kind, subject_id, incident_id, due))


def wait_anew(uow: UnitOfWork, kind: str, subject_id: str, incident_id: str) -> None:
    """Somebody new has been asked: the step that comes next waits its whole time from now."""
    deadline = open_one(uow, kind, subject_id)
    if deadline is None:
        begin(uow, kind, subject_id, incident_id, uow.now)
        return
    step = policy_of(uow.session, incident_id, kind).steps[deadline.step]
    due_at = uow.now + timedelta(minutes=step.wait_minutes)
    if due_at != deadline.due_at:
        deadline.due_at = due_at
        uow.session.flush()
        announce(uow, deadline)


def end(uow: UnitOfWork, kind: str, subject_id: str) -> None:
    """It waits no more: whatever was to happen does not."""
    _cancel(uow, Deadline.kind == kind, Deadline.subject_id == subject_id)


def end_all(uow: UnitOfWork, incident_id: str) -> None:
    _cancel(uow, Deadline.incident_id == incident_id)


def insert(uow: UnitOfWork, kind: str, subject_id: str, incident_id: str, due: planner.Due) -> Deadline:
    deadline = Deadline(
        id=uow.new_id(),
        kind=kind,
        subject_id=subject_id,
        incident_id=incident_id,
        stream=stream_of(incident_id),
        step=due.step,
        round=due.round,
        do=due.do,
        due_at=due.due_at,
        state=DeadlineState.OPEN,
    )
    uow.session.add(deadline)
    uow.session.flush()
    return deadline


def announce(uow: UnitOfWork, deadline: Deadline) -> None:
    """Say in the journal what happens when, for kinds that show it."""
    if not KINDS[deadline.kind].shown:
        return
    waits = EscalationSet(
        what=deadline.kind,
        subject_id=deadline.subject_id,
        step=deadline.step,
        round=deadline.round,
        do=deadline.do,
        due_at=deadline.due_at,
    )
    append(uow, deadline.stream, ENGINE, waits)


def open_one(uow: UnitOfWork, kind: str, subject_id: str) -> Deadline | None:
    query = sa.select(Deadline).where(
        Deadline.kind == kind, Deadline.subject_id == subject_id, Deadline.state == DeadlineState.OPEN
    )
    return uow.session.scalar(query.execution_options(populate_existing=True))


def _cancel(uow: UnitOfWork, *where: sa.ColumnElement[bool]) -> None:
    cancelled = (
        sa.update(Deadline)
        .where(Deadline.state == DeadlineState.OPEN, *where)
        .values(state=DeadlineState.CANCELLED, ended_at=uow.now)
        .execution_options(synchronize_session="fetch")
    )
    uow.session.execute(cancelled)
