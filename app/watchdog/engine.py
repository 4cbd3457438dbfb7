"""Reading how the engine does: what waits in which lane, how fast each sender sends, what went wrong lately."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.ids import first_id
from app.messaging.carriers.errors import ErrorClass
from app.messaging.channels import Channel
from app.messaging.models import Attempt, Intent, SenderPace
from app.messaging.senders import Sender
from app.messaging.states import AttemptState, IntentState

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
EXERCISE_FROM = 4
LANES = {
    0: "answers and alarms",
    1: "questions",
    2: "notices",
    4: "exercise: answers",
    5: "exercise: questions",
    6: "exercise: notices",
    7: "quiet tests",
}
ERRORS = {
    ErrorClass.FIX_CONTACT: "the number or address is wrong",
    ErrorClass.OPTED_OUT: "the person has opted out",
    ErrorClass.CONFIGURATION: "our set-up at the carrier is wrong: somebody must act",
    ErrorClass.FILTERED: "the network takes it for spam: somebody must act",
    ErrorClass.RETRY_LATER: "the carrier asked us to slow down; tried again",
    ErrorClass.RETRY_LITTLE: "not reached; tried a little more",
    ErrorClass.EXPIRED: "too late to be of use",
    ErrorClass.DAILY_CAP: "a daily allowance is used up: somebody must act",
    ErrorClass.AMBIGUOUS: "unclear whether it was taken; asked before a second try",
}
MUST_ACT = (ErrorClass.CONFIGURATION, ErrorClass.FILTERED, ErrorClass.DAILY_CAP)


@dataclass(frozen=True)
class LaneLoad:
    """One lane of one channel: due now, to be sent later, in a sender's hand, unclear, and the oldest due."""

    channel: Channel
    lane: int
    due: int
    later: int
    in_hand: int
    unclear: int
    oldest: datetime | None

    @property
    def words(self) -> str:
        return LANES.get(self.lane, f"lane {self.lane}")


@dataclass(frozen=True)
class SenderRate:
    """What a sender handed over in the last minute, and what it may; `may` is None without a limit."""

    name: str
    channel: str
    kind: str
    last_minute: int
    may: float | None
    busy_until: datetime | None


def lanes(session: Session, now: datetime) -> list[LaneLoad]:
    due = sa.and_(Intent.state == sa.literal_column("'pending'"), Intent.due_at <= now)
    later = sa.and_(Intent.state == sa.literal_column("'pending'"), Intent.due_at > now)
    columns = (
        _sum(due),
        _sum(later),
        _sum(Intent.state == IntentState.CLAIMED),
        _sum(Intent.state == IntentState.UNKNOWN),
        sa.func.min(sa.case((due, Intent.due_at)), type_=Intent.due_at.type),
    )
    found: dict[tuple[Channel, int], list[Any]] = {}
    # Two questions, so that each can use its partial index.
    waiting = Intent.state == sa.literal_column("'pending'")
    in_hand = sa.literal_column("intents.state").in_([sa.literal_column(f"'{s}'") for s in _UNDER_WAY])
    for where in (waiting, sa.and_(in_hand, Intent.state != IntentState.SENT)):
        query = sa.select(Intent.channel, Intent.lane, *columns).where(where)
        for channel, lane, *values in session.execute(query.group_by(Intent.channel, Intent.lane)):
            held = found.setdefault((channel, lane), [0, 0, 0, 0, None])
            for place in range(4):
                held[place] += int(values[place] or 0)
            held[4] = held[4] or values[4]
    return [LaneLoad(channel, lane, *held) for (channel, lane), held in sorted(found.items())]


def rates(session: Session, senders: Sequence[Sender], now: datetime) -> list[SenderRate]:
    """Every sender there is, and every name that sent in the last minute."""
    name = sa.func.coalesce(Attempt.sender, Attempt.carrier)
    query = (
        sa.select(name, Intent.channel, sa.func.count())
        .join(Intent, Intent.id == Attempt.intent_id)
        .where(Attempt.id >= first_id(now - MINUTE), Attempt.state != AttemptState.WITHHELD)
        .group_by(name, Intent.channel)
    )
    sent = {(row[0], row[1]): row[2] for row in session.execute(query)}
    paces = {pace.sender: pace.free_at for pace in session.scalars(sa.select(SenderPace))}
    known = [
        SenderRate(
            shown(sender.address),
            sender.channel,
            sender.kind.replace("_", " "),
            sent.pop((sender.address, sender.channel), 0),
            sender.rate * 60 if sender.rate else None,
            paces.get(sender.address),
        )
        for sender in senders
    ]
    others = [
        SenderRate(shown(name), channel, "", count, None, paces.get(name))
        for (name, channel), count in sorted(sent.items())
    ]
    return known + others


def shown(address: str) -> str:
    """A sender as it may stand on a page: of a phone number its last two digits."""
    return f"number ending in {address[-2:]}" if address.startswith("+") else address


def errors(session: Session, now: datetime) -> list[tuple[str, str, int, bool]]:
    """Of the last hour, the most first: class, what it means, how many tries, and whether somebody must act."""
    query = (
        sa.select(Attempt.error_class, sa.func.count())
        .where(Attempt.id >= first_id(now - HOUR), Attempt.error_class.is_not(None))
        .group_by(Attempt.error_class)
    )
    rows = sorted(session.execute(query), key=lambda row: -row[1])
    return [(kind.replace("_", " "), ERRORS[kind], count, kind in MUST_ACT) for kind, count in rows if kind]


def ended(session: Session, now: datetime) -> list[tuple[str, int]]:
    """What became of the messages asked for in the last hour, by state."""
    query = sa.select(Intent.state, sa.func.count()).where(Intent.id >= first_id(now - HOUR))
    found = dict(session.execute(query.group_by(Intent.state)).all())
    return [(state.value, found[state]) for state in IntentState if state in found]


_UNDER_WAY = (IntentState.CLAIMED, IntentState.UNKNOWN, IntentState.SENT)


def _sum(what: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.sum(sa.case((what, 1), else_=0))
