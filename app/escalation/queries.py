"""Reading policies, deadlines and what waits for somebody."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.escalation.kinds import KINDS
from app.escalation.models import (
    OPEN,
    Deadline,
    Escalation,
    EscalationPolicy,
    FrozenPolicy,
    Notice,
    NoticeState,
)
from app.escalation.planner import Policy, Setting
from app.facilities.models import Facility
from app.incidents.models import Incident


@dataclass(frozen=True)
class KindLoad:
    """How much of a kind waits. `oldest` is the earliest moment that is due."""

    label: str
    open: int
    overdue: int
    oldest: datetime | None


@dataclass(frozen=True)
class Waiting:
    """Something of which somebody has been told, and what happens next."""

    escalation: Escalation
    next: Deadline | None


def policy_of(session: Session, incident_id: str, kind: str) -> Policy:
    """The policy frozen into the incident; the default for a kind that is newer than the incident."""
    row = session.get(FrozenPolicy, (incident_id, kind))
    return Policy.load(row.steps, row.rounds) if row else KINDS[kind].default


def policy_for(session: Session, facility_id: str, kind: str) -> Policy:
    """What a hospital has set, or the default."""
    row = session.get(EscalationPolicy, (facility_id, kind))
    return Policy.load(row.steps, row.rounds) if row else KINDS[kind].default


def setting_of(session: Session, incident: Incident) -> Setting:
    """What the hours and conditions of a policy are measured by."""
    zone = session.get_one(Facility, incident.facility_id).zone
    return Setting(zone, incident.exercise, incident.activation_level.value)


def due(session: Session, now: datetime, limit: int) -> Sequence[tuple[str, str]]:
    """(id, stream) of deadlines that have come, the earliest first."""
    query = sa.select(Deadline.id, Deadline.stream).where(Deadline.state == OPEN, Deadline.due_at <= now)
    return session.execute(query.order_by(Deadline.due_at, Deadline.id).limit(limit)).all()


def still_due(session: Session, ids: Collection[str], now: datetime) -> list[Deadline]:
    """Those of these deadlines that are open and have come, as they are now, the earliest due first."""
    query = sa.select(Deadline).where(Deadline.id.in_(ids), Deadline.state == OPEN, Deadline.due_at <= now)
    found = session.scalars(query.execution_options(populate_existing=True))
    return sorted(found, key=lambda d: (d.due_at, d.id))


def loads(session: Session, now: datetime) -> list[KindLoad]:
    overdue = sa.func.sum(sa.case((Deadline.due_at <= now, 1), else_=0))
    query = sa.select(Deadline.kind, sa.func.count(), overdue, sa.func.min(Deadline.due_at))
    query = query.where(Deadline.state == OPEN).group_by(Deadline.kind)
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
        .where(Deadline.state == OPEN)
        .order_by(Deadline.due_at, Deadline.id)
        .limit(limit)
    )
    return session.execute(query).all()


def escalation(session: Session, kind: str, subject_id: str) -> Escalation | None:
    """What waits, or waited, of this kind about this subject."""
    query = sa.select(Escalation).where(Escalation.kind == kind, Escalation.subject_id == subject_id)
    return session.scalar(query.execution_options(populate_existing=True))


def escalations_of(session: Session, due: Sequence[Deadline]) -> dict[tuple[str, str], Escalation]:
    """What these deadlines are of, by kind and subject."""
    query = sa.select(Escalation).where(Escalation.subject_id.in_({deadline.subject_id for deadline in due}))
    query = query.where(Escalation.kind.in_({deadline.kind for deadline in due}))
    found = session.scalars(query.execution_options(populate_existing=True))
    return {(each.kind, each.subject_id): each for each in found}


def escalation_by_id(session: Session, escalation_id: str) -> Escalation:
    found = session.get(Escalation, escalation_id)
    if found is None:
        raise NotFound("There is nothing of that kind that waits.")
    return found


def open_deadline(session: Session, kind: str, subject_id: str) -> Deadline | None:
    query = sa.select(Deadline).where(
        Deadline.kind == kind, Deadline.subject_id == subject_id, Deadline.state == OPEN
    )
    return session.scalar(query.execution_options(populate_existing=True))


def waiting_in(session: Session, incident_id: str) -> list[Waiting]:
    """What waits for somebody in an incident, the longest known first."""
    query = sa.select(Escalation).where(
        Escalation.incident_id == incident_id, Escalation.ended_at.is_(None), Escalation.told_at.is_not(None)
    )
    found = session.scalars(query.order_by(Escalation.told_at, Escalation.id)).all()
    coming = sa.select(Deadline).where(Deadline.incident_id == incident_id, Deadline.state == OPEN)
    by_subject = {(d.kind, d.subject_id): d for d in session.scalars(coming)}
    return [Waiting(each, by_subject.get((each.kind, each.subject_id))) for each in found]


def open_notices(session: Session, person_ids: Collection[str]) -> list[Notice]:
    """What these people have been told and may still answer, the newest first."""
    query = sa.select(Notice).where(
        Notice.person_id.in_(person_ids),
        sa.text("escalation_notices.state IN ('gathering', 'open')"),
        Notice.asked,
    )
    newest = query.order_by(Notice.told_at.desc(), Notice.id.desc())
    return list(session.scalars(newest.execution_options(populate_existing=True)))


def notices_of(session: Session, escalation_id: str) -> list[Notice]:
    """Everybody who was told of one thing, the newest first."""
    query = sa.select(Notice).where(Notice.escalation_id == escalation_id)
    return list(session.scalars(query.order_by(Notice.told_at.desc(), Notice.id.desc())))


def still_told(session: Session, escalation_id: str) -> list[Notice]:
    """Who has been told of one thing and may still answer."""
    query = sa.select(Notice).where(
        Notice.escalation_id == escalation_id, Notice.state.in_((NoticeState.OPEN, NoticeState.GATHERING))
    )
    return list(session.scalars(query.order_by(Notice.id).execution_options(populate_existing=True)))


def notice(session: Session, notice_id: str) -> Notice:
    found = session.get(Notice, notice_id)
    if found is None:
        raise NotFound("There is no such notice.")
    return found


def owned_by(session: Session, person_id: str) -> list[Escalation]:
    """What somebody sees to, over all incidents; what comes back first comes first."""
    query = sa.select(Escalation).where(Escalation.owner_id == person_id, Escalation.ended_at.is_(None))
    return list(session.scalars(query.order_by(Escalation.held_until, Escalation.id)))
