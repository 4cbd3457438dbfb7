"""What the care for contact methods does by the clock. Each piece of work is a row, done once by whoever comes."""

from __future__ import annotations

from datetime import time

import sqlalchemy as sa
from flask import Flask

from app.core.clock import local
from app.facilities.models import Facility
from app.jobs import Tick
from app.runtime import Runtime
from app.staffing.contacts import queries
from app.staffing.contacts.actions import results, suspects, testing, verifying
from app.staffing.contacts.models import ContactTrouble, QuietTest
from app.staffing.models import ContactMethod

DIGEST_AT = time(8)


def care(rt: Runtime) -> None:
    """Doubts noted, owners asked, keepers told once a day from eight; codes forgotten."""
    rt.db.transact(verifying.forget_codes)
    with rt.db.read() as db:
        doubts = db.scalar(
            sa.select(ContactMethod.id).where(ContactMethod.suspect_since.is_not(None)).limit(1)
        )
        noted = db.scalar(sa.select(ContactTrouble.id).where(ContactTrouble.ended_at.is_(None)).limit(1))
        if doubts is None and noted is None:
            return
        places = db.execute(sa.select(Facility.id, Facility.zone).order_by(Facility.id)).all()
    now, url = rt.clock.now(), rt.settings.public_url
    for facility_id, zone in places:
        rt.db.transact(suspects.look_after, facility_id, public_url=url)
        if local(now, zone).time() >= DIGEST_AT:
            rt.db.transact(suspects.send_digest, facility_id, public_url=url)


def quiet_tests(rt: Runtime) -> None:
    """Today's share planned, due tests made, results looked up."""
    now = rt.clock.now()
    with rt.db.read() as db:
        planning = [plan.facility_id for plan in queries.active_plans(db)]
        planned = QuietTest.state == sa.literal_column("'planned'")
        due = db.scalars(
            sa.select(QuietTest.facility_id).where(planned, QuietTest.due_at <= now).distinct()
        ).all()
    for facility_id in planning:
        rt.db.transact(testing.plan_day, facility_id)
    for facility_id in sorted({*planning, *due}):
        while (
            rt.db.transact(testing.make_due, facility_id, public_url=rt.settings.public_url)
            == testing.AT_ONCE
        ):
            pass
    rt.db.transact(results.look_up)


def _care(app: Flask) -> None:
    care(app.extensions["muster"])


def _quiet_tests(app: Flask) -> None:
    quiet_tests(app.extensions["muster"])


TICKS = [Tick("contacts.care", 60, _care), Tick("contacts.tests", 30, _quiet_tests)]
