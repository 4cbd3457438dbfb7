"""Setting, moving and cancelling deadlines, in the transaction of what they wait for."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.escalation import planner, queries
from app.escalation.events import EscalationEnded, EscalationSet
from app.escalation.kinds import KINDS
from app.escalation.models import OPEN, Deadline, DeadlineState, Escalation, NoticeState
from app.incidents.models import Incident, stream_of
from app.journal import append
from app.messaging.actions import supersede

ENGINE = Actor.system("escalation")
COME_BACK = "come_back"


def begin(uow: UnitOfWork, kind: str, subject_id: str, incident_id: str, beginning: datetime) -> None:
    """Start the steps of the incident's policy for this kind, counted from `beginning`.

    Something that began before and ended (a task taken back) begins a further round; what waits already
    goes on as it is.
    """
    escalation = queries.escalation(uow.session, kind, subject_id)
    if escalation is not None and escalation.ended_at is None:
        return
    policy = queries.policy_of(uow.session, incident_id, kind)
    round_ = escalation.round + 1 if escalation else 1
    due = planner.first_step(policy, beginning, round_, _setting(uow, incident_id))
    if due is None:
        return
    if escalation is None:
        escalation = Escalation(id=uow.new_id(), kind=kind, subject_id=subject_id)
        uow.session.add(escalation)
    for name, value in _fresh(incident_id, uow.now, round_).items():
        setattr(escalation, name, value)
    announce(uow, insert(uow, escalation, due))


def wait_anew(uow: UnitOfWork, kind: str, subject_id: str, incident_id: str) -> None:
    """Somebody new has been asked: the step that comes next waits its whole time from now."""
    escalation = queries.escalation(uow.session, kind, subject_id)
    if escalation is None or escalation.ended_at is not None:
        begin(uow, kind, subject_id, incident_id, uow.now)
        return
    policy, setting = queries.policy_of(uow.session, incident_id, kind), _setting(uow, incident_id)
    deadline = queries.open_deadline(uow.session, kind, subject_id)
    if deadline is None:
        coming = planner.first_step(policy, uow.now, escalation.round + 1, setting)
        if coming is not None:
            announce(uow, insert(uow, escalation, coming))
        return
    coming = planner.again(policy, deadline.step, deadline.round, uow.now, setting)
    if deadline.do != COME_BACK and coming is not None and coming.due_at != deadline.due_at:
        deadline.step, deadline.do, deadline.due_at = coming.step, coming.do, coming.due_at
        uow.session.flush()
        announce(uow, deadline)


def end(uow: UnitOfWork, kind: str, subject_id: str, incident_id: str | None = None) -> None:
    """It waits no more: whatever was to happen does not, and nobody who was told needs to answer.

    With `incident_id`, only if it is there that it waits.
    """
    escalation = queries.escalation(uow.session, kind, subject_id)
    if escalation is None or escalation.ended_at is not None:
        return
    if incident_id is not None and escalation.incident_id != incident_id:
        return
    escalation.ended_at = uow.now
    uow.session.flush()
    _cancel(uow, Deadline.kind == kind, Deadline.subject_id == subject_id)
    if escalation.told_at is not None:
        release(uow, escalation)
        ended = EscalationEnded(what=kind, subject_id=subject_id)
        append(uow, stream_of(escalation.incident_id), ENGINE, ended)


def end_all(uow: UnitOfWork, incident_id: str) -> None:
    """The incident is closed, and its journal says so."""
    open_ = sa.select(Escalation).where(
        Escalation.incident_id == incident_id, Escalation.ended_at.is_(None), Escalation.told_at.is_not(None)
    )
    for escalation in uow.session.scalars(open_).all():
        release(uow, escalation)
    ended = sa.update(Escalation).where(Escalation.incident_id == incident_id, Escalation.ended_at.is_(None))
    uow.session.execute(ended.values(ended_at=uow.now).execution_options(synchronize_session="fetch"))
    _cancel(uow, Deadline.incident_id == incident_id)


def release(uow: UnitOfWork, escalation: Escalation) -> None:
    """Nobody who was told needs to answer any more; what has not been sent to them is not."""
    for notice in queries.still_told(uow.session, escalation.id):
        notice.state, notice.send_at = NoticeState.OVER, None
        supersede(uow, subject_id=notice.id)
    uow.session.flush()


def hold(uow: UnitOfWork, escalation: Escalation, until: datetime) -> None:
    """No step before `until`. Then it comes back, and the step that was to come follows after its wait."""
    deadline = queries.open_deadline(uow.session, escalation.kind, escalation.subject_id)
    if deadline is None:
        policy = queries.policy_of(uow.session, escalation.incident_id, escalation.kind)
        insert(uow, escalation, planner.Due(len(policy.steps), escalation.round, COME_BACK, until))
    else:
        deadline.do, deadline.due_at = COME_BACK, until
        uow.session.flush()


def hurry(uow: UnitOfWork, escalation: Escalation) -> Deadline | None:
    """The step that was to come happens at once; None when none was."""
    deadline = queries.open_deadline(uow.session, escalation.kind, escalation.subject_id)
    if deadline is None:
        return None
    if deadline.do == COME_BACK:
        policy = queries.policy_of(uow.session, escalation.incident_id, escalation.kind)
        if deadline.step >= len(policy.steps):
            deadline.state, deadline.ended_at = DeadlineState.CANCELLED, uow.now
            uow.session.flush()
            return None
        deadline.do = policy.steps[deadline.step].do
    deadline.due_at = min(deadline.due_at, uow.now)
    uow.session.flush()
    return deadline


def resume(uow: UnitOfWork, escalation: Escalation) -> Deadline | None:
    """The step that was to come waits its whole time from now; None when none was."""
    deadline = queries.open_deadline(uow.session, escalation.kind, escalation.subject_id)
    if deadline is None:
        return None
    policy = queries.policy_of(uow.session, escalation.incident_id, escalation.kind)
    setting = _setting(uow, escalation.incident_id)
    coming = planner.again(policy, deadline.step, deadline.round, uow.now, setting)
    if coming is None:
        deadline.state, deadline.ended_at = DeadlineState.CANCELLED, uow.now
    else:
        deadline.step, deadline.do, deadline.due_at = coming.step, coming.do, coming.due_at
    uow.session.flush()
    return deadline if coming else None


def insert(uow: UnitOfWork, escalation: Escalation, due: planner.Due) -> Deadline:
    deadline = Deadline(
        id=uow.new_id(),
        kind=escalation.kind,
        subject_id=escalation.subject_id,
        incident_id=escalation.incident_id,
        stream=stream_of(escalation.incident_id),
        step=due.step,
        round=due.round,
        do=due.do,
        due_at=due.due_at,
        state=DeadlineState.OPEN,
    )
    escalation.round = max(escalation.round, due.round)
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


def _fresh(incident_id: str, now: datetime, round_: int) -> dict[str, Any]:
    return {
        "incident_id": incident_id,
        "title": "",
        "began_at": now,
        "ended_at": None,
        "round": round_,
        "told_at": None,
        "told": "",
        "acks": 0,
        "needs": 1,
        "owner_id": None,
        "owner": None,
        "held_until": None,
        "shelved_until": None,
        "shelved_by": None,
        "shelved_reason": None,
    }


def _setting(uow: UnitOfWork, incident_id: str) -> planner.Setting:
    return queries.setting_of(uow.session, uow.session.get_one(Incident, incident_id))


def _cancel(uow: UnitOfWork, *where: sa.ColumnElement[bool]) -> None:
    cancelled = (
        sa.update(Deadline)
        .where(Deadline.state == OPEN, *where)
        .values(state=DeadlineState.CANCELLED, ended_at=uow.now)
        .execution_options(synchronize_session="fetch")
    )
    uow.session.execute(cancelled)
