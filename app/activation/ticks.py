"""What call-outs do by the clock: the next channel after silence, and later arrivals when time has passed."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa
import structlog
from flask import Flask

from app.activation.actions import later, reaching
from app.activation.models import Question, QuestionState, Slot
from app.core.db import Database, UnitOfWork
from app.jobs import Tick
from app.runtime import Runtime

log = structlog.get_logger()


def chains(app: Flask) -> int:
    """Take the next step of every chain that has waited long enough; returns how many questions."""
    rt: Runtime = app.extensions["muster"]
    waiting = sa.select(Question.incident_id).where(
        Question.next_channel_at <= rt.clock.now(), Question.state == QuestionState.OPEN
    )
    return sum(_all(rt.db, reaching.go_on, incident_id) for incident_id in _distinct(rt.db, waiting))


def later_arrivals(app: Flask) -> int:
    """Take those who come later, where nobody can be in time any more; returns how many slots."""
    rt: Runtime = app.extensions["muster"]
    waiting = sa.select(Slot.id).where(Slot.use_later_at <= rt.clock.now())
    return sum(_try(rt.db, later.take_later, slot_id) for slot_id in _distinct(rt.db, waiting))


def _distinct(db: Database, query: sa.Select[str]) -> list[str]:
    with db.read() as session:
        return sorted(set(session.scalars(query)))


def _all(db: Database, action: Callable[[UnitOfWork, str], int], incident_id: str) -> int:
    total = 0
    while number := _try(db, action, incident_id):
        total += number
        if number < reaching.AT_ONCE:
            break
    return total


def _try(db: Database, action: Callable[[UnitOfWork, str], int], what: str) -> int:
    """One transaction; its failure is logged and stops no other incident."""
    try:
        return db.transact(action, what)
    except Exception:
        log.exception("activation.left_for_later")
        return 0


TICKS = [Tick("activation.chains", 1.0, chains), Tick("activation.later", 5.0, later_arrivals)]
