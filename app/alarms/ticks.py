"""A flood ends by itself, and one may begin between two people who do not see each other's; and what nobody decides
while no incident is open is told to whoever is on call."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask

from app.alarms import calls
from app.alarms.actions import follow_floods, forget
from app.jobs import Tick

KEPT = timedelta(days=400)


def _floods(app: Flask) -> int:
    return int(app.extensions["muster"].db.transact(follow_floods))


def _call(app: Flask) -> int:
    rt = app.extensions["muster"]
    return calls.tick(rt.db, rt.settings.public_url)


def _forget(app: Flask) -> int:
    return int(app.extensions["muster"].db.transact(forget, KEPT))


TICKS = [
    Tick("alarm floods", 15, _floods),
    Tick("surge calls", 15, _call),
    Tick("old alarms", 3600, _forget),
]
