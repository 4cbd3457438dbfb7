"""After four hours a bed run is over, whoever is looking."""

from __future__ import annotations

from flask import Flask

from app.bedruns.actions import end_one_over
from app.core.actor import Actor
from app.jobs import Tick

ENDER = Actor.system("bed runs")


def _end(app: Flask) -> None:
    """Each in a transaction of its own."""
    while app.extensions["muster"].db.transact(end_one_over, ENDER):
        pass


TICKS = [Tick("bed runs", 15, _end)]
