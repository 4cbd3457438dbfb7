"""Starts the live board with the program."""

from __future__ import annotations

from flask import Flask

from app.board import faces  # noqa: F401 - registers the cards
from app.board.boards import Boards
from app.board.live import Live
from app.runtime import Runtime


def init_app(app: Flask) -> None:
    rt: Runtime = app.extensions["muster"]
    rt.parts["boards"] = Boards(rt.db, rt.clock)
    rt.parts["live"] = Live(app, rt, rt.parts["boards"])
