"""Alarms of a hospital, as the pure rules take them."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.alarms import rules
from app.alarms.models import Alarm, AlarmFlood
from app.alarms.rules import LIMITS
from app.surge.models import Shelving

MOST = 5000


def plain(row: Alarm) -> rules.Alarm:
    return rules.Alarm(
        id=row.id,
        at=row.at,
        raised_at=row.raised_at,
        cause=row.cause,
        title=row.title,
        role=row.role,
        severity=row.severity,
        place=row.place,
        resource=row.resource,
        incident=row.incident_id or "",
        life_safety=row.life_safety,
        answered_at=row.acknowledged_at,
        answered_by=row.acknowledged_by,
        shelved_at=row.shelved_at,
        cleared_at=row.cleared_at,
    )


def standing(session: Session, facility_id: str) -> list[Alarm]:
    """What is active now, exercises too, the oldest first."""
    query = sa.select(Alarm).where(Alarm.facility_id == facility_id, Alarm.cleared_at.is_(None))
    return list(session.scalars(query.order_by(Alarm.at, Alarm.id).limit(MOST)))


def about_engine(session: Session) -> list[Alarm]:
    """What the watchdog has alarmed about and still finds: about no hospital, or all."""
    query = sa.select(Alarm).where(Alarm.facility_id.is_(None), Alarm.cleared_at.is_(None))
    return list(session.scalars(query.order_by(Alarm.at, Alarm.id).limit(MOST)))


def lately(
    session: Session, facility_id: str, now: datetime, *, since: datetime | None = None
) -> list[rules.Alarm]:
    """What was put to people within the span of a flood, or since one began and shortly before; no exercises."""
    begins = min(now, since or now) - LIMITS.span
    return raised(session, facility_id, begins, now + timedelta(microseconds=1))


def number_lately(session: Session, facility_id: str, now: datetime) -> int:
    lately = sa.select(sa.func.count()).where(
        Alarm.facility_id == facility_id, Alarm.exercise.is_(False), Alarm.raised_at > now - LIMITS.span
    )
    return session.scalar(lately) or 0


def raised(session: Session, facility_id: str, begins: datetime, ends: datetime) -> list[rules.Alarm]:
    """Put to people from `begins` until before `ends`; no exercises."""
    return _plain(
        session,
        Alarm.facility_id == facility_id,
        Alarm.exercise.is_(False),
        Alarm.raised_at >= begins,
        Alarm.raised_at < ends,
    )


def raised_or_standing(
    session: Session, facility_id: str, begins: datetime, ends: datetime
) -> list[rules.Alarm]:
    """And what came before and stood at the end."""
    stood = sa.and_(Alarm.raised_at < begins, sa.or_(Alarm.cleared_at.is_(None), Alarm.cleared_at >= ends))
    return _plain(
        session,
        Alarm.facility_id == facility_id,
        Alarm.exercise.is_(False),
        Alarm.raised_at < ends,
        sa.or_(Alarm.raised_at >= begins, stood),
    )


def flood(session: Session, facility_id: str) -> AlarmFlood | None:
    """How the hospital's flood stands; None when there has never been one."""
    return session.get(AlarmFlood, facility_id)


def flood_now(session: Session, facility_id: str) -> AlarmFlood | None:
    """The flood that lasts; None when there is none."""
    found = flood(session, facility_id)
    return found if found is not None and found.began_at is not None else None


def maybe_flooded(session: Session, now: datetime) -> list[str]:
    """Hospitals with a flood that may be over, or with so many alarms that one may have begun unseen."""
    lasting = sa.select(AlarmFlood.facility_id).where(AlarmFlood.began_at.is_not(None))
    many = (
        sa.select(Alarm.facility_id)
        .where(Alarm.raised_at > now - LIMITS.span, Alarm.facility_id.is_not(None), Alarm.exercise.is_(False))
        .group_by(Alarm.facility_id)
        .having(sa.func.count() > LIMITS.flood_over)
    )
    found: set[str | None] = {*session.scalars(lasting), *session.scalars(many)}
    return sorted(each for each in found if each is not None)


def shelved_until(session: Session, trigger_id: str) -> datetime | None:
    """Until when a trigger is put aside; None when it is not."""
    open_ = sa.select(Shelving.until).where(Shelving.trigger_id == trigger_id, Shelving.ended_at.is_(None))
    return session.scalar(open_)


def oldest(session: Session, facility_id: str) -> datetime | None:
    """Before this nothing is known."""
    return session.scalar(sa.select(sa.func.min(Alarm.raised_at)).where(Alarm.facility_id == facility_id))


def _plain(session: Session, *where: sa.ColumnElement[bool]) -> list[rules.Alarm]:
    query = sa.select(Alarm).where(*where).order_by(Alarm.raised_at, Alarm.id)
    return [plain(row) for row in session.scalars(query.execution_options(populate_existing=True))]
