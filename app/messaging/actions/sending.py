"""Taking texts in hand, and recording what the carrier answered. In between nothing is open."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from app.core.db import UnitOfWork
from app.core.insert import insert_once
from app.messaging.actions.intents import OPTED_OUT
from app.messaging.actions.reports import Report, store
from app.messaging.actions.settling import TOO_LATE, Settling, Text, Word, take_texts
from app.messaging.carriers import Accepted, Refused, Result
from app.messaging.carriers.errors import ErrorClass
from app.messaging.channels import Channel
from app.messaging.models import Attempt, Intent, SenderPace
from app.messaging.pace import room
from app.messaging.retries import LEASE
from app.messaging.segments import segments
from app.messaging.states import AttemptState, IntentState
from app.staffing.models import ContactMethod

PENDING: sa.ColumnElement[str] = sa.literal_column("'pending'")  # so that the partial index is used


@dataclass(frozen=True)
class Claim:
    """A message in a sender's hand. `withheld` says why it is not to be sent after all (promise I4)."""

    attempt_id: str
    to: str
    body: str
    reference: str
    expires_at: datetime | None
    withheld: Refused | None
    title: str | None = None
    sender: str | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of a claim."""

    attempt_id: str
    result: Result
    withheld: bool = False


def claim(
    uow: UnitOfWork,
    *,
    worker: str,
    carrier: str,
    most: int,
    rate: int = 0,
    channel: Channel = Channel.SMS,
) -> list[Claim]:
    """Take up to `most` messages of one channel that are due, in order of their turn, for LEASE; nobody else gets
    them.

    worker   who takes them; carrier, the name of the one that will be called.
    rate     segments a second over all processes; 0 is no limit.
    """
    rows = _due(uow, channel, most)
    if rate and rows:
        rows = rows[: _room(uow, carrier, rate, rows)]
    if not rows:
        return []
    ids = [row.id for row in rows]
    uow.session.execute(
        sa.update(Intent)
        .where(Intent.id.in_(ids))
        .values(state=IntentState.CLAIMED, tries=Intent.tries + 1, changed_at=uow.now)
        .execution_options(synchronize_session=False)
    )
    repeated = _after_ambiguity(uow, [row.id for row in rows if row.tries])
    attempts = [
        {
            "id": uow.new_id(),
            "intent_id": row.id,
            "n": row.tries + 1,
            "state": AttemptState.IN_FLIGHT,
            "extra": row.id in repeated,
            "claimed_by": worker,
            "look_at": uow.now + LEASE,
            "carrier": carrier,
            "started_at": uow.now,
        }
        for row in rows
    ]
    uow.session.execute(sa.insert(Attempt), attempts)
    return [
        Claim(
            str(attempt["id"]),
            row.to,
            row.body,
            row.reference,
            row.expires_at,
            _withheld(row, uow.now),
            row.title,
        )
        for attempt, row in zip(attempts, rows, strict=True)
    ]


def record(uow: UnitOfWork, outcomes: Sequence[Outcome]) -> int:
    """Record many outcomes in one transaction; returns how many were still awaited.

    Of an attempt that is no longer in flight (its lease ran out, or a callback came first) only news are
    taken: that the carrier has it.
    """
    texts = take_texts(uow, [outcome.attempt_id for outcome in outcomes])
    settling = Settling(uow)
    awaited = 0
    for outcome in outcomes:
        text = texts[outcome.attempt_id]
        if text[0].state is AttemptState.IN_FLIGHT:
            settling.result(text, outcome.result, withheld=outcome.withheld)
            awaited += 1
        elif isinstance(outcome.result, Accepted):
            _late_answer(uow, settling, text, outcome.result)
    settling.finish()
    return awaited


def _late_answer(uow: UnitOfWork, settling: Settling, text: Text, answer: Accepted) -> None:
    report = Report(text[0].id, "answer", answer.carrier_id, answer.status.value)
    store(uow, [report], processed=True)
    settling.word(text, Word(answer.carrier_id, answer.status.value))


def _due(uow: UnitOfWork, channel: Channel, most: int) -> list[Any]:
    query = (
        sa.select(
            Intent.id,
            Intent.tries,
            Intent.to,
            Intent.body,
            Intent.title,
            Intent.reference,
            Intent.expires_at,
            Intent.contact_id,
            Intent.person_id,
            ContactMethod.opted_out_at,
        )
        .outerjoin(ContactMethod, ContactMethod.id == Intent.contact_id)
        .where(Intent.state == PENDING, Intent.channel == channel, Intent.due_at <= uow.now)
        .order_by(Intent.turn_at, Intent.id)
        .limit(most)
        .with_for_update(of=Intent, skip_locked=True)
    )
    return list(uow.session.execute(query))


def _withheld(row: Any, now: datetime) -> Refused | None:
    if row.contact_id is None and row.person_id is not None:
        return Refused(None, ErrorClass.FIX_CONTACT, "This number was removed from the roster.")
    if row.opted_out_at is not None:
        return Refused(None, ErrorClass.OPTED_OUT, OPTED_OUT)
    if row.expires_at is not None and row.expires_at <= now:
        return Refused(None, ErrorClass.EXPIRED, TOO_LATE)
    return None


def _room(uow: UnitOfWork, sender: str, rate: int, rows: list[Any]) -> int:
    """Pass the sender's bucket, whose row is locked until the commit: over all processes one at a time."""
    insert_once(uow.session, SenderPace, [{"sender": sender, "free_at": uow.now}])
    pace = sa.select(SenderPace.free_at).where(SenderPace.sender == sender).with_for_update()
    count, free_at = room(
        [segments(row.body).count for row in rows], rate, uow.session.scalars(pace).one(), uow.now
    )
    uow.session.execute(sa.update(SenderPace).where(SenderPace.sender == sender).values(free_at=free_at))
    return count


def _after_ambiguity(uow: UnitOfWork, intent_ids: Collection[str]) -> set[str]:
    """The texts whose last try was ambiguous and not found at the carrier: they may arrive twice."""
    if not intent_ids:
        return set()
    last = sa.select(Attempt.intent_id).join(Intent, Intent.id == Attempt.intent_id)
    not_found = last.where(
        Attempt.intent_id.in_(intent_ids),
        Attempt.n == Intent.tries - 1,
        Attempt.state == AttemptState.NOT_FOUND,
    )
    return set(uow.session.scalars(not_found))
