"""Reading policies and deadlines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.escalation.kinds import KINDS
from app.escalation.models import Deadline, DeadlineState, EscalationPolicy, FrozenPolicy
from app.escalation.planner import Policy
from app.incidents.models import Incident


@dataclass(frozen=True)
class KindLoad:
    """How much of a kind waits. `oldest` is the earliest moment that is due."""

    label: str
    open: int
    overdue: int
    oldest: datetime | None


def policy_of(session: Session, incident_id: str, kind: str) -> Policy:
    """The policy frozen into the incident; the default for a kind that is newer than the incident."""
    row = session.get(FrozenPolicy, (incident_id, kind))
    return Policy.load(row.steps, row.rounds) if row else KINDS[kind].default


def policy_for(session: Session, facility_id: str, kind: str) -> Policy:
    """What a hospital has set, or the default."""
    row = session.get(EscalationPolicy, (facility_id, kind))
    return Policy.load(row.steps, row.rounds) if row else KINDS[kind].default


def due(session: Session, now: datetime, limit: int) -> Sequence[tuple[str, str]]:
    """(id, stream) of deadlines that have come, the earliest first."""
    query = sa.select(Deadline.id, Deadline.stream).where(
        Deadline.state == DeadlineState.OPEN, Deadline.due_at <= now
    )
    return session.execute(query.order_by(Deadline.due_at, Deadline.id).limit(limit)).all()


def loads(session: Session, now: datetime) -> list[KindLoad]:
    overdue = sa.func.sum(sa.case((Deadline.due_at <= now, 1), else_=0))
    query = sa.select(Deadline.kind, sa.func.count(), overdue, sa.func.min(Deadline.due_at))
    query = query.where(Deadline.state == DeadlineState.OPEN).group_by(Deadline.kind)
    found = {row[0]: row for row in session.execute(query)}
    return [
        KindLoad(kind.label, found[kind.name][1], int(found[kind.name][2]), found[kind.name][3])
        if kind.name in found
        else KindLoad(kind.label, 0, 0, None)
        for kind in KINDS.values()
    ]


def waiting(session: Session, limit: int = 100) -> Sequence[tuple[Deadline, Incident]]:
    """Open deadlines with their incidents, the earliest due first."""
    query = (
        sa.select(Deadline, Incident)
        .join(Incident, Incident.id == Deadline.incident_id)
        .where(Deadline.state == DeadlineState.OPEN)
        .order_by(Deadline.due_at, Deadline.id)
        .limit(limit)
    )
    return session.execute(query).all()
