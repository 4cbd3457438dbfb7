"""Messages of visits that ended long ago are let go; what they made of the visit stays."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from app.census.actions.feed import lock_feed
from app.census.actions.folding import chunks
from app.census.models import AdtEvent, AdtVisit
from app.census.visits import State
from app.core.db import UnitOfWork

KEPT_FOR = timedelta(days=90)
"""Corrections, merges and late messages come while an account is still open; a quarter is when hospitals have
closed theirs. What comes later for such a visit is answered and kept as matching nothing, with the reason."""

MOST_VISITS = 500
MOST_LOOSE = 2_000
_LIVING = (State.REGISTERED, State.IN_HOUSE, State.ON_LEAVE, State.EXPECTED)


def prune(uow: UnitOfWork, facility_id: str) -> int:
    """Let go of a bounded number of old events of a hospital; returns how many. 0: nothing is left to do.

    The visit's own row stays, with up to when its events reached: a message delivered again does not bring a
    patient back, and today's counts are made of later events.
    """
    before = uow.now - KEPT_FOR
    lock_feed(uow, facility_id)
    families = _old_families(uow, facility_id, before)
    gone = 0
    for some in chunks(sorted(families)):
        visits = uow.session.scalars(
            sa.select(AdtVisit.visit).where(AdtVisit.facility_id == facility_id, AdtVisit.family.in_(some))
        ).all()
        for few in chunks(visits):
            gone += _let_go(uow, AdtEvent.facility_id == facility_id, AdtEvent.visit.in_(few))
        uow.session.execute(
            sa.update(AdtVisit)
            .where(AdtVisit.facility_id == facility_id, AdtVisit.family.in_(some))
            .values(pruned_until=before)
        )
    return gone + _prune_loose(uow, facility_id, before)


def _old_families(uow: UnitOfWork, facility_id: str, before: datetime) -> set[str]:
    """Families of which every visit has ended and every message is old, the oldest first."""
    other = aliased(AdtVisit)
    living = sa.exists().where(
        other.facility_id == AdtVisit.facility_id,
        other.family == AdtVisit.family,
        sa.or_(other.state.in_(_LIVING), other.ended_at >= before),
    )
    member = aliased(AdtVisit)
    recent = sa.exists().where(
        member.facility_id == AdtVisit.facility_id,
        member.family == AdtVisit.family,
        AdtEvent.facility_id == member.facility_id,
        AdtEvent.visit == member.visit,
        sa.or_(AdtEvent.at >= before, AdtEvent.received_at >= before),
    )
    query = (
        sa.select(AdtVisit.family)
        .where(
            AdtVisit.facility_id == facility_id,
            AdtVisit.ended_at < before,
            AdtVisit.pruned_until.is_(None),
            ~living,
            ~recent,
        )
        .order_by(AdtVisit.ended_at, AdtVisit.visit)
        .limit(MOST_VISITS)
    )
    return set(uow.session.scalars(query))


def _prune_loose(uow: UnitOfWork, facility_id: str, before: datetime) -> int:
    """Messages of no visit (updates, bed status): delivered again, they change nothing either."""
    old = (
        sa.select(AdtEvent.ident)
        .where(
            AdtEvent.facility_id == facility_id,
            AdtEvent.visit.is_(None),
            AdtEvent.at < before,
            AdtEvent.received_at < before,
        )
        .limit(MOST_LOOSE)
    )
    return sum(_let_go(uow, AdtEvent.ident.in_(some)) for some in chunks(uow.session.scalars(old).all()))


def _let_go(uow: UnitOfWork, *where: sa.ColumnElement[bool]) -> int:
    return cast(sa.CursorResult[Any], uow.session.execute(sa.delete(AdtEvent).where(*where))).rowcount
