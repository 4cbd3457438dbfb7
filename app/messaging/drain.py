"""Reports are kept and applied as they come, and many at once when they come faster than that.

After a call-out a thousand people's phones report within seconds, all about one incident. Whoever comes with a
report stores all that wait to be stored, then applies all that are open, unless somebody in this process is at
it already: then that one goes on.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
import structlog

from app.core.db import UnitOfWork
from app.messaging.actions import reports
from app.messaging.actions.reports import Report
from app.messaging.models import CarrierEvent, InboundText
from app.runtime import Runtime

log = structlog.get_logger()

AT_ONCE = 200
LONGEST = 5.0
"""Seconds one request may spend on other requests' reports; the carrier waits 15."""


@dataclass(eq=False)
class _Waiting:
    report: Report
    stored: bool = False


class Drain:
    """One for each process."""

    def __init__(self, rt: Runtime) -> None:
        self._rt = rt
        self._waiting: deque[_Waiting] = deque()
        self._storing = threading.Lock()
        self._applying = threading.Lock()
        self._more = threading.Event()

    def hear(self, report: Report) -> None:
        """Store a report, and see that it is applied, in two transactions. Raises if it cannot be stored."""
        mine = _Waiting(report)
        self._waiting.append(mine)
        with self._storing:
            if not mine.stored:  # by whoever had the lock before
                self._store(mine)
        self._more.set()
        self._apply()

    def _store(self, mine: _Waiting) -> None:
        """Everything that waits, in one transaction; if that fails, the others try again for themselves."""
        batch = list(self._waiting)
        try:
            self._rt.db.transact(reports.store, [one.report for one in batch])
        except Exception:
            self._waiting.remove(mine)
            raise
        for one in batch:
            one.stored = True
            self._waiting.popleft()

    def _apply(self) -> None:
        ends = time.monotonic() + LONGEST
        # Asked again after the lock is free: somebody may have stored one just as we were leaving.
        while self._more.is_set() and time.monotonic() < ends and self._applying.acquire(blocking=False):
            try:
                self._more.clear()
                if apply_reports(self._rt, open_ids(self._rt, CarrierEvent)) >= AT_ONCE:
                    self._more.set()
            finally:
                self._applying.release()


def apply_reports(rt: Runtime, event_ids: Sequence[str]) -> int:
    """Apply stored reports in one transaction, or one by one if one of them cannot be; returns how many."""
    if not event_ids:
        return 0
    try:
        return rt.db.transact(reports.apply, event_ids)
    except Exception:
        log.exception("messaging.reports_failed", count=len(event_ids))
    if len(event_ids) == 1:
        return 0
    return sum(apply_reports(rt, [one]) for one in event_ids)


def open_ids(
    rt: Runtime, model: type[CarrierEvent | InboundText], before: datetime | None = None
) -> list[str]:
    """What was stored (at or before a moment) and not processed yet, oldest first, some at a time."""
    query = sa.select(model.id).where(model.processed_at.is_(None))
    if before is not None:
        query = query.where(model.received_at <= before)
    with rt.db.read() as session:
        return list(session.scalars(query.order_by(model.received_at, model.id).limit(AT_ONCE)))


def try_one(rt: Runtime, action: Callable[[UnitOfWork, Any], object], what: Any) -> bool:
    """Run one action in its own transaction; its failure is logged and stops nothing else."""
    try:
        return bool(rt.db.transact(action, what))
    except Exception:
        log.exception("messaging.left_for_later")
        return False
