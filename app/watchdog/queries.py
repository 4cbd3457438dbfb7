"""Reading what the watchdog has found."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.watchdog.models import WatchFinding, WatchState
from app.watchdog.wording import counted

SILENT_AFTER = timedelta(minutes=3)
"""A round is begun every 20 seconds; without one for so long nobody is watching."""


def state(session: Session) -> WatchState | None:
    return session.scalar(sa.select(WatchState))


def open_counts(session: Session) -> dict[str, int]:
    """Items past their bound, by kind, as of the last round."""
    query = sa.select(WatchFinding.kind, sa.func.count()).where(WatchFinding.resolved_at.is_(None))
    return dict(session.execute(query.group_by(WatchFinding.kind)).all())


def open_findings(session: Session, most: int = 50) -> Sequence[WatchFinding]:
    """The longest past their bound first."""
    query = sa.select(WatchFinding).where(WatchFinding.resolved_at.is_(None))
    return session.scalars(query.order_by(WatchFinding.since, WatchFinding.id).limit(most)).all()


def trouble(session: Session, now: datetime) -> str | None:
    """What the watchdog has to say against this system's health; None when its last round was clean."""
    last = state(session)
    if last is None or last.ended_at is None:
        return "no audit has been done yet"
    if now - last.ended_at > SILENT_AFTER:
        return "no audit has ended for 3 minutes"
    found = open_counts(session)
    return f"past their bound: {counted(found)}" if found else None
