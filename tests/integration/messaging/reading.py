"""What a test looks at: texts on simulated phones, claims, attempts."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from app.core.db import Database
from app.messaging.actions.sending import Claim, claim
from app.messaging.channels import Channel
from app.messaging.models import Attempt, SimText
from app.messaging.senders import Sender, SenderKind


def texts(db: Database, number: str | None = None) -> list[SimText]:
    query = sa.select(SimText).where(SimText.mine.is_(False)).order_by(SimText.at)
    with db.read() as session:
        return [text for text in session.scalars(query) if number in (None, text.number)]


def sender(rate: float = 0.0, address: str = "simulated") -> Sender:
    return Sender(address, SenderKind.SIMULATED, Channel.SMS, rate)


def claimed(db: Database, worker: str = "w", most: int = 10, rate: float = 0.0, **more: Any) -> list[Claim]:
    fields = {"carrier": "simulated", "senders": [sender(rate)]} | more
    return db.transact(claim, worker=worker, most=most, **fields)


def attempts(db: Database) -> list[Attempt]:
    with db.read() as session:
        return list(session.scalars(sa.select(Attempt)))
