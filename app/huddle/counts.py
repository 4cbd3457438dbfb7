"""What a sheet needs to know beside capacity: the roster of the next shift, and who lay where at midnight."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.staffing.models import Leave, Shift, ShiftKind, Skill
from app.surge.measures import OCCUPIED
from app.surge.models import Reading

AHEAD = timedelta(hours=14)
"""A shift that begins later is not the next one."""

NURSE = "rn"
BEFORE_MIDNIGHT, AFTER_MIDNIGHT = timedelta(hours=3), timedelta(minutes=15)
"""A count of then stands for midnight."""


def rostered(session: Session, facility_id: str, now: datetime) -> dict[str, int]:
    """Nurses on the roster of each unit when its next shift begins, by unit id; only units with such a shift."""
    query = (
        sa.select(Shift.unit_id, Shift.person_id, Shift.starts_at, Shift.ends_at)
        .join(Skill, sa.and_(Skill.person_id == Shift.person_id, Skill.slug == NURSE))
        .where(
            Shift.facility_id == facility_id,
            Shift.unit_id.is_not(None),
            Shift.kind.in_((ShiftKind.WORKED, ShiftKind.PLANNED)),
            Shift.ends_at > now,
            Shift.starts_at <= now + AHEAD,
        )
    )
    shifts: dict[str, list[tuple[str, datetime, datetime]]] = defaultdict(list)
    for unit_id, person_id, starts_at, ends_at in session.execute(query):
        shifts[str(unit_id)].append((person_id, starts_at, ends_at))
    away = _away(session, {person for mine in shifts.values() for person, _, _ in mine}, now)
    found = {}
    for unit_id, mine in shifts.items():
        begins = min((starts_at for _, starts_at, _ in mine if starts_at > now), default=None)
        if begins is not None:
            there = {person for person, starts_at, ends_at in mine if starts_at <= begins < ends_at}
            found[unit_id] = sum(not _on_leave(away.get(person, ()), begins) for person in there)
    return found


def at_midnight(
    session: Session, unit_ids: Collection[str], moment: datetime
) -> dict[str, tuple[int, datetime]]:
    """The last count of occupied beds about a midnight, with its time, by unit id."""
    mine = (Reading.unit_id.in_(unit_ids), Reading.metric == OCCUPIED)
    about = Reading.observed_at.between(moment - BEFORE_MIDNIGHT, moment + AFTER_MIDNIGHT)
    last = (
        sa.select(Reading.unit_id, sa.func.max(Reading.observed_at).label("at"))
        .where(*mine, about)
        .group_by(Reading.unit_id)
        .subquery()
    )
    query = (
        sa.select(Reading.unit_id, Reading.value, Reading.observed_at)
        .join(last, sa.and_(last.c.unit_id == Reading.unit_id, last.c.at == Reading.observed_at))
        .where(Reading.metric == OCCUPIED)
        .order_by(Reading.seq)
    )
    return {unit_id: (value, at) for unit_id, value, at in session.execute(query)}


Stretch = tuple[datetime, datetime]


def _away(session: Session, people: Collection[str], now: datetime) -> dict[str, list[Stretch]]:
    found: dict[str, list[Stretch]] = defaultdict(list)
    if people:
        query = sa.select(Leave.person_id, Leave.starts_at, Leave.ends_at).where(
            Leave.person_id.in_(people), Leave.ends_at > now, Leave.starts_at <= now + AHEAD
        )
        for person_id, starts_at, ends_at in session.execute(query):
            found[person_id].append((starts_at, ends_at))
    return found


def _on_leave(stretches: Collection[Stretch], at: datetime) -> bool:
    return any(starts_at <= at < ends_at for starts_at, ends_at in stretches)
