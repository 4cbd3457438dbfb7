"""What a test looks at: texts on simulated phones, claims, attempts."""

from __future__ import annotations

import sqlalchemy as sa

from app.core.db import Database
from app.messaging.actions.sending import claim
from app.messaging.models import Attempt, SimText


def texts(db: Database, number: str | None = None) -> list[SimText]:
    query = sa.select(SimText).where(SimText.mine.is_(False)).order_by(SimText.at)
    with db.read() as session:
        return [text for text in session.scalars(query) if number in (None, text.number)]


def claimed(db: Database, worker: str = "w", most: int = 10, rate: int = 0):  # type: ignore[no-untyped-def]
    return db.transact(claim, worker=worker, carrier="simulated", most=most, rate=rate)


def attempts(db: Database) -> list[Attempt]:
    with db.read() as session:
        return list(session.scalars(sa.select(Attempt)))
