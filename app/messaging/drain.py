"""What the carrier posts is stored, together when much comes at once, and worked off afterwards.

After a call-out a thousand phones report and answer within seconds, all about one incident, whose journal takes one
writer at a time; and the carrier shall not wait for that. So a request stores and returns, and one thread of its
process, woken by it, does the work. What a process leaves behind when it dies, a tick does (`lookout.backlog`).
Without that thread (`start` was not called) whoever stores works as well.
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
from flask import Flask

from app.core.db import UnitOfWork
from app.messaging.actions import incoming, reports
from app.messaging.actions.incoming import Text
from app.messaging.actions.reports import Report
from app.messaging.channels import Channel
from app.messaging.models import CarrierEvent, InboundText
from app.runtime import Runtime

log = structlog.get_logger()

REPORTS_AT_ONCE, TEXTS_AT_ONCE = 100, 100
LONGEST = 5.0
"""Seconds one request may spend on other requests' work, where no thread does it; the carrier waits 15."""
LITTLE, PAUSE = 0.01, 0.5
"""While texts wait to be handed over: seconds of reports at a time (one piece is done), and between two times."""


@dataclass(eq=False)
class _Waiting:
    what: Report | Text
    stored: bool = False


class Drain:
    """One for each process."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._rt: Runtime = app.extensions["muster"]
        self._waiting: deque[_Waiting] = deque()
        self._storing = threading.Lock()
        self._reports = _Lead(self._some_reports)
        self._texts = _Lead(self._some_texts)
        self._thread: threading.Thread | None = None
        self._come = threading.Event()
        self._stopping = threading.Event()

    def start(self) -> None:
        """Work in a thread of this process from now on, until `stop`."""
        self._thread = threading.Thread(target=self._run, name="drain", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End what the thread is at; what is left is done by a tick."""
        self._stopping.set()
        self._come.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def hear(self, report: Report) -> None:
        """Store a report, and see that it is applied. Raises if it cannot be stored."""
        self._keep(report)
        self._work(self._reports)

    def take_in(self, text: Text) -> None:
        """Store a text from a phone, and see that it is acted on. Raises if it cannot be stored."""
        self._keep(text)
        self.understand()

    def understand(self) -> None:
        """See that stored texts from phones are acted on."""
        self._work(self._texts)

    def _work(self, lead: _Lead) -> None:
        lead.ask()
        if self._thread is None:
            lead.work(LONGEST)
        else:
            self._come.set()

    def _run(self) -> None:
        again_at = 0.0  # on the monotonic clock: when reports are looked at next, while others go first
        with self._app.app_context():
            while not self._stopping.is_set():
                self._come.wait(max(0.0, again_at - time.monotonic()) if self._reports.asked else None)
                self._come.clear()
                self._try(self._texts, LONGEST)
                if not self._rt.parts["rush"]:
                    self._try(self._reports, LONGEST)
                elif time.monotonic() >= again_at:
                    self._try(self._reports, LITTLE)
                    again_at = time.monotonic() + PAUSE

    def _try(self, lead: _Lead, longest: float) -> None:
        try:
            lead.work(longest)
        except Exception:
            log.exception("drain.failed")

    def _keep(self, what: Report | Text) -> None:
        mine = _Waiting(what)
        self._waiting.append(mine)
        with self._storing:
            if not mine.stored:  # by whoever had the lock before
                self._store(mine)

    def _store(self, mine: _Waiting) -> None:
        """Everything that waits, in one transaction; if that fails, each tries again for itself."""
        batch = list(self._waiting)
        try:
            self._rt.db.transact_first(_store, [one.what for one in batch])
        except Exception:
            self._waiting.remove(mine)
            if len(batch) == 1:
                raise
            self._rt.db.transact_first(_store, [mine.what])
            return
        for one in batch:
            one.stored = True
            self._waiting.popleft()

    def _some_reports(self) -> bool:
        return apply_reports(self._rt, open_ids(self._rt, CarrierEvent)) >= REPORTS_AT_ONCE

    def _some_texts(self) -> bool:
        # A key is acted on by the call in which it was pressed; what that leaves, a tick takes.
        ids = open_ids(self._rt, InboundText, most=TEXTS_AT_ONCE, keys=False)
        return understand(self._rt, ids) >= TEXTS_AT_ONCE


class _Lead:
    """Of all who come to work, one works, a piece at a time; a piece tells whether there is more."""

    def __init__(self, piece: Callable[[], bool]) -> None:
        self._piece = piece
        self._leading = threading.Lock()
        self._more = threading.Event()

    @property
    def asked(self) -> bool:
        return self._more.is_set()

    def ask(self) -> None:
        self._more.set()

    def work(self, longest: float) -> None:
        """While somebody has asked for it, and for `longest` seconds at most."""
        ends = time.monotonic() + longest
        # Asked again after the lock is free: somebody may have come just as we were leaving.
        while self._more.is_set() and time.monotonic() < ends and self._leading.acquire(blocking=False):
            try:
                self._more.clear()
                if self._piece():
                    self._more.set()
            finally:
                self._leading.release()


def understand(rt: Runtime, text_ids: Sequence[str]) -> int:
    """Act on stored texts in one transaction, or one by one if that cannot be; returns how many."""
    if len(text_ids) > 1:
        try:
            return len(rt.db.transact(incoming.understand_many, text_ids))
        except Exception:
            log.exception("messaging.texts_failed", count=len(text_ids))
    return sum(try_one(rt, incoming.understand, one) for one in text_ids)


def _store(uow: UnitOfWork, arrived: Sequence[Report | Text]) -> None:
    reports.store(uow, [one for one in arrived if isinstance(one, Report)])
    for text in arrived:
        if isinstance(text, Text):
            incoming.keep(uow, text)


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
    rt: Runtime,
    model: type[CarrierEvent | InboundText],
    before: datetime | None = None,
    most: int = REPORTS_AT_ONCE,
    *,
    keys: bool = True,
) -> list[str]:
    """What was stored (at or before a moment) and not worked off yet, oldest first."""
    query = sa.select(model.id).where(model.processed_at.is_(None))
    if not keys:
        query = query.where(InboundText.channel == Channel.SMS)
    if before is not None:
        query = query.where(model.received_at <= before)
    with rt.db.read() as session:
        return list(session.scalars(query.order_by(model.received_at, model.id).limit(most)))


def try_one(rt: Runtime, action: Callable[[UnitOfWork, Any], object], what: Any) -> bool:
    """Run one action in its own transaction; its failure is logged and stops nothing else."""
    try:
        return bool(rt.db.transact(action, what))
    except Exception:
        log.exception("messaging.left_for_later")
        return False
