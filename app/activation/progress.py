"""How a call-out stands: counted by the database, so that a thousand people cost no more than ten."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.activation.models import Candidate, Message, Outcome, Question, QuestionState, Slot, Stage
from app.activation.rules import Tally, expected_at, tally
from app.escalation.models import Deadline, DeadlineState
from app.messaging.carriers.errors import ErrorClass
from app.messaging.channels import Channel
from app.messaging.models import Attempt, Intent
from app.messaging.states import IntentState, Purpose

ROWS = 25

CAUSES = MappingProxyType(
    {
        ErrorClass.FIX_CONTACT: "number or address unknown",
        ErrorClass.OPTED_OUT: "opted out",
        ErrorClass.CONFIGURATION: "carrier refused our sender",
        ErrorClass.FILTERED: "filtered as unwanted",
        ErrorClass.RETRY_LATER: "carrier too busy",
        ErrorClass.RETRY_LITTLE: "phone not reached",
        ErrorClass.EXPIRED: "not sent in time",
        ErrorClass.DAILY_CAP: "daily allowance used up",
        ErrorClass.AMBIGUOUS: "carrier did not say",
    }
)
NOT_SENT_YET = "not sent yet"

_WAITING = (IntentState.PENDING, IntentState.CLAIMED, IntentState.UNKNOWN)
_LOST = (IntentState.FAILED, IntentState.EXPIRED, IntentState.REFUSED)


@dataclass(frozen=True)
class ByChannel:
    """Messages, not people: one person may get several.

    waiting    have not left yet.
    sent       the carrier has them and has not said that they arrived.
    delivered  arrived: a text on the phone, a call that was answered.
    lost       did not arrive and are not tried again.
    """

    channel: Channel
    waiting: int = 0
    sent: int = 0
    delivered: int = 0
    lost: int = 0


@dataclass
class Standing:
    """One slot: people counted, when those who come are expected, and who is next."""

    tally: Tally
    arrivals: list[datetime] = field(default_factory=list)
    next_up: list[str] = field(default_factory=list)
    left: int = 0
    waits: Deadline | None = None


@dataclass(frozen=True)
class Shown:
    """A page of people: those asked for, the tabs with their counts."""

    rows: Sequence[tuple[Question, Slot]]
    counts: dict[str, int]
    pages: int


FILTERS: MappingProxyType[str, tuple[str, sa.ColumnElement[bool]]] = MappingProxyType(
    {
        "all": ("Everybody", sa.true()),
        "silent": (
            "No answer",
            sa.and_(Question.outcome.is_(None), Question.state == QuestionState.OPEN),
        ),
        "coming": ("Coming", Question.outcome == Outcome.COMING),
        "later": ("Later", Question.outcome == Outcome.LATER),
        "no": ("Cannot come", Question.outcome == Outcome.CANNOT_COME),
        "failed": ("Not reached", sa.and_(Question.stage == Stage.FAILED, Question.outcome.is_(None))),
    }
)


def standings(session: Session, callout_id: str, slots: Sequence[Slot]) -> dict[str, Standing]:
    """By slot id."""
    rows = _groups(session, Question.callout_id == callout_id)
    found = {slot.id: Standing(tally(_repeated(rows[slot.id]))) for slot in slots}
    for slot_id, at in _arrivals(session, callout_id):
        found[slot_id].arrivals.append(at)
    waiting = sa.select(Deadline).where(
        Deadline.subject_id.in_(list(found)), Deadline.state == DeadlineState.OPEN
    )
    for deadline in session.scalars(waiting):
        found[deadline.subject_id].waits = deadline
    for slot in slots:
        found[slot.id].next_up, found[slot.id].left = _next_up(session, slot)
    return found


def tallies(session: Session, incident_id: str) -> dict[str, Tally]:
    """By slot id, for all call-outs of an incident; slots for which nobody was asked are left out."""
    rows = _groups(session, Question.incident_id == incident_id)
    return {slot_id: tally(_repeated(found)) for slot_id, found in rows.items()}


def _groups(session: Session, which: sa.ColumnElement[bool]) -> dict[str, list[Any]]:
    columns = (Question.slot_id, Question.state, Question.stage, Question.outcome)
    query = sa.select(*columns, sa.func.count().label("people")).where(
        which, Question.state != QuestionState.REPLACED
    )
    found: dict[str, list[Any]] = defaultdict(list)
    for row in session.execute(query.group_by(*columns)):
        found[row.slot_id].append(row)
    return found


def _repeated(rows: Sequence[Any]) -> Iterator[Any]:
    """As many of each as there are people, so that one function counts people everywhere."""
    return (row for row in rows for _ in range(row.people))


def _arrivals(session: Session, callout_id: str) -> Iterator[tuple[str, datetime]]:
    query = sa.select(Question).where(
        Question.callout_id == callout_id,
        Question.outcome == Outcome.COMING,
        Question.state != QuestionState.REPLACED,
    )
    for question in session.scalars(query):
        if (at := expected_at(question)) is not None:
            yield question.slot_id, at


def _next_up(session: Session, slot: Slot, most: int = 3) -> tuple[list[str], int]:
    """Who is on the list and has not been asked in this round: the first few, and how many there are."""
    asked = sa.select(Question.person_id).where(
        Question.slot_id == slot.id,
        sa.or_(Question.round == slot.round, Question.outcome.is_not(None)),
    )
    left = sa.select(Candidate.person_name).where(
        Candidate.slot_id == slot.id, Candidate.person_id.not_in(asked)
    )
    number = session.scalar(sa.select(sa.func.count()).select_from(left.subquery())) or 0
    return list(session.scalars(left.order_by(Candidate.rank).limit(most))), number


def by_channel(session: Session, callout_id: str) -> list[ByChannel]:
    """How far the messages of a call-out have come, on each channel that was used."""
    query = (
        sa.select(Intent.channel, Intent.state, sa.func.count())
        .where(*_questions_of(callout_id))
        .group_by(Intent.channel, Intent.state)
    )
    found: dict[Channel, Counter[str]] = defaultdict(Counter)
    for channel, state, number in session.execute(query):
        found[channel][_step(state)] += number
    return [
        ByChannel(channel, *(found[channel][step] for step in ("waiting", "sent", "delivered", "lost")))
        for channel in Channel
        if channel in found
    ]


def _step(state: IntentState) -> str:
    if state in _WAITING:
        return "waiting"
    if state in _LOST:
        return "lost"
    return {IntentState.DELIVERED: "delivered", IntentState.SUPERSEDED: "taken back"}.get(state, "sent")


def lost(session: Session, callout_id: str) -> list[tuple[str, Channel, int]]:
    """Why messages did not arrive: cause, channel and number, the most frequent first; with those not sent yet."""
    newest = sa.and_(Attempt.intent_id == Intent.id, Attempt.n == Intent.tries)
    columns = (Intent.channel, Intent.state, Attempt.error_class)
    query = (
        sa.select(*columns, sa.func.count())
        .outerjoin(Attempt, newest)
        .where(*_questions_of(callout_id), Intent.state.in_((*_WAITING, *_LOST)))
        .group_by(*columns)
    )
    found: Counter[tuple[str, Channel]] = Counter()
    for channel, state, error, number in session.execute(query):
        found[_cause(state, error), channel] += number
    return [(cause, channel, number) for (cause, channel), number in found.most_common()]


def _cause(state: IntentState, error: ErrorClass | None) -> str:
    if state in _WAITING:
        return NOT_SENT_YET
    if state is IntentState.REFUSED:
        return CAUSES[ErrorClass.OPTED_OUT]
    if state is IntentState.EXPIRED:
        return CAUSES[ErrorClass.EXPIRED]
    return CAUSES[error] if error is not None else CAUSES[ErrorClass.AMBIGUOUS]


def _questions_of(callout_id: str) -> tuple[sa.ColumnElement[bool], ...]:
    ids = sa.select(Question.id).where(Question.callout_id == callout_id)
    return Intent.subject_id.in_(ids), Intent.purpose == Purpose.QUESTION


def people(session: Session, callout_id: str, *, show: str = "all", name: str = "", page: int = 1) -> Shown:
    """One page of those asked, and how many each filter would show; `show` is a key of FILTERS."""
    mine = [Question.callout_id == callout_id, Question.state != QuestionState.REPLACED]
    if name:
        mine.append(Question.person_name.icontains(name, autoescape=True))
    sums = [sa.func.coalesce(sa.func.sum(sa.case((when, 1), else_=0)), 0) for _, when in FILTERS.values()]
    counts = dict(zip(FILTERS, session.execute(sa.select(*sums).where(*mine)).one(), strict=True))
    order = (Question.outcome.is_(None), Question.asked_at, Question.person_name, Question.id)
    query = sa.select(Question, Slot).join(Slot, Slot.id == Question.slot_id).where(*mine, FILTERS[show][1])
    rows = session.execute(query.order_by(*order).limit(ROWS).offset((page - 1) * ROWS)).all()
    return Shown([(row[0], row[1]) for row in rows], counts, -(-counts[show] // ROWS))


def messages(session: Session, callout_id: str) -> Sequence[Message]:
    """What those asked have written, unread first, then the newest."""
    query = sa.select(Message).where(Message.callout_id == callout_id)
    return session.scalars(
        query.order_by(Message.read_at.is_not(None), Message.received_at.desc(), Message.id).limit(ROWS)
    ).all()
