"""Reading how the engine does: what waits in which lane, how fast each sender sends, what went wrong lately."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.ids import first_id
from app.messaging.carriers.errors import ErrorClass
from app.messaging.channels import Channel
from app.messaging.models import Attempt, Intent, SenderState
from app.messaging.queries import senders
from app.messaging.states import AttemptState, IntentState

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
EXERCISE_FROM = 4
LANES = {
    0: "answers and alarms",
    1: "questions",
    2: "notices",
    4: "exercise: answers",
    5: "exercise: questions",
    6: "exercise and roster: notices",
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

    state: SenderState
    name: str
    last_minute: int
    may: float | None

    @property
    def trouble(self) -> str | None:
        """Why it takes nothing for now."""
        if self.state.stopped_since is not None:
            return "stopped"
        return "resting" if self.state.rests_until is not None else None


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


def rates(session: Session, now: datetime) -> list[SenderRate]:
    """Every sender in use."""
    query = (
        sa.select(Intent.channel, Attempt.sender, sa.func.count())
        .join(Intent, Intent.id == Attempt.intent_id)
        .where(Attempt.id >= first_id(now - MINUTE), Attempt.state != AttemptState.WITHHELD)
        .group_by(Intent.channel, Attempt.sender)
    )
    sent = {(row[0], row[1]): row[2] for row in session.execute(query)}
    return [
        SenderRate(
            state,
            shown(state.sender),
            sent.get((state.channel, state.sender), 0),
            state.rate * 60 if state.rate else None,
        )
        for state in senders(session)
    ]


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
