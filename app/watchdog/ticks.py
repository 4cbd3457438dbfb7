"""Watch every 20 seconds."""

from __future__ import annotations

from flask import Flask

from app.jobs import Tick
from app.watchdog.watch import ROUND_EVERY, watch


def _tick(app: Flask) -> None:
    watch(app.extensions["muster"])


TICKS = [Tick("watchdog", ROUND_EVERY.total_seconds(), _tick)]
