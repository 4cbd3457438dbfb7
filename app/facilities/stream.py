"""A hospital's own journal: what happens to it outside any one incident. Who changes it queues here."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from app.core.db import UnitOfWork
from app.journal import lock
from app.journal.canonical import GENESIS
from app.journal.models import StreamHead


def stream_of(facility_id: str) -> str:
    return f"facility:{facility_id}"


def take_hospitals(uow: UnitOfWork, facility_ids: Iterable[str]) -> None:
    """Lock these hospitals' journals, opening those that nobody has used yet.

    Comes before any incident's journal: who needs both takes the hospital first, so nobody waits in a ring.
    """
    dialect = sqlite if uow.session.get_bind().dialect.name == "sqlite" else postgresql
    for facility_id in sorted(facility_ids):
        new = {"id": stream_of(facility_id), "seq": 0, "hash": GENESIS}
        known = uow.session.scalar(sa.select(StreamHead.id).where(StreamHead.id == new["id"]))
        if known is None:
            uow.session.execute(dialect.insert(StreamHead).values(**new).on_conflict_do_nothing())
        lock(uow, stream_of(facility_id))
