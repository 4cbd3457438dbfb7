"""Time moves triggers too: a dwell ends, a count becomes too old."""

from __future__ import annotations

from flask import Flask

from app.core.actor import Actor
from app.jobs import Tick
from app.surge.actions import drop_old_uploads, look_again
from app.surge.queries import due

LOOKER = Actor.system("surge")
ROUNDS = 40


def _look(app: Flask) -> int:
    """Some hospitals at a time, so that nobody who enters readings waits for all of them."""
    db, changed = app.extensions["muster"].db, 0
    for _ in range(ROUNDS):
        changed += db.transact(look_again, LOOKER)
        with db.read() as session:
            if not due(session, db.clock.now(), 1):
                break
    return changed


def _tidy(app: Flask) -> None:
    app.extensions["muster"].db.transact(drop_old_uploads, LOOKER)


TICKS = [Tick("triggers", 30, _look), Tick("old uploads", 3600, _tidy)]
