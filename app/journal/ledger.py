"""Appending. The stream's row is locked first, so writers on one stream queue and seq has no gap."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.clock import as_utc, iso
from app.core.db import UnitOfWork
from app.core.errors import NotFound
from app.core.insert import insert_once
from app.journal.canonical import GENESIS, canonical, sha256
from app.journal.entries import Entry, Event
from app.journal.models import JournalEntry, StreamHead

# On the table, not the class: an entry is written once and never read back in its transaction.
_INSERT = sa.insert(JournalEntry.__table__)  # type: ignore[arg-type]

Subscriber = Callable[[UnitOfWork, Entry], None]
_SUBSCRIBERS: dict[type[Event], list[Subscriber]] = defaultdict(list)


@dataclass
class Head:
    """The end of a stream as this transaction sees it, having locked it."""

    stream: str
    seq: int
    hash: str
    recorded_at: datetime
    began: int = 0
    """The seq that the transaction found."""


def open_stream(uow: UnitOfWork, stream: str) -> None:
    """Begin a stream. Its row stays locked for the rest of the transaction."""
    uow.session.execute(sa.insert(StreamHead).values(id=stream, seq=0, hash=GENESIS))
    uow.scratch[_slot(stream)] = Head(stream, 0, GENESIS, uow.now)


def lock_or_open(uow: UnitOfWork, stream: str) -> None:
    """Take a stream that begins when it is first written to. Two who begin it at once queue."""
    lock_all_or_open(uow, [stream])


def lock_all_or_open(uow: UnitOfWork, streams: Iterable[str]) -> None:
    """The same for many, in order, in few statements."""
    wanted = sorted(each for each in set(streams) if _slot(each) not in uow.scratch)
    missing = _lock_those_there(uow, wanted)
    if missing:
        insert_once(uow.session, StreamHead, [{"id": each, "seq": 0, "hash": GENESIS} for each in missing])
        _lock_those_there(uow, missing)


def _lock_those_there(uow: UnitOfWork, streams: Sequence[str]) -> list[str]:
    """Returns those that have not begun. The order of the ids is the same for the database as for us."""
    if not streams:
        return []
    columns = (StreamHead.id, StreamHead.seq, StreamHead.hash, StreamHead.signed_at)
    query = sa.select(*columns).where(StreamHead.id.in_(streams)).order_by(StreamHead.id)
    for row in uow.session.execute(query.with_for_update()):
        _hold(uow, row.id, row.seq, row.hash, row.signed_at)
    return [each for each in streams if _slot(each) not in uow.scratch]


def lock(uow: UnitOfWork, stream: str, *, skip_locked: bool = False) -> Head | None:
    """Take the stream for this transaction. Every action on an incident does this before it reads state,
    so that two people at once meet here and the second sees what the first has done.

    With `skip_locked`, None if somebody else has it. Raises NotFound for an unknown stream.
    """
    if (held := uow.scratch.get(_slot(stream))) is not None:
        return held  # type: ignore[no-any-return]
    query = sa.select(StreamHead.seq, StreamHead.hash, StreamHead.signed_at).where(StreamHead.id == stream)
    row = uow.session.execute(query.with_for_update(skip_locked=skip_locked)).one_or_none()
    if row is None:
        if skip_locked:
            return None
        raise NotFound(f"There is no journal {stream}.")
    return _hold(uow, stream, row.seq, row.hash, row.signed_at)


def _hold(uow: UnitOfWork, stream: str, seq: int, hash_: str, signed_at: datetime | None) -> Head:
    # A clock that steps back must not make the journal run backwards.
    head = Head(stream, seq, hash_, max(uow.now, signed_at or uow.now), seq)
    uow.scratch[_slot(stream)] = head
    return head


def append(
    uow: UnitOfWork,
    stream: str,
    actor: Actor,
    event: Event,
    *,
    position: str | None = None,
    occurred_at: datetime | None = None,
    corrects: int | None = None,
) -> Entry:
    """Write one entry in the caller's transaction and return it.

    Raises msgspec.ValidationError or TypeError for data that do not fit the event's fields.
    """
    head = lock(uow, stream)
    assert head is not None
    unhashed = Entry(
        stream=stream,
        seq=head.seq + 1,
        occurred_at=as_utc(occurred_at or uow.now),
        recorded_at=head.recorded_at,
        actor={"kind": actor.kind, "id": actor.id, "name": actor.name},
        position=position,
        kind=event.kind,
        subject=event.subject(),
        data=event.data(),
        corrects=corrects,
        prev_hash=head.hash,
        hash="",
    )
    entry = _with_hash(unhashed)
    uow.session.execute(_INSERT, _row(entry))
    head.seq, head.hash = entry.seq, entry.hash
    uow.before_commit(f"sign {stream}", lambda: _seal(uow, head))
    for subscriber in _SUBSCRIBERS[type(event)]:
        subscriber(uow, entry)
    return entry


def subscribe(*events: type[Event]) -> Callable[[Subscriber], Subscriber]:
    """Decorator: call this with every entry of these kinds, in the transaction that appends it.

    So a room can follow another that does not know it: escalation sets a deadline when a task is added.
    A subscriber that raises undoes the action.
    """

    def register(subscriber: Subscriber) -> Subscriber:
        for event_class in events:
            _SUBSCRIBERS[event_class].append(subscriber)
        return subscriber

    return register


def head_statement(
    stream: str, seq: int, hash_: str, signed_at: datetime, key_id: str
) -> dict[str, str | int]:
    """What the signature of a head covers."""
    return {"stream": stream, "seq": seq, "hash": hash_, "signed_at": iso(signed_at), "key_id": key_id}


def _seal(uow: UnitOfWork, head: Head) -> None:
    """One signature per transaction, over the last entry, which covers all before it."""
    uow.announce("journal-grew", f"{head.stream} {head.began} {head.seq}")
    statement = head_statement(head.stream, head.seq, head.hash, head.recorded_at, uow.signer.key_id)
    uow.session.execute(
        sa.update(StreamHead)
        .where(StreamHead.id == head.stream)
        .values(
            seq=head.seq,
            hash=head.hash,
            signed_at=head.recorded_at,
            key_id=uow.signer.key_id,
            public_key=uow.signer.public_key,
            signature=uow.signer.sign(canonical(statement)),
        )
    )


def _with_hash(entry: Entry) -> Entry:
    fields = {name: getattr(entry, name) for name in Entry.__struct_fields__}
    return Entry(**fields | {"hash": sha256(entry.plain())})


def _row(entry: Entry) -> dict[str, object]:
    row = {name: getattr(entry, name) for name in Entry.__struct_fields__ if name != "actor"}
    actor = {f"actor_{key}": value for key, value in entry.actor.items()}
    return row | actor | {"data": canonical(entry.data).decode()}


def _slot(stream: str) -> str:
    return f"journal:{stream}"
