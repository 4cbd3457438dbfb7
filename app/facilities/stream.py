"""A hospital's own journal: what happens to it outside any one incident. Who changes it queues here."""

from __future__ import annotations

from collections.abc import Iterable

from app.core.db import UnitOfWork
from app.journal import lock_all_or_open


def stream_of(facility_id: str) -> str:
    return f"facility:{facility_id}"


def take_hospitals(uow: UnitOfWork, facility_ids: Iterable[str]) -> None:
    """Lock these hospitals' journals, opening those that nobody has used yet.

    Comes before any incident's journal: who needs both takes the hospital first, so nobody waits in a ring.
    """
    lock_all_or_open(uow, [stream_of(facility_id) for facility_id in facility_ids])
