"""Quiet tests that should have been made, and days that were never planned."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.facilities.models import Facility
from app.staffing.contacts import schedule
from app.staffing.contacts.models import QuietTest, QuietTestDay, QuietTestPlan
from app.watchdog.registry import Offence, audits

MADE_WITHIN = timedelta(minutes=15)


def judge_test(row: Any, now: datetime) -> Offence | None:
    until = row.due_at + MADE_WITHIN
    return Offence(row.id, until, "A quiet test is due and was not made.") if now > until else None


@audits("tests", label="quiet tests", bound="made or moved within 15 minutes of their time", judge=judge_test)
def planned_tests(session: Session, now: datetime) -> Iterable[Any]:
    query = sa.select(QuietTest.id, QuietTest.due_at)
    return session.execute(
        query.where(QuietTest.state == sa.literal_column("'planned'"), QuietTest.due_at <= now)
    )


def judge_day(row: Any, now: datetime) -> Offence | None:
    """A hospital that tests: (facility_id, zone, changed_at, last day planned)."""
    day = schedule.local_day(now, row.zone)
    begin, end = schedule.window(day, row.zone)
    until = max(begin, row.changed_at) + MADE_WITHIN
    if not schedule.works(day) or row.last == day or not until < now < end:
        return None
    return Offence(row.facility_id, until, "Today's quiet tests have not been planned.")


@audits("test days", label="days of quiet tests", bound="planned by 09:15 on working days", judge=judge_day)
def planning_hospitals(session: Session, _now: datetime) -> Iterable[Any]:
    last = sa.select(sa.func.max(QuietTestDay.day)).where(
        QuietTestDay.facility_id == QuietTestPlan.facility_id
    )
    query = sa.select(
        QuietTestPlan.facility_id,
        Facility.zone,
        QuietTestPlan.changed_at,
        last.scalar_subquery().label("last"),
    ).join(Facility, Facility.id == QuietTestPlan.facility_id)
    return session.execute(query.where(QuietTestPlan.active))
