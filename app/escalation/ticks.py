"""Look for what is due every second, for what has been gathered, and for numbers that have become old."""

from __future__ import annotations

from flask import Flask

from app.escalation import engine, gathering, numbers
from app.jobs import Tick


def _tick(app: Flask) -> int:
    rt = app.extensions["muster"]
    return engine.tick(rt.db, rt.settings.public_url)


def _send(app: Flask) -> int:
    rt = app.extensions["muster"]
    return gathering.tick(rt.db, rt.settings.public_url)


def _numbers(app: Flask) -> int:
    return numbers.look(app.extensions["muster"].db)


TICKS = [
    Tick("escalation", 1.0, _tick),
    Tick("gathered notices", 2.0, _send),
    Tick("old numbers", 60.0, _numbers),
]
