"""Recommendations that nobody decides, of which somebody should have been told by now."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.alarms.waiting import waiting_calls
from app.escalation.planner import Due
from app.surge.models import Recommendation
from app.watchdog.registry import Offence, audits

DONE_WITHIN = timedelta(minutes=2)


def judge(waits: tuple[Recommendation, Due | None], now: datetime) -> Offence | None:
    found, due = waits
    if due is None or now <= due.due_at + DONE_WITHIN:
        return None
    return Offence(found.id, due.due_at + DONE_WITHIN, "A step for a recommendation is due and not done.")


@audits(
    "surge_calls",
    label="recommendations nobody was told of",
    bound="told within two minutes of the time",
    judge=judge,
)
def undecided(session: Session, now: datetime) -> Iterable[tuple[Recommendation, Due | None]]:
    return waiting_calls(session, now)
