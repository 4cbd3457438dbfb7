"""Hospitals whose census list is expected every day and has not come."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.census import feed_queries
from app.watchdog.registry import Offence, audits

EVERY = timedelta(hours=26)
"""A day, and two hours for a night job that is late or a day of 25 hours."""


def judge_list(row: Any, now: datetime) -> Offence | None:
    """A hospital that expects lists: (facility_id, changed_at, last)."""
    until = max(row.changed_at, row.last or row.changed_at) + EVERY
    return Offence(row.facility_id, until, "No census list has come for a day.") if now > until else None


@audits(
    "census lists",
    label="hospitals with a daily census list",
    bound="compared within 26 hours",
    judge=judge_list,
)
def expecting_hospitals(session: Session, _now: datetime) -> Iterable[Any]:
    return feed_queries.watched(session)
