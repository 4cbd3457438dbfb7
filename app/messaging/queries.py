"""Reading what messaging holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.messaging import pace as pacing
from app.messaging.models import Attempt, Intent, SenderEvent, SenderState, SimSwitch, SimText
from app.messaging.states import IntentState
from app.messaging.texts import masked
from app.staffing.models import ContactMethod, Person


@dataclass(frozen=True)
class Queue:
    """What the engine has before it and behind it.

    by_state    texts in each state, all of them.
    oldest_due  when the oldest text that waits should have been sent; None when none is due.
    extra       second sends after an ambiguous answer: each may have reached somebody twice.
    conflicts   texts whose reports contradict each other.
    """

    by_state: dict[IntentState, int]
    oldest_due: datetime | None
    extra: int
    conflicts: int


@dataclass(frozen=True)
class Phone:
    """A simulated phone in the list: whose it is, and the last thing on it."""

    person: Person
    number: str
    last: SimText
    open: int


def queue(session: Session, now: datetime) -> Queue:
    """Figures for the engine's page and for monitoring."""
    counts = session.execute(sa.select(Intent.state, sa.func.count()).group_by(Intent.state)).all()
    oldest = sa.select(sa.func.min(Intent.due_at)).where(
        Intent.state == IntentState.PENDING, Intent.due_at <= now
    )
    extra = sa.select(sa.func.count()).select_from(Attempt).where(Attempt.extra)
    conflicts = sa.select(sa.func.count()).select_from(Attempt).where(Attempt.conflict.is_not(None))
    return Queue(
        {row[0]: row[1] for row in counts},
        session.scalar(oldest),
        session.scalar(extra) or 0,
        session.scalar(conflicts) or 0,
    )


def senders(session: Session) -> list[SenderState]:
    """Every sender in use as it stands; `pace` reads what it can take. Empty until the engine has run."""
    query = sa.select(SenderState).where(SenderState.active)
    return list(session.scalars(query.order_by(SenderState.channel, SenderState.sender)))


def in_trouble(session: Session, now: datetime) -> list[str]:
    """For each sender that takes nothing for now, a line for the operator, without its number."""
    return [
        f"{state.channel.value} by {state.kind.replace('_', ' ')} {masked(state.sender)}: {_trouble(state)}"
        for state in senders(session)
        if state.stopped_since or pacing.is_spent(state, now)
    ]


def _trouble(state: SenderState) -> str:
    what = "has stopped" if state.stopped_since else "rests until tomorrow"
    return f"{what}: {state.reason or 'its daily cap is reached.'}"


def sender_events(session: Session, most: int = 50) -> Sequence[SenderEvent]:
    """What was decided about senders, the newest first."""
    query = sa.select(SenderEvent).order_by(SenderEvent.at.desc(), SenderEvent.id.desc()).limit(most)
    return session.scalars(query).all()


def attempts_of(session: Session, intent_id: str) -> Sequence[Attempt]:
    """Every try of one text, first to last."""
    query = sa.select(Attempt).where(Attempt.intent_id == intent_id).order_by(Attempt.n)
    return session.scalars(query).all()


def phones(session: Session, *, name: str = "", most: int = 60) -> list[Phone]:
    """People whose simulated phone holds a conversation, the newest first; `name` filters by part of it."""
    newest = (
        sa.select(
            SimText.number,
            sa.func.max(SimText.at).label("at"),
            sa.func.sum(sa.case((SimText.open, 1), else_=0)).label("open"),
        )
        .group_by(SimText.number)
        .subquery()
    )
    query = (
        sa.select(Person, newest.c.number, newest.c.open)
        .join(ContactMethod, ContactMethod.person_id == Person.id)
        .join(newest, newest.c.number == ContactMethod.address)
        .where(Person.name.icontains(name, autoescape=True))
        .order_by(newest.c.at.desc(), Person.name)
        .limit(most)
    )
    rows = session.execute(query).all()
    last = _last_texts(session, {row.number for row in rows})
    return [Phone(person, number, last[number], open_) for person, number, open_ in rows]


def conversation(session: Session, person_id: str, most: int = 100) -> tuple[Person, str, list[SimText]]:
    """A person, the masked number of their phone, and what is on it, oldest first. Raises NotFound."""
    person = session.get(Person, person_id)
    numbers = [contact.address for contact in person.contacts if contact.channel == "sms"] if person else []
    if person is None or not numbers:
        raise NotFound("There is no such phone.")
    newest = (
        sa.select(SimText).where(SimText.number.in_(numbers)).order_by(SimText.at.desc(), SimText.id.desc())
    )
    texts = session.scalars(newest.limit(most)).all()
    return person, masked(numbers[0]), list(reversed(texts))


def pace(session: Session) -> int:
    """How many times faster than real people the simulated ones answer; 0 when they do not."""
    return session.scalar(sa.select(SimSwitch.pace)) or 0


def _last_texts(session: Session, numbers: set[str]) -> dict[str, SimText]:
    if not numbers:
        return {}
    rank = sa.func.row_number().over(
        partition_by=SimText.number, order_by=(SimText.at.desc(), SimText.id.desc())
    )
    ranked = sa.select(SimText.id, rank.label("rank")).where(SimText.number.in_(numbers)).subquery()
    newest = sa.select(SimText).join(ranked, ranked.c.id == SimText.id).where(ranked.c.rank == 1)
    return {text.number: text for text in session.scalars(newest)}
