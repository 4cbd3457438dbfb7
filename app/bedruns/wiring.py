"""A bed run's start and end stand in its hospital's history."""

from __future__ import annotations

from flask import Flask

from app.bedruns.wording import IN_HISTORY, SENTENCES
from app.surge import history


def init_app(_app: Flask) -> None:
    for kind in IN_HISTORY:
        history.tells(kind, SENTENCES[kind])
