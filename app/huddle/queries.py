"""Reading what is carried over and the sheets that were kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, defer

from app.core.errors import NotFound
from app.huddle.models import HuddleItem, HuddleSheet


def open_items(session: Session, facility_id: str) -> Sequence[HuddleItem]:
    """What is not done, the next due first."""
    query = sa.select(HuddleItem).where(HuddleItem.facility_id == facility_id, HuddleItem.done_at.is_(None))
    return session.scalars(query.order_by(HuddleItem.due_at, HuddleItem.id)).all()


def done_since(session: Session, facility_id: str, since: datetime) -> Sequence[HuddleItem]:
    query = sa.select(HuddleItem).where(HuddleItem.facility_id == facility_id, HuddleItem.done_at > since)
    return session.scalars(query.order_by(HuddleItem.done_at, HuddleItem.id)).all()


def sheets(session: Session, facility_id: str, most: int, skip: int = 0) -> Sequence[HuddleSheet]:
    """The newest first, without what stands on them."""
    query = sa.select(HuddleSheet).where(HuddleSheet.facility_id == facility_id)
    order = (HuddleSheet.held_at.desc(), HuddleSheet.id.desc())
    return session.scalars(
        query.order_by(*order).limit(most).offset(skip).options(defer(HuddleSheet.sheet))
    ).all()


def sheet_count(session: Session, facility_id: str) -> int:
    query = sa.select(sa.func.count()).select_from(HuddleSheet).where(HuddleSheet.facility_id == facility_id)
    return session.scalar(query) or 0


def last_sheet(session: Session, facility_id: str, *, before_day: str | None = None) -> HuddleSheet | None:
    """The newest, or the newest of an earlier day."""
    query = sa.select(HuddleSheet).where(HuddleSheet.facility_id == facility_id)
    if before_day is not None:
        query = query.where(HuddleSheet.day < before_day)
    return session.scalar(query.order_by(HuddleSheet.held_at.desc(), HuddleSheet.id.desc()).limit(1))


def sheet_before(session: Session, found: HuddleSheet) -> HuddleSheet | None:
    query = sa.select(HuddleSheet).where(
        HuddleSheet.facility_id == found.facility_id, HuddleSheet.held_at < found.held_at
    )
    return session.scalar(query.order_by(HuddleSheet.held_at.desc()).limit(1))


def sheet(session: Session, sheet_id: str) -> HuddleSheet:
    """Raises NotFound."""
    found = session.get(HuddleSheet, sheet_id)
    if found is None:
        raise NotFound("There is no such huddle.")
    return found


def item(session: Session, item_id: str) -> HuddleItem:
    """Raises NotFound."""
    found = session.get(HuddleItem, item_id)
    if found is None:
        raise NotFound("There is no such item.")
    return found
