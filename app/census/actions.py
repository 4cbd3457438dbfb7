"""Taking messages in, saying which unit a location is, and having looked at what was refused."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from app.census.folding import chunks, refold
from app.census.models import AdtBed, AdtDay, AdtEvent, AdtFeed, AdtLocation, AdtRefusal
from app.census.reduce import Reduced, Refused
from app.census.rules import Event
from app.core.actor import Actor
from app.core.clock import local
from app.core.db import Base, UnitOfWork
from app.core.errors import Invalid, NotFound
from app.core.permissions import Permission
from app.facilities.models import Unit
from app.facilities.queries import facility


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
    feed = _lock_feed(uow, facility_id)
    batch = _without_known(uow, messages)
    uow.session.flush()
    if batch.fresh:
        uow.session.execute(
            sa.insert(AdtEvent), [row for m in batch.fresh for row in _rows(uow, facility_id, m)]
        )
    changed = refold(uow.session, facility_id, [e for m in batch.fresh for e in m.events])
    changed |= _note_beds(uow, facility_id, batch.fresh)
    newest = max((m.at for m in batch.fresh), default=None)
    feed.last_received_at = max(uow.now, feed.last_received_at or uow.now)
    feed.last_event_at = max((t for t in (newest, feed.last_event_at) if t is not None), default=None)
    _tally(
        uow,
        facility_id,
        messages=len(messages),
        duplicates=batch.outcomes.count(Outcome.DUPLICATE),
        refused=0,
    )
    if changed:
        feed.version += 1
        uow.announce("census", facility_id)
    return batch.outcomes


def keep_refused(uow: UnitOfWork, actor: Actor, facility_id: str | None, refusals: Sequence[Refused]) -> None:
    """Keep what was refused for a person to look at; the same again only counts up and is new again."""
    actor.require(Permission.READING_ENTER, facility_id)
    for refused in refusals:
        row = {
            "id": uow.new_id(),
            "dedupe": refused.dedupe,
            "facility_id": facility_id,
            "code": refused.code,
            "reason": refused.reason[:500],
            "control_id": refused.header.control_id[:199],
            "kind": f"{refused.header.type[:20]} {refused.header.event[:20]}".strip(),
            "kept": refused.kept,
            "times": 1,
            "first_at": uow.now,
            "last_at": uow.now,
        }
        again = {"times": AdtRefusal.times + 1, "last_at": uow.now, "seen_by": None, "seen_at": None}
        _upsert(uow, AdtRefusal, [row], ("dedupe",), again)
    if facility_id is not None and refusals:
        _tally(uow, facility_id, messages=len(refusals), duplicates=0, refused=len(refusals))


def map_location(
    uow: UnitOfWork,
    actor: Actor,
    facility_id: str,
    point_of_care: str,
    *,
    unit_id: str | None,
    left_out: bool,
) -> None:
    """Say that a point of care (PV1-3.1) is a unit, or has no beds to count; with neither, unsay it."""
    actor.require(Permission.POLICY_EDIT, facility_id)
    point_of_care = point_of_care.strip().upper()
    if not 1 <= len(point_of_care) <= 80:
        raise Invalid.field("point_of_care", "must have 1 to 80 characters, as in PV1-3")
    if unit_id is not None and left_out:
        raise Invalid.field("unit", "a location is either a unit or left out")
    if unit_id is not None:
        unit = uow.session.get(Unit, unit_id)
        if unit is None or unit.facility_id != facility_id:
            raise Invalid.field("unit", "must be a unit of this hospital")
    feed = _lock_feed(uow, facility_id)
    row = uow.session.get(AdtLocation, (facility_id, point_of_care))
    if unit_id is None and not left_out:
        if row is not None:
            uow.session.delete(row)
    else:
        values = {"unit_id": unit_id, "left_out": left_out, "changed_by": actor.name, "changed_at": uow.now}
        if row is None:
            uow.session.add(AdtLocation(facility_id=facility_id, point_of_care=point_of_care, **values))
        else:
            for name, value in values.items():
                setattr(row, name, value)
    feed.version += 1
    uow.announce("census", facility_id)


def mark_seen(uow: UnitOfWork, actor: Actor, refusal_id: str) -> AdtRefusal:
    """Somebody has looked at a refused message; it comes back when it is sent again."""
    refusal = uow.session.get(AdtRefusal, refusal_id)
    if refusal is None:
        raise NotFound("There is no such refused message.")
    actor.require(Permission.READING_ENTER, refusal.facility_id)
    if refusal.seen_at is None:
        refusal.seen_by, refusal.seen_at = actor.name, uow.now
    return refusal


def _lock_feed(uow: UnitOfWork, facility_id: str) -> AdtFeed:
    _upsert(uow, AdtFeed, [{"facility_id": facility_id, "version": 0}], ("facility_id",), None)
    query = sa.select(AdtFeed).where(AdtFeed.facility_id == facility_id).with_for_update()
    return uow.session.scalars(query.execution_options(populate_existing=True)).one()


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


def _tally(uow: UnitOfWork, facility_id: str, **counts: int) -> None:
    day = local(uow.now, facility(uow.session, facility_id).zone).date()
    more = {name: getattr(AdtDay, name) + n for name, n in counts.items()}
    _upsert(uow, AdtDay, [{"facility_id": facility_id, "day": day, **counts}], ("facility_id", "day"), more)


def _upsert(
    uow: UnitOfWork,
    table: type[Base],
    rows: list[dict[str, Any]],
    key: tuple[str, ...],
    changes: dict[str, Any] | None,
) -> None:
    dialect = sqlite if uow.session.get_bind().dialect.name == "sqlite" else postgresql
    insert = dialect.insert(table).values(rows)
    if changes is None:
        uow.session.execute(insert.on_conflict_do_nothing(index_elements=key))
    else:
        uow.session.execute(insert.on_conflict_do_update(index_elements=key, set_=changes))
