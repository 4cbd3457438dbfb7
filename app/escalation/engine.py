"""Doing what is due. Any number of processes may tick; each deadline is done once."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import structlog

from app.core.db import Database, UnitOfWork
from app.escalation import queries
from app.escalation.stepping import Stepping
from app.incidents.models import Incident
from app.journal import lock
from app.journal.attempts import attempt

log = structlog.get_logger()

AT_ONCE = 500
IN_ONE_TRANSACTION = 50
"""Deadlines of one incident: SQLite has one writer, and answers of people wait for it."""


def tick(db: Database, public_url: str = "") -> int:
    """Do what is due, an incident's in order of when it was; return how many were done.

    What fails is logged, stays open, and is tried at the next tick; the others go on.
    """
    with db.read() as session:
        found = queries.due(session, db.clock.now(), AT_ONCE)
    by_stream: dict[str, list[str]] = {}
    for deadline_id, stream in found:
        by_stream.setdefault(stream, []).append(deadline_id)
    done = 0
    for stream, ids in by_stream.items():
        for start in range(0, len(ids), IN_ONE_TRANSACTION):
            done += _together(db, stream, ids[start : start + IN_ONE_TRANSACTION], public_url)
    return done


def do_steps(
    uow: UnitOfWork, stream: str, ids: Sequence[str], public_url: str = "", *, apart: bool = True
) -> int:
    """The deadlines of one incident; `apart`: each undone by itself if it fails, else the failure is raised.
    0 when somebody else is at it."""
    if lock(uow, stream, skip_locked=True) is None:
        return 0
    found = queries.still_due(uow.session, ids, uow.now)
    if not found:
        return 0
    incident = uow.session.get_one(Incident, found[0].incident_id, populate_existing=True)
    stepping = Stepping(uow, incident, found, public_url)
    one = _one if apart else _plainly
    return sum(one(stepping, deadline.id) for deadline in found)


def _one(stepping: Stepping, deadline_id: str) -> bool:
    try:
        with attempt(stepping.uow):
            return stepping.do(deadline_id)
    except Exception:
        log.exception("escalation.step_failed", deadline=deadline_id)
        return False


def _plainly(stepping: Stepping, deadline_id: str) -> bool:
    return stepping.do(deadline_id)


def _together(db: Database, stream: str, ids: Sequence[str], public_url: str) -> int:
    """Without a savepoint for each, which is quicker; if one fails nothing is done, and then each apart."""
    with suppress(Exception):
        return db.transact(do_steps, stream, ids, public_url, apart=False)
    try:
        return db.transact(do_steps, stream, ids, public_url)
    except Exception:
        log.exception("escalation.incident_failed", stream=stream)
        return 0
