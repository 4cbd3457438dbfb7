"""Asking the carrier about texts it has been silent about."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from app.core.db import UnitOfWork
from app.messaging.actions.sending import Outcome, record
from app.messaging.actions.settling import Settling, take_texts
from app.messaging.carriers import Ambiguous
from app.messaging.channels import Channel
from app.messaging.models import Attempt, Intent
from app.messaging.retries import next_look
from app.messaging.states import AttemptState

AGAIN = timedelta(seconds=30)
GIVE_UP = timedelta(hours=1)
LAPSED = Ambiguous("The sender stopped before it recorded an answer.")


@dataclass(frozen=True)
class Look:
    """An attempt to ask about: `find` when nobody knows whether the carrier took it, else its status."""

    attempt_id: str
    find: bool
    to: str
    reference: str
    since: datetime
    carrier_id: str | None
    known: tuple[str, ...]
    channel: Channel


def lapse(uow: UnitOfWork, attempt_ids: Collection[str]) -> int:
    """Leases have run out: nobody knows whether the carrier was called. Returns how many were in flight."""
    return record(uow, [Outcome(attempt_id, LAPSED) for attempt_id in attempt_ids])


def take_looks(uow: UnitOfWork, *, carriers: Mapping[Channel, str], most: int) -> list[Look]:
    """Take up to `most` attempts whose time to be asked about has come; nobody else gets them for a while."""
    by_these = [
        sa.and_(Intent.channel == channel, Attempt.carrier == name) for channel, name in carriers.items()
    ]
    due = (
        sa.select(Attempt.id)
        .join(Intent, Intent.id == Attempt.intent_id)
        .where(
            Attempt.look_at.is_not(None),
            Attempt.look_at <= uow.now,
            Attempt.state.in_((AttemptState.UNKNOWN, AttemptState.ACCEPTED)),
            sa.or_(*by_these),
        )
        .order_by(Attempt.look_at)
        .limit(most)
        .with_for_update(of=Attempt, skip_locked=True)
    )
    ids = list(uow.session.scalars(due))
    if not ids:
        return []
    uow.session.execute(sa.update(Attempt).where(Attempt.id.in_(ids)).values(look_at=uow.now + AGAIN))
    rows = uow.session.execute(
        sa.select(Attempt, Intent).join(Intent, Intent.id == Attempt.intent_id).where(Attempt.id.in_(ids))
    )
    return [_look(uow, attempt, intent) for attempt, intent in rows]


def not_found(uow: UnitOfWork, attempt_id: str) -> None:
    """The carrier does not know of this attempt."""
    settling = Settling(uow)
    for text in take_texts(uow, [attempt_id]).values():
        settling.not_found(text)
    settling.finish()


def not_asked(uow: UnitOfWork, attempt_id: str) -> None:
    """The carrier could not be asked: again later, but not for ever (promise I2)."""
    settling = Settling(uow)
    for text in take_texts(uow, [attempt_id]).values():
        attempt, _ = text
        if attempt.state is AttemptState.UNKNOWN and uow.now - attempt.started_at >= GIVE_UP:
            settling.never_known(text)
    settling.finish()


def no_news(uow: UnitOfWork, attempt_id: str) -> None:
    """The carrier has nothing new to say: ask again, or take it that no more will be heard."""
    settling = Settling(uow)
    for text in take_texts(uow, [attempt_id]).values():
        attempt, intent = text
        if attempt.look_at is None:
            continue  # a report came meanwhile
        attempt.look_at = next_look(attempt.status, attempt.started_at, intent.expires_at, uow.now)
        if attempt.look_at is None:
            settling.unconfirmed(text)
    settling.finish()


def _look(uow: UnitOfWork, attempt: Attempt, intent: Intent) -> Look:
    others = sa.select(Attempt.carrier_id).where(
        Attempt.intent_id == intent.id, Attempt.carrier_id.is_not(None), Attempt.id != attempt.id
    )
    known = tuple(carrier_id for carrier_id in uow.session.scalars(others) if carrier_id)
    unknown = attempt.state is AttemptState.UNKNOWN
    return Look(
        attempt.id,
        unknown,
        intent.to,
        intent.reference,
        attempt.started_at,
        attempt.carrier_id,
        known,
        intent.channel,
    )
