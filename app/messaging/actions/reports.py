"""What the carrier says about texts it has: stored as it comes, then applied (promises I5 and I9)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from app.core.db import UnitOfWork
from app.core.insert import insert_once
from app.messaging.actions.settling import Settling, Word, take_texts
from app.messaging.models import CarrierEvent


@dataclass(frozen=True)
class Report:
    """One report.

    attempt_id  as it came in the callback address; need not be one of ours.
    source      callback, answer, found or asked.
    token       the carrier's own mark of this report, the same when it is posted again.
    """

    attempt_id: str
    source: str
    carrier_id: str
    status: str
    error_code: int | None = None
    token: str | None = None

    @property
    def dedupe(self) -> str:
        if self.token:
            return f"token:{self.token}"[:200]
        return f"{self.source}:{self.carrier_id}:{self.status}:{self.error_code or ''}"[:200]


def store(uow: UnitOfWork, reports: Sequence[Report], *, processed: bool = False) -> int:
    """Keep reports, and return how many were not here before."""
    return insert_once(uow.session, CarrierEvent, [_row(uow, report, processed) for report in reports])


def apply(uow: UnitOfWork, event_ids: Collection[str]) -> int:
    """Apply stored reports, each once; returns how many. One about an unknown text changes nothing."""
    open_events = (
        sa.select(CarrierEvent)
        .where(CarrierEvent.id.in_(event_ids), CarrierEvent.processed_at.is_(None))
        .order_by(CarrierEvent.received_at, CarrierEvent.id)
        .with_for_update(skip_locked=True)
    )
    events = list(uow.session.scalars(open_events))
    texts = take_texts(uow, {event.attempt_id for event in events})
    settling = Settling(uow)
    for event in events:
        event.processed_at = uow.now
        if (text := texts.get(event.attempt_id)) is not None:
            settling.word(text, Word(event.carrier_id, event.status, event.error_code))
    settling.finish()
    return len(events)


def _row(uow: UnitOfWork, report: Report, processed: bool) -> dict[str, Any]:
    return {
        "id": uow.new_id(),
        "dedupe": report.dedupe,
        "attempt_id": report.attempt_id[:36],
        "source": report.source,
        "carrier_id": report.carrier_id[:80],
        "status": report.status[:80],
        "error_code": report.error_code,
        "received_at": uow.now,
        "processed_at": uow.now if processed else None,
    }
