"""Taking messages in: each once, in one transaction with what it makes of the visits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from app.census.actions.feed import count_messages, lock_feed
from app.census.actions.folding import chunks, refold
from app.census.models import AdtBed, AdtEvent
from app.census.reduce import Reduced
from app.census.visits import Event
from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.core.permissions import Permission


class Outcome(StrEnum):
    APPLIED = "applied"
    DUPLICATE = "duplicate"


@dataclass(frozen=True)
class _Batch:
    """The messages of one transaction that had not come before."""

    fresh: list[Reduced]
    outcomes: list[Outcome]


def take_in(uow: UnitOfWork, actor: Actor, facility_id: str, messages: Sequence[Reduced]) -> list[Outcome]:
    """Take messages into the census; one outcome for each. The same message again changes nothing.

    Deliveries for one hospital queue at its feed's row. Listeners of `census` hear of it when somebody's
    place has changed.
    """
    actor.require(Permission.READING_ENTER, facility_id)
    feed = lock_feed(uow, facility_id)
    batch = _without_known(uow, messages)
    uow.session.flush()
    if batch.fresh:
        rows = [row for message in batch.fresh for row in _rows(uow, facility_id, message)]
        uow.session.execute(sa.insert(AdtEvent).execution_options(render_nulls=True), rows)
    changed = refold(uow.session, facility_id, [e for m in batch.fresh for e in m.events])
    changed |= _note_beds(uow, facility_id, batch.fresh)
    newest = max((m.at for m in batch.fresh), default=None)
    feed.last_received_at = max(uow.now, feed.last_received_at or uow.now)
    feed.last_event_at = max((t for t in (newest, feed.last_event_at) if t is not None), default=None)
    repeated = batch.outcomes.count(Outcome.DUPLICATE)
    count_messages(uow, facility_id, messages=len(messages), duplicates=repeated)
    if changed:
        feed.version += 1
        uow.announce("census", facility_id)
    return batch.outcomes


def _without_known(uow: UnitOfWork, messages: Sequence[Reduced]) -> _Batch:
    idents = [f"{m.dedupe}0" for m in messages]
    known: set[str] = set()
    for some in chunks(idents):
        known.update(uow.session.scalars(sa.select(AdtEvent.ident).where(AdtEvent.ident.in_(some))))
    batch = _Batch([], [])
    for message, ident in zip(messages, idents, strict=True):
        if ident in known:
            batch.outcomes.append(Outcome.DUPLICATE)
            continue
        known.add(ident)
        batch.fresh.append(message)
        batch.outcomes.append(Outcome.APPLIED)
    return batch


def _rows(uow: UnitOfWork, facility_id: str, message: Reduced) -> Iterable[dict[str, Any]]:
    """A row for each visit, or one that only remembers the message."""
    common = {
        "facility_id": facility_id,
        "control_id": message.header.control_id,
        "kind": message.kind,
        "at": message.at,
        "sent_at": message.sent_at,
        "received_at": uow.now,
    }
    return [common | _of_visit(message, event) for event in message.events or (None,)]


def _of_visit(message: Reduced, event: Event | None) -> dict[str, Any]:
    place, prior = (event.place, event.prior) if event else (None, None)
    return {
        "ident": event.ident if event else f"{message.dedupe}0",
        "visit": event.visit if event else None,
        "absorbs": (event.absorbs or None) if event else None,
        "patient_class": event.patient_class if event else "",
        "point_of_care": place.point_of_care if place else None,
        "room": place.room if place else "",
        "bed": place.bed if place else "",
        "prior_point_of_care": prior.point_of_care if prior else None,
        "prior_room": prior.room if prior else "",
        "prior_bed": prior.bed if prior else "",
    }


def _note_beds(uow: UnitOfWork, facility_id: str, messages: Sequence[Reduced]) -> bool:
    """The newest status wins, by event time and not by arrival."""
    newest: dict[tuple[str, str, str], tuple[datetime, str, str]] = {}
    for message in messages:
        for bed in message.beds:
            key = (bed.place.point_of_care, bed.place.room, bed.place.bed)
            newest[key] = max(newest.get(key, (message.at, "", "")), (message.at, message.dedupe, bed.status))
    changed = False
    for key, (at, ident, status) in newest.items():
        row = uow.session.get(AdtBed, (facility_id, *key))
        if row is not None and (row.at, row.ident) >= (at, ident):
            continue
        names = dict(zip(("point_of_care", "room", "bed"), key, strict=True))
        uow.session.merge(AdtBed(facility_id=facility_id, **names, status=status, at=at, ident=ident))
        changed = True
    return changed
