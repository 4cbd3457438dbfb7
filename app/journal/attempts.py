"""Doing a part of a transaction that may fail without undoing the rest."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from app.core.db import UnitOfWork
from app.journal.ledger import Head


@contextmanager
def attempt(uow: UnitOfWork) -> Iterator[None]:
    """What is done inside is undone whole when it raises, journal entries included; the exception goes on.

    A stream that was first locked inside is not held afterwards.
    """
    ends = {slot: (head, head.seq, head.hash) for slot, head in uow.scratch.items() if _is_head(head)}
    try:
        with uow.session.begin_nested():
            yield
    except BaseException:
        for slot in [slot for slot, head in uow.scratch.items() if _is_head(head) and slot not in ends]:
            del uow.scratch[slot]
        for head, seq, hash_ in ends.values():
            head.seq, head.hash = seq, hash_
        raise


def _is_head(value: object) -> bool:
    return isinstance(value, Head)
