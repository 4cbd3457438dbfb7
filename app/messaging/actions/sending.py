"""Taking messages in hand, each for one sender, and recording what the carrier answered. In between nothing is open."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.db import UnitOfWork
from app.messaging import pace
from app.messaging.actions.intents import OPTED_OUT
from app.messaging.actions.reports import Report, store
from app.messaging.actions.senders import register
from app.messaging.actions.settling import BY_ANOTHER, TOO_LATE, Settling, Text, Word, take_texts
from app.messaging.carriers import Accepted, Refused, Result
from app.messaging.carriers.errors import ErrorClass
from app.messaging.channels import Channel
from app.messaging.models import Attempt, Intent, SenderState
from app.messaging.optouts import closed, is_closed
from app.messaging.retries import LEASE, LONGEST_WAIT
from app.messaging.segments import segments
from app.messaging.senders import Sender, SenderKind
from app.messaging.states import AttemptState, IntentState

PENDING: sa.ColumnElement[str] = sa.literal_column("'pending'")  # so that the partial index is used
STEP_ASIDE = timedelta(seconds=2)
_PLURAL = {Channel.SMS: "texts", Channel.VOICE: "calls", Channel.EMAIL: "mails", Channel.WEBHOOK: "posts"}


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
    senders: Sequence[Sender],
    most: int,
    channel: Channel = Channel.SMS,
) -> list[Claim]:
    """Take up to `most` messages of a channel that are due, in order of their turn, for LEASE; nobody else gets them.

    worker   who takes them; carrier, the name of the one that will be called.
    senders  those of the channel. Each message gets one that may write to its address and has room, over all
             processes; what finds none goes on waiting, or is withheld when none can ever take it.
    """
    states = _states(uow, channel, senders)
    rows = _due(uow, channel, most, only_late=bool(states) and not _any_can(states, uow.now))
    if not rows:
        return []
    placing = _Placing(uow, channel, [row for row in rows if row.tries], {row.to for row in rows})
    placed = [(row, *placing.place(row)) for row in rows]
    taken = [(row, sender, held) for row, sender, held in placed if sender or held]
    return _take(uow, worker, carrier, taken)


def is_due(session: Session, channel: Channel, now: datetime) -> bool:
    """Whether a claim could find anything; costs next to nothing."""
    query = sa.select(Intent.id).where(
        Intent.state == PENDING, Intent.channel == channel, Intent.due_at <= now
    )
    return session.scalar(query.limit(1)) is not None


def room_at(session: Session, channel: Channel, now: datetime) -> datetime:
    """When the first of the channel's senders takes another message."""
    states = session.scalars(sa.select(SenderState).where(SenderState.channel == channel, SenderState.active))
    return min((pace.room_at(one, now) for one in states), default=now)


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


class _Placing:
    """Gives messages to senders, whose rows it holds until the commit: over all processes one at a time."""

    def __init__(self, uow: UnitOfWork, channel: Channel, again: Sequence[Any], addresses: set[str]) -> None:
        self._uow = uow
        self._channel = channel
        query = _active(channel).with_for_update().execution_options(populate_existing=True)
        self._states = list(uow.session.scalars(query))
        self._closed = closed(uow.session, addresses, channel)
        self._refused = _refused_before(uow, [row.id for row in again])

    def place(self, row: Any) -> tuple[SenderState | None, Refused | None]:
        """The sender that takes it, or why it is not to be sent; neither, when it has to wait."""
        now = self._uow.now
        if (held := _withheld(row, now)) is not None:
            return None, held
        stopped = self._closed.get(row.to, set())
        open_ = [one for one in self._states if not is_closed(stopped, [one.sender])]
        able = [one for one in open_ if (row.id, one.sender) not in self._refused]
        if not able:
            return None, self._nobody(open_)
        if all(one.stopped_since is None and pace.is_spent(one, now) for one in able):
            return None, Refused(None, ErrorClass.DAILY_CAP, "What may be sent in a day is used up.")
        sender = pace.choose(row.to, able, now)
        if sender is not None:
            size = segments(row.body).count if self._channel is Channel.SMS else 1
            pace.take(sender, size, now)
        elif any(pace.has_room(one, now) for one in self._states):
            self._later(row)
        return sender, None

    def _nobody(self, open_: Sequence[SenderState]) -> Refused:
        if not self._states:
            return Refused(
                None, ErrorClass.CONFIGURATION, f"No sender is set up for {_PLURAL[self._channel]}."
            )
        if not open_:
            return Refused(None, ErrorClass.OPTED_OUT, OPTED_OUT)
        return Refused(None, ErrorClass.FILTERED, "No sender is left that was not refused.")

    def _later(self, row: Any) -> None:
        """It waits for one sender while others have room: it must not stand in the way of what they could take."""
        later = sa.update(Intent).where(Intent.id == row.id).values(due_at=self._uow.now + STEP_ASIDE)
        self._uow.session.execute(later)


def _take(
    uow: UnitOfWork,
    worker: str,
    carrier: str,
    taken: Sequence[tuple[Any, SenderState | None, Refused | None]],
) -> list[Claim]:
    if not taken:
        return []
    uow.session.execute(
        sa.update(Intent)
        .where(Intent.id.in_([row.id for row, _, _ in taken]))
        .values(state=IntentState.CLAIMED, tries=Intent.tries + 1, changed_at=uow.now)
        .execution_options(synchronize_session=False)
    )
    repeated = _after_ambiguity(uow, [row.id for row, _, _ in taken if row.tries])
    attempts = [
        {
            "id": uow.new_id(),
            "intent_id": row.id,
            "n": row.tries + 1,
            "state": AttemptState.IN_FLIGHT,
            "extra": row.id in repeated and held is None,
            "claimed_by": worker,
            "look_at": uow.now + LEASE,
            "carrier": carrier,
            "sender": sender.sender if sender else None,
            "started_at": uow.now,
        }
        for row, sender, held in taken
    ]
    uow.session.execute(sa.insert(Attempt), attempts)
    return [
        Claim(
            attempt_id=str(attempt["id"]),
            to=row.to,
            body=row.body,
            reference=row.reference,
            expires_at=row.expires_at,
            withheld=held,
            title=row.title,
            sender=sender.sender if sender and sender.kind != SenderKind.SIMULATED else None,
        )
        for attempt, (row, sender, held) in zip(attempts, taken, strict=True)
    ]


def _active(channel: Channel) -> sa.Select[SenderState]:
    active = sa.select(SenderState).where(SenderState.channel == channel, SenderState.active)
    return active.order_by(SenderState.sender)


def _states(uow: UnitOfWork, channel: Channel, senders: Sequence[Sender]) -> list[SenderState]:
    """As they stand, made to fit the settings if they do not."""
    found = list(uow.session.scalars(_active(channel)))
    told = {(one.address, one.rate, one.daily_cap) for one in senders}
    if told != {(one.sender, one.rate, one.daily_cap) for one in found}:
        register(uow, channel, senders)
        found = list(uow.session.scalars(_active(channel).execution_options(populate_existing=True)))
    return found


def _any_can(states: Sequence[SenderState], now: datetime) -> bool:
    """Whether any has room; or none will have, so that what waits for them is to be told."""
    spent = all(one.stopped_since is None and pace.is_spent(one, now) for one in states)
    return spent or any(pace.has_room(one, now) for one in states)


def _due(uow: UnitOfWork, channel: Channel, most: int, *, only_late: bool) -> list[Any]:
    query = (
        sa.select(
            Intent.id,
            Intent.tries,
            Intent.to,
            Intent.body,
            Intent.title,
            Intent.reference,
            Intent.turn_at,
            Intent.expires_at,
            Intent.contact_id,
            Intent.person_id,
        )
        .where(Intent.state == PENDING, Intent.channel == channel, Intent.due_at <= uow.now)
        .order_by(Intent.turn_at, Intent.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    if only_late:
        query = query.where(sa.or_(Intent.expires_at <= uow.now, Intent.turn_at <= uow.now - LONGEST_WAIT))
    return list(uow.session.execute(query))


def _withheld(row: Any, now: datetime) -> Refused | None:
    if row.contact_id is None and row.person_id is not None:
        return Refused(None, ErrorClass.FIX_CONTACT, "This number was removed from the roster.")
    until = row.expires_at or row.turn_at + LONGEST_WAIT
    if until <= now:
        return Refused(None, ErrorClass.EXPIRED, TOO_LATE)
    return None


def _refused_before(uow: UnitOfWork, intent_ids: Collection[str]) -> set[tuple[str, str | None]]:
    """(message, sender) where that sender was refused for what it is: the same message goes by another."""
    if not intent_ids:
        return set()
    query = sa.select(Attempt.intent_id, Attempt.sender).where(
        Attempt.intent_id.in_(intent_ids), Attempt.error_class.in_(BY_ANOTHER)
    )
    return {(row.intent_id, row.sender) for row in uow.session.execute(query)}


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
