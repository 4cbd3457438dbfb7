"""Looking for recommendations that nobody decides, and having whoever is on call told."""

from __future__ import annotations

import structlog

from app.alarms import actions
from app.alarms.waiting import waiting_calls
from app.core.db import Database

log = structlog.get_logger()


def tick(db: Database, public_url: str = "") -> int:
    """Return how many steps were done. What fails at one hospital is tried again, and holds up no other."""
    with db.read() as session:
        now = db.clock.now()
        due = {each.facility_id for each, step in waiting_calls(session, now) if step and step.due_at <= now}
    done = 0
    for facility_id in sorted(due):
        try:
            done += db.transact(actions.call, facility_id, public_url)
        except Exception:
            log.exception("alarms.call_failed", facility=facility_id)
    return done
