"""A poll's start and end stand in its hospital's history."""

from __future__ import annotations

from typing import Any

from flask import Flask

from app.polls.events import PollClosed, PollStarted
from app.surge import history


def init_app(_app: Flask) -> None:
    history.tells(PollStarted.kind, _started)
    history.tells(PollClosed.kind, lambda data: f"Poll closed, {data['title']}: {data['result']}")


def _started(data: dict[str, Any]) -> str:
    nobody = f", {data['nobody']} of them without anybody to ask" if data["nobody"] else ""
    exercise = "Exercise: " if data["exercise"] else ""
    return f"{exercise}Poll started, {data['title']}: {data['asked']} units asked{nobody}"
