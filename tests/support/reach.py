"""Contact methods and what is sent to them."""

from __future__ import annotations

import re
from typing import Any

import sqlalchemy as sa

from app.core.db import Database, UnitOfWork
from app.journal import entries
from app.messaging.models import Intent
from app.staffing.contacts.models import QuietTest
from app.staffing.models import ContactMethod, Person
from tests.support.hospital import Hospital

SECOND_PHONE = "+12025550188"


def method(db: Database, contact_id: str) -> ContactMethod:
    with db.read() as session:
        return session.get_one(ContactMethod, contact_id)


def add(db: Database, person: Person, channel: str, address: str, rank: int = 2) -> ContactMethod:
    def make(uow: UnitOfWork) -> ContactMethod:
        made = ContactMethod(
            id=uow.new_id(), person_id=person.id, channel=channel, address=address, rank=rank
        )
        uow.session.add(made)
        uow.session.flush()
        return made

    return db.transact(make)


def change(db: Database, contact_id: str, **values: Any) -> None:
    statement = sa.update(ContactMethod).where(ContactMethod.id == contact_id).values(**values)
    db.transact(lambda uow: uow.session.execute(statement))


def sent_to(db: Database, contact_id: str) -> list[Intent]:
    with db.read() as session:
        return list(
            session.scalars(sa.select(Intent).where(Intent.contact_id == contact_id).order_by(Intent.id))
        )


def code_in(db: Database, contact_id: str) -> str:
    """The newest code that was sent to a method."""
    found = re.search(r"(?<!\d)\d{6}(?!\d)", sent_to(db, contact_id)[-1].body)
    assert found is not None
    return found[0]


def said(db: Database, hospital: Hospital, prefix: str = "contact.") -> list[tuple[str, Any]]:
    """What the hospital's journal says about contacts: kind and data."""
    with db.read() as session:
        return [
            (entry.kind, entry.data)
            for entry in entries(session, f"facility:{hospital.facility.id}")
            if entry.kind.startswith(prefix)
        ]


def made_tests(db: Database, *states: str) -> list[QuietTest]:
    with db.read() as session:
        found = session.scalars(sa.select(QuietTest).order_by(QuietTest.due_at, QuietTest.id))
        return [test for test in found if not states or test.state in states]
