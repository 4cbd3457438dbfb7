"""What a browser is sent: batches of cards, for one push, one catch-up, one poll."""

from __future__ import annotations

from typing import Any

from app.board.cards import Drawn
from app.board.picture import Picture
from app.board.pictures import Pictures
from app.core.clock import Clock, iso
from app.core.db import Database

Batch = dict[str, Any]


class Boards:
    """Safe to share between threads.

    A batch is `{after, seq, at, cards: [{id, version, html}]}`: a browser that shows everything up to `after`
    shows everything up to `seq` once it has taken these cards.
    """

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._drawn = Drawn()
        self.pictures = Pictures(db)

    def catch_up(self, incident_id: str, seq: int) -> Batch:
        """Everything that changed after `seq`. Raises NotFound."""
        with self.pictures.newest(incident_id) as picture, self._db.read() as session:
            after = seq if seq <= picture.seq else 0  # it knows more than there is: the database was put back
            return self._batch(after, picture.seq, self._drawn.since(session, picture, after))

    def growth(self, incident_id: str, after: int) -> Batch:
        """What the journal has changed after `after`. Raises NotFound."""
        with self.pictures.newest(incident_id) as picture:
            return self._batch(after, picture.seq, self._drawn.changed(picture, after))

    def outside(self, incident_id: str) -> Batch:
        """The outside cards alone; it says nothing about the journal, so it goes from 0 to 0."""
        with self.pictures.newest(incident_id) as picture, self._db.read() as session:
            return self._batch(0, 0, self._drawn.outside(session, picture))

    def past(self, picture: Picture) -> list[dict[str, Any]]:
        """All cards of an earlier picture. Outside cards know no past and are left out."""
        return Drawn().changed(picture, 0)

    def _batch(self, after: int, seq: int, cards: list[dict[str, Any]]) -> Batch:
        return {"after": after, "seq": seq, "at": iso(self._clock.now()), "cards": cards}
