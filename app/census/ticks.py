"""What the census does by the clock: counts go in as readings, and at night old messages are let go."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Flask

from app.census import feed_queries
from app.census.actions import enter_census, prune
from app.census.models import AdtFeed
from app.core.clock import local
from app.facilities.models import Facility
from app.jobs import Tick
from app.runtime import Runtime

NIGHT = range(2, 5)
MOST_ROUNDS = 20
"""Of one hospital in one run: the rest waits for the next, so that no night's work grows without end."""


def feed(rt: Runtime) -> None:
    with rt.db.read() as db:
        due = feed_queries.due_to_enter(db, rt.clock.now())
    for facility_id in due:
        rt.db.transact(enter_census, facility_id)


def tidy(rt: Runtime) -> int:
    """In each hospital's own small hours."""
    with rt.db.read() as db:
        query = sa.select(Facility.id, Facility.zone).join(AdtFeed, AdtFeed.facility_id == Facility.id)
        places = db.execute(query.order_by(Facility.id)).all()
    gone = 0
    for facility_id, zone in places:
        if local(rt.clock.now(), zone).hour in NIGHT:
            for _ in range(MOST_ROUNDS):
                done = rt.db.transact(prune, facility_id)
                gone += done
                if not done:
                    break
    return gone


def _feed(app: Flask) -> None:
    feed(app.extensions["muster"])


def _tidy(app: Flask) -> None:
    tidy(app.extensions["muster"])


TICKS = [Tick("census.feed", 2, _feed), Tick("census.tidy", 1800, _tidy)]
