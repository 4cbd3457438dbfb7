"""Look for what is due every second."""

from __future__ import annotations

from flask import Flask

from app.escalation import engine
from app.jobs import Tick


def _tick(app: Flask) -> int:
    return engine.tick(app.extensions["muster"].db)


TICKS = [Tick("escalation", 1.0, _tick)]
