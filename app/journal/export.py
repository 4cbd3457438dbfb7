"""JSON lines that end with the signed head, so that a cut-off is seen.

`tools/verify_journal.py` reads the same form and shares no code with this program.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.journal.canonical import canonical
from app.journal.ledger import head_statement
from app.journal.models import StreamHead
from app.journal.queries import entries


def export(session: Session, stream: str) -> Iterator[bytes]:
    """Every entry as one canonical line, then the head with its signature."""
    head = session.get(StreamHead, stream)
    if head is None or head.signature is None or head.signed_at is None or head.key_id is None:
        raise NotFound(f"There is no journal {stream}.")
    for entry in entries(session, stream, until=head.seq):
        yield canonical(entry.plain() | {"hash": entry.hash}) + b"\n"
    statement = head_statement(stream, head.seq, head.hash, head.signed_at, head.key_id)
    signature = {"signature": head.signature, "public_key": head.public_key}
    yield canonical({"head": statement | signature}) + b"\n"


def export_name(title: str, exercise: bool, suffix: str) -> str:
    """A file name that says what it is and, first of all, whether it was an exercise."""
    return f"{'EXERCISE-' if exercise else ''}{title}.{suffix}"
