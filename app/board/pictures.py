"""Pictures by incident: the newest one is kept and moved on entry by entry; any past one is folded anew."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from app.board.picture import Picture, fold
from app.core.db import Database
from app.core.errors import NotFound
from app.incidents.models import stream_of
from app.journal import entries, seq_at

KEPT = 50


class Pictures:
    """Safe to share between threads: each incident's picture is used under its own lock."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, tuple[threading.RLock, Picture]] = OrderedDict()

    @contextmanager
    def newest(self, incident_id: str) -> Iterator[Picture]:
        """The picture as of now, for reading only and only inside the block. Raises NotFound."""
        lock, picture = self._slot(incident_id)
        with lock:
            try:
                with self._db.read() as db:
                    fold(entries(db, stream_of(incident_id), after=picture.seq), picture)
            except BaseException:
                self._forget(incident_id)  # half an entry may be in it; the next look folds it anew
                raise
            if picture.seq == 0:
                self._forget(incident_id)
                raise NotFound("There is no such incident.")
            yield picture

    def at(self, incident_id: str, moment: int | datetime) -> Picture:
        """The picture as it was at a seq or at a time. Raises NotFound before the incident began."""
        stream = stream_of(incident_id)
        with self._db.read() as db:
            until = seq_at(db, stream, moment) if isinstance(moment, datetime) else moment
            picture = fold(entries(db, stream, until=until))
        if picture.seq == 0:
            raise NotFound("There was no such incident at that time.")
        return picture

    def _slot(self, incident_id: str) -> tuple[threading.RLock, Picture]:
        with self._lock:
            slot = self._kept.setdefault(incident_id, (threading.RLock(), Picture()))
            self._kept.move_to_end(incident_id)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
            return slot

    def _forget(self, incident_id: str) -> None:
        with self._lock:
            self._kept.pop(incident_id, None)
