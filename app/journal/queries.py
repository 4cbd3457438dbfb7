"""Reading a journal."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.journal.entries import Entry
from app.journal.models import JournalEntry, StreamHead

_TABLE = JournalEntry.__table__


def entries(
    session: Session,
    stream: str,
    *,
    after: int = 0,
    until: int | None = None,
    limit: int | None = None,
    kinds: Collection[str] | None = None,
) -> Iterator[Entry]:
    """Entries in order of seq: those with `after` < seq ≤ `until`, and of these kinds alone when given."""
    query = sa.select(_TABLE).where(_TABLE.c.stream == stream, _TABLE.c.seq > after).order_by(_TABLE.c.seq)
    if kinds is not None:
        query = query.where(_TABLE.c.kind.in_(kinds))
    if until is not None:
        query = query.where(_TABLE.c.seq <= until)
    if limit is not None:
        query = query.limit(limit)
    return (_entry(row) for row in session.execute(query))


def entry(session: Session, stream: str, seq: int) -> Entry | None:
    return next(entries(session, stream, after=seq - 1, until=seq), None)


def about(session: Session, stream: str, subject: str) -> list[Entry]:
    """All entries about one thing, in order of seq."""
    query = sa.select(_TABLE).where(_TABLE.c.stream == stream, _TABLE.c.subject == subject)
    return [_entry(row) for row in session.execute(query.order_by(_TABLE.c.seq))]


def head_seq(session: Session, stream: str) -> int:
    """The last seq of a stream; 0 if there is none."""
    return session.scalar(sa.select(StreamHead.seq).where(StreamHead.id == stream)) or 0


def head_seqs(session: Session, streams: Collection[str]) -> dict[str, int]:
    """The last seq of each stream that there is."""
    query = sa.select(StreamHead.id, StreamHead.seq).where(StreamHead.id.in_(streams))
    return {row.id: row.seq for row in session.execute(query)}


def seq_at(session: Session, stream: str, moment: datetime) -> int:
    """The last seq recorded at or before the moment; 0 if nothing was."""
    query = sa.select(sa.func.max(_TABLE.c.seq)).where(
        _TABLE.c.stream == stream, _TABLE.c.recorded_at <= moment
    )
    return session.scalar(query) or 0


def _entry(row: sa.Row[tuple[object, ...]]) -> Entry:
    r = row._mapping
    return Entry(
        stream=r["stream"],
        seq=r["seq"],
        occurred_at=r["occurred_at"],
        recorded_at=r["recorded_at"],
        actor={"kind": r["actor_kind"], "id": r["actor_id"], "name": r["actor_name"]},
        position=r["position"],
        kind=r["kind"],
        subject=r["subject"],
        data=json.loads(r["data"]),
        corrects=r["corrects"],
        prev_hash=r["prev_hash"],
        hash=r["hash"],
    )
