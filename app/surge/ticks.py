"""Time moves triggers too: a dwell ends, a count becomes too old."""

from __future__ import annotations

from flask import Flask

from app.core.actor import Actor
from app.jobs import Tick
from app.surge.actions import drop_old_uploads, look_again

LOOKER = Actor.system("surge")


def _look(app: Flask) -> int:
    return int(app.extensions["muster"].db.transact(look_again, LOOKER))


def _tidy(app: Flask) -> None:
    app.extensions["muster"].db.transact(drop_old_uploads, LOOKER)


TICKS = [Tick("triggers", 30, _look), Tick("old uploads", 3600, _tidy)]
