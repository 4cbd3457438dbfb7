"""The journal: what happened, in order, in a form that nobody can quietly change."""

from app.journal.entries import Entry, Event, event, event_type
from app.journal.ledger import append, lock, lock_all_or_open, lock_or_open, open_stream, subscribe
from app.journal.queries import entries, head_seq, head_seqs, seq_at

__all__ = [
    "Entry",
    "Event",
    "append",
    "entries",
    "event",
    "event_type",
    "head_seq",
    "head_seqs",
    "lock",
    "lock_all_or_open",
    "lock_or_open",
    "open_stream",
    "seq_at",
    "subscribe",
]
