"""What polls do by the clock. Each piece is a row, done once by whoever comes."""

from __future__ import annotations

from flask import Flask

from app.jobs import Tick
from app.polls import queries
from app.polls.actions import chase_by_clock, close_by_clock
from app.runtime import Runtime


def work(rt: Runtime) -> int:
    """Chase what is due, close what is long over."""
    with rt.db.read() as db:
        chase, close = queries.due(db, rt.clock.now())
    for poll_id in close:
        rt.db.transact(close_by_clock, poll_id)
    for poll_id in chase:
        if poll_id not in close:
            rt.db.transact(chase_by_clock, poll_id, public_url=rt.settings.public_url)
    return len(chase) + len(close)


def _work(app: Flask) -> int:
    return work(app.extensions["muster"])


TICKS = [Tick("polls", 10, _work)]
