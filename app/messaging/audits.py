"""Messages that wait too long, and words from carriers and phones that nobody has worked off."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.messaging.actions.looks import GIVE_UP
from app.messaging.channels import Channel
from app.messaging.models import CarrierEvent, InboundText, Intent, SenderState
from app.messaging.pace import is_spent
from app.messaging.queries import senders
from app.messaging.retries import LEASE
from app.messaging.states import IntentState
from app.messaging.texts import mark
from app.watchdog.registry import Offence, audits

LATE_AFTER = (timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=5))
"""How long past its time a message of lane 0, 1, and 2 and above may wait while its sender has room."""

LATE_WHEN_BUSY = timedelta(hours=1)
"""The same while senders send as fast as they may: 1,200 texts of two segments take a long code 40 minutes."""

BUSY_WITHIN = timedelta(seconds=5)
GRACE = timedelta(minutes=1)
LONGEST_QUEUE = timedelta(hours=10)  # of a carrier, as in `retries`
LAST_LOOK = timedelta(minutes=30)
WORKED_OFF_WITHIN = timedelta(minutes=1)
_OTHER_OPEN = (IntentState.CLAIMED, IntentState.UNKNOWN, IntentState.SENT)


@dataclass(frozen=True)
class OpenMessage:
    """A message that has not ended. `busy`: its channel's senders run at their limit."""

    id: str
    channel: Channel
    state: IntentState
    lane: int
    due_at: datetime
    expires_at: datetime | None
    changed_at: datetime
    sent_at: datetime | None
    busy: bool = False


def bound_of(message: OpenMessage) -> tuple[datetime, str] | None:
    """Until when a message may be as it is, and what is wrong afterwards; None when it may stay for ever."""
    if message.state is IntentState.PENDING:
        waits = LATE_WHEN_BUSY if message.busy else LATE_AFTER[min(message.lane, len(LATE_AFTER) - 1)]
        until = message.due_at + waits
        if message.expires_at is not None:
            until = min(until, max(message.expires_at, message.due_at) + GRACE)
        return until, "waits to be sent"
    if message.state is IntentState.CLAIMED:
        return message.changed_at + LEASE + GRACE, "is in the hand of a sender that is gone"
    if message.state is IntentState.UNKNOWN:
        return message.changed_at + GIVE_UP + GRACE, "nobody has found out whether it was taken"
    if message.state is IntentState.SENT and message.channel in (Channel.SMS, Channel.VOICE):
        last = message.expires_at or (message.sent_at or message.changed_at) + LONGEST_QUEUE
        return max(last, message.changed_at) + LAST_LOOK, "was sent, and nobody has asked what became of it"
    return None


def judge_message(message: OpenMessage, now: datetime) -> Offence | None:
    bound = bound_of(message)
    if bound is None or now <= bound[0]:
        return None
    return Offence(message.id, bound[0], f"A message by {message.channel}, lane {message.lane}, {bound[1]}.")


@audits(
    "messages",
    label="messages",
    bound="sent within 1, 2 or 5 minutes by lane (an hour while senders run at their limit); then claimed, "
    "unknown or without news no longer than the sender itself allows",
    judge=judge_message,
)
def open_messages(session: Session, now: datetime) -> Iterable[OpenMessage]:
    columns = sa.select(
        Intent.id,
        Intent.channel,
        Intent.state,
        Intent.lane,
        Intent.due_at,
        Intent.expires_at,
        Intent.changed_at,
        Intent.sent_at,
    )
    busy = _busy(session, now)
    # As literals, so that the partial indexes are used.
    pending = columns.where(Intent.state == sa.literal_column("'pending'"), Intent.due_at <= now)
    others = sa.literal_column("intents.state").in_([sa.literal_column(f"'{s}'") for s in _OTHER_OPEN])
    for query in (pending, columns.where(others)):
        for row in session.execute(query):
            yield OpenMessage(*row, busy=row.channel in busy)


def _busy(session: Session, now: datetime) -> set[Channel]:
    """Channels that go as fast as they may: a sender that has just been used to its limit, and none that idles."""
    query = sa.select(SenderState.channel).where(
        SenderState.active, SenderState.rate > 0, SenderState.free_at > now - BUSY_WITHIN
    )
    return set(session.scalars(query))


def judge_sender(state: SenderState, now: datetime) -> Offence | None:
    """A sender that takes nothing for now: what should go by it waits, or takes another way."""
    name = f"A sender for {state.channel.value} ({state.kind.replace('_', ' ')})"
    if state.stopped_since is not None:
        return Offence(_key(state), state.stopped_since, f"{name} has stopped: {state.reason or 'refused'}")
    if is_spent(state, now):
        return Offence(_key(state), now, f"{name} has used up its day: {state.reason or 'its daily cap.'}")
    return None


def _key(state: SenderState) -> str:
    """Names a sender without its number."""
    return f"{state.channel.value}:{mark(state.sender)}"


@audits("senders", label="senders", bound="open, and with something left of the day", judge=judge_sender)
def used_senders(session: Session, _now: datetime) -> Iterable[SenderState]:
    return senders(session)


def judge_stored(row: Any, now: datetime) -> Offence | None:
    """Something stored from outside: (id, received_at, what it is)."""
    until = row.received_at + WORKED_OFF_WITHIN
    return Offence(row.id, until, f"{row.what} was stored and not worked off.") if now > until else None


def _stored(session: Session, model: type[CarrierEvent | InboundText], what: str) -> Iterable[Any]:
    query = sa.select(model.id, model.received_at, sa.literal(what).label("what"))
    return session.execute(query.where(model.processed_at.is_(None)))


@audits("reports", label="carrier reports", bound="worked off within a minute", judge=judge_stored)
def open_reports(session: Session, _now: datetime) -> Iterable[Any]:
    return _stored(session, CarrierEvent, "A carrier's report")


@audits("inbound", label="texts from phones", bound="worked off within a minute", judge=judge_stored)
def open_inbound(session: Session, _now: datetime) -> Iterable[Any]:
    return _stored(session, InboundText, "A text from a phone")
