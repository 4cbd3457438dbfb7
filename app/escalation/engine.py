"""Doing what is due. Any number of processes may tick; each deadline is done once."""

from __future__ import annotations

import sqlalchemy as sa
import structlog

from app.core.db import Database, UnitOfWork
from app.escalation import deadlines, planner, tell
from app.escalation.deadlines import ENGINE
from app.escalation.events import EscalationStepped
from app.escalation.kinds import KINDS
from app.escalation.models import Deadline, DeadlineState
from app.escalation.queries import due, policy_of
from app.incidents.actions.record import record
from app.incidents.models import Incident
from app.journal import lock

log = structlog.get_logger()

AT_ONCE = 500


def tick(db: Database) -> int:
    """Do what is due, in order of when it was, each in a transaction of its own; return how many were done.

    What fails is logged, stays open, and is tried at the next tick; the others go on.
    """
    with db.read() as session:
        found = due(session, db.clock.now(), AT_ONCE)
    return sum(_attempt(db, deadline_id, stream) for deadline_id, stream in found)


def do_step(uow: UnitOfWork, deadline_id: str, stream: str) -> bool:
    """One deadline: claim it, set the next, act, write it down. False when somebody else is at it."""
    if lock(uow, stream, skip_locked=True) is None:
        return False
    deadline = _claim(uow, deadline_id)
    if deadline is None:
        return False
    incident = uow.session.get_one(Incident, deadline.incident_id)
    kind = KINDS[deadline.kind]
    policy = policy_of(uow.session, incident.id, deadline.kind)
    # The next one is there before the act, so that whoever follows the act finds something waiting.
    coming = planner.next_step(policy, deadline.step, deadline.round, uow.now)
    following = (
        deadlines.insert(uow, deadline.kind, deadline.subject_id, incident.id, coming) if coming else None
    )
    subject = kind.about(uow.session, deadline.subject_id)
    told: list[str] = []
    late_seconds = deadline.late_seconds or 0
    if deadline.do in kind.does:
        kind.does[deadline.do](uow, incident, deadline.subject_id, late_seconds)
    else:
        told = tell.tell(uow, incident, deadline, subject)
    stepped = EscalationStepped(
        what=deadline.kind,
        subject_id=deadline.subject_id,
        title=subject.title,
        step=deadline.step,
        round=deadline.round,
        do=deadline.do,
        due_at=deadline.due_at,
        late_seconds=late_seconds,
        told=told,
    )
    record(uow, incident, ENGINE, stepped)
    if following is not None and following.state is DeadlineState.OPEN:
        deadlines.announce(uow, following)
    return True


def _attempt(db: Database, deadline_id: str, stream: str) -> bool:
    try:
        return db.transact(do_step, deadline_id, stream)
    except Exception:
        log.exception("escalation.step_failed", deadline=deadline_id)
        return False


def _claim(uow: UnitOfWork, deadline_id: str) -> Deadline | None:
    """Mark it done if it is still open and due; whoever comes second gets None."""
    claimed = (
        sa.update(Deadline)
        .where(Deadline.id == deadline_id, Deadline.state == DeadlineState.OPEN, Deadline.due_at <= uow.now)
        .values(state=DeadlineState.DONE, ended_at=uow.now)
        .returning(Deadline.id)
    )
    if uow.session.scalar(claimed) is None:
        return None
    deadline = uow.session.get_one(Deadline, deadline_id, populate_existing=True)
    deadline.late_seconds = int((uow.now - deadline.due_at).total_seconds())
    return deadline
