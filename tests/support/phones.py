"""What people's phones get and send, at the seam between messaging and the rooms behind it.

Each helper takes a second, so that what happens one after the other has its order in the tables too.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from app.core.clock import ManualClock
from app.core.db import Database, UnitOfWork
from app.journal import lock
from app.messaging import inbox
from app.messaging.models import Intent
from app.messaging.states import IntentState, Purpose
from app.staffing.models import ContactMethod, Person


def intents(db: Database, person: Person | None = None, purpose: str | None = None) -> list[Intent]:
    """What is or was to be sent, oldest first; without what was taken back."""
    query = sa.select(Intent).where(Intent.state != IntentState.SUPERSEDED).order_by(Intent.id)
    with db.read() as session:
        found = list(session.scalars(query))
    if person is not None:
        found = [intent for intent in found if intent.person_id == person.id]
    return [intent for intent in found if purpose is None or intent.purpose == purpose]


def last_text(db: Database, person: Person) -> str:
    return intents(db, person)[-1].body


def reply(db: Database, number: str, text: str) -> bool:
    """A text from a phone; whether anybody knew what to do with it."""

    def receive(uow: UnitOfWork) -> bool:
        query = sa.select(ContactMethod.person_id).where(ContactMethod.address == number).distinct()
        people = tuple(sorted(uow.session.scalars(query)))
        if not people:
            return False
        return inbox.answered(uow, [inbox.Inbound(number, "", text, uow.now, people)]) == [True]

    _a_second(db)
    return db.transact(receive)


def deliver(db: Database, stage: Any, *people: Person, error: str | None = None) -> None:
    """The carrier reports this stage for the newest question of each of these people."""
    newest = [intents(db, person, "question")[-1] for person in people]

    def tell(uow: UnitOfWork) -> None:
        for stream in sorted({intent.stream for intent in newest if intent.stream}):
            lock(uow, stream)
        for intent in newest:
            uow.session.get_one(Intent, intent.id).state = IntentState(stage)
        steps = [
            inbox.Delivery(intent.id, intent.subject_id, intent.person_id, stage, error, uow.now)
            for intent in newest
        ]
        inbox.tell(uow, [(Purpose.QUESTION, step) for step in steps])

    _a_second(db)
    db.transact(tell)


def hand_over(db: Database) -> None:
    """The sender has taken everything that waits: it can no longer be taken back."""

    def send(uow: UnitOfWork) -> None:
        uow.session.execute(
            sa.update(Intent).where(Intent.state == IntentState.PENDING).values(state=IntentState.SENT)
        )

    db.transact(send)
    _a_second(db)


def _a_second(db: Database) -> None:
    if isinstance(db.clock, ManualClock):
        db.clock.advance(seconds=1)


def reported(db: Database, intent: Intent, stage: str) -> None:
    """The carrier has said at last what became of it."""

    def tell(uow: UnitOfWork) -> None:
        lock(uow, intent.stream)
        uow.session.get_one(Intent, intent.id).state = IntentState(stage)
        step = inbox.Delivery(intent.id, intent.subject_id, intent.person_id, stage, None, uow.now)
        inbox.tell(uow, [(Purpose(intent.purpose), step)])

    db.transact(tell)
