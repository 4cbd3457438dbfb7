"""Polls that should have been chased or closed and were not."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.polls.models import Poll
from app.polls.rules import CLOSES_AFTER
from app.watchdog.registry import Offence, audits

DONE_WITHIN = timedelta(minutes=2)


def judge_poll(poll: Poll, now: datetime) -> Offence | None:
    chased_by = poll.next_chase_at + DONE_WITHIN if poll.next_chase_at else None
    if chased_by is not None and now > chased_by:
        return Offence(poll.id, chased_by, "A poll should have asked again and has not.")
    closed_by = poll.due_at + CLOSES_AFTER + DONE_WITHIN
    return Offence(poll.id, closed_by, "A poll is long over and stands open.") if now > closed_by else None


@audits("polls", label="polls", bound="chased and closed within 2 minutes of their time", judge=judge_poll)
def open_polls(session: Session, _now: datetime) -> Iterable[Poll]:
    return session.scalars(sa.select(Poll).where(Poll.closed_at.is_(None)))
