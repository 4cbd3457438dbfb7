"""Sending what has been gathered for each person, when its moment is over."""

from __future__ import annotations

import structlog

from app.core.db import Database
from app.escalation import actions
from app.escalation.actions.bundles import people_waiting

log = structlog.get_logger()


def tick(db: Database, public_url: str = "") -> int:
    """Return how many notices went out. One person's trouble holds up no other's."""
    with db.read() as session:
        waiting = people_waiting(session, db.clock.now())
    sent = 0
    for person_id in waiting:
        try:
            sent += db.transact(actions.send_gathered, person_id, public_url)
        except Exception:
            log.exception("escalation.gathered_failed", person=person_id)
    return sent
