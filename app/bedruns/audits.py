"""Bed runs whose four hours are over and that nobody has marked so."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.bedruns.models import BedRun, RunState
from app.watchdog.registry import Offence, audits

DONE_WITHIN = timedelta(minutes=1)


def judge(row: Any, now: datetime) -> Offence | None:
    until = row.deadline_at + DONE_WITHIN
    if now <= until:
        return None
    return Offence(row.id, until, "The four hours of a bed run are over, and it still counts as open.")


@audits("bed_runs", label="bed runs", bound="marked over within a minute of their four hours", judge=judge)
def open_runs(session: Session, _now: datetime) -> Iterable[Any]:
    return session.execute(sa.select(BedRun.id, BedRun.deadline_at).where(BedRun.state == RunState.OPEN))
