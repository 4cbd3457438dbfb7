"""The record of one incident as the review reads it: its journal, what it folds to, and whether it is whole."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
from sqlalchemy.orm import Session

from app.board.picture import Picture, fold
from app.core.signing import Signer
from app.journal import Entry, entries
from app.journal.verify import Verdict, verify_stream


@dataclass(frozen=True)
class Record:
    """`entries` and `picture` are all of it, or the sound part where the rest cannot be read at all."""

    entries: list[Entry]
    picture: Picture
    verdict: Verdict

    @property
    def sound(self) -> int:
        """The last seq up to which the chain holds."""
        return len(self.entries) if self.verdict.ok else self.verdict.entries


def read(session: Session, stream: str, signer: Signer) -> Record:
    """Verify first. A journal that was tampered with is still shown as far as it makes sense."""
    verdict = verify_stream(session, stream, signer)
    try:
        whole = list(entries(session, stream))
        return Record(whole, fold(whole), verdict)
    except (KeyError, ValueError, msgspec.ValidationError):
        if verdict.ok:
            raise
        sound = list(entries(session, stream, until=verdict.entries))
        return Record(sound, fold(sound), verdict)
