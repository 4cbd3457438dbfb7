"""Readings and firings for tests of capacity."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.clock import ManualClock
from app.core.db import Database
from app.surge import actions
from app.surge.actions import Entered, Given
from app.surge.models import Firing, Recommendation, Trigger
from tests.support.hospital import Hospital

PROGRAM = Actor.system("tests")


def given(
    unit: str,
    value: int,
    observed_at: datetime,
    metric: str = "occupied_beds",
    *,
    facility: str = "SBMC",
    source: str = "huddle",
) -> Given:
    return Given(facility, unit, metric, value, observed_at, source)


def enter(db: Database, actor: Actor, *readings: Given) -> Entered:
    return db.transact(actions.enter, actor, readings=readings)


def count(db: Database, clock: ManualClock, hospital: Hospital, **occupied: int) -> Entered:
    """Count units now, by code; a code that begins with a digit is written with a leading underscore."""
    now = clock.now()
    return enter(db, hospital.staff, *(given(u.removeprefix("_"), v, now) for u, v in occupied.items()))


def hold(db: Database, clock: ManualClock, hospital: Hospital, minutes: int, **occupied: int) -> None:
    """Count the same every half hour for so long, ending now; the clock moves."""
    count(db, clock, hospital, **occupied)
    for _ in range(minutes // 30):
        clock.advance(minutes=30)
        count(db, clock, hospital, **occupied)


def firings(db: Database) -> list[tuple[str, datetime | None]]:
    """Title and time of clearing of every firing, the oldest first."""
    query = sa.select(Trigger.title, Firing.cleared_at).join(Trigger).order_by(Firing.id)
    with db.read() as session:
        return [(title, cleared) for title, cleared in session.execute(query)]


def recommendations(db: Database) -> list[tuple[str, str]]:
    query = sa.select(Recommendation.label, Recommendation.state).order_by(Recommendation.id)
    with db.read() as session:
        return [(label, state.value) for label, state in session.execute(query)]


def open_one(db: Database) -> Recommendation:
    query = sa.select(Recommendation).where(Recommendation.state == "open")
    with db.read() as session:
        return session.scalars(query).one()


def declare(db: Database, actor: Actor, hospital: Hospital, **more: Any) -> Any:
    from app.incidents.actions import declare as declare_incident

    wanted: dict[str, Any] = {
        "guide": "staff_shortage",
        "facility_id": hospital.facility.id,
        "exercise": False,
        "activation_level": "partial",
        "reason": "Night shift is short",
    }
    return db.transact(declare_incident, actor, **wanted | more)


MINUTE = timedelta(minutes=1)
