"""Twelve weeks of quiet tests for the demo hospitals, and a few numbers that are wrong."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

import sqlalchemy as sa

from app.demo.filling import insert
from app.demo.parts import Filling
from app.facilities.models import Facility
from app.messaging.carriers.errors import explain
from app.messaging.channels import Channel
from app.staffing.contacts import schedule
from app.staffing.contacts.actions.testing import SCHEDULE
from app.staffing.contacts.addresses import ending
from app.staffing.contacts.models import ContactTrouble, QuietTest, QuietTestPlan, QuietTestState
from app.staffing.contacts.report import WEEKS
from app.staffing.models import ContactMethod, DepthEntry, Person

EVERY_WEEKS, MOST_A_DAY = 4, 60
WRONG = 4
S = QuietTestState
# Made up. The first and the last weeks' chance that a test fails: what is found gets mended.
FAILS_FIRST, FAILS_LAST = 0.11, 0.03
GONE, OFF = 30005, 30003


def fill_quiet_tests(filling: Filling) -> None:
    uow, chance = filling.uow, Random(12)
    rows: list[dict[str, Any]] = []
    for place in uow.session.scalars(sa.select(Facility).order_by(Facility.code)):
        uow.session.add(
            QuietTestPlan(
                facility_id=place.id,
                active=True,
                every_weeks=EVERY_WEEKS,
                most_a_day=MOST_A_DAY,
                changed_at=uow.now,  # so that today is not late before the first tick has planned it
                changed_by="Demo data",
            )
        )
        rows += _history(filling, place, chance)
    insert(uow, QuietTest, rows)
    _wrong_numbers(filling, chance)


def _history(filling: Filling, place: Facility, chance: Random) -> list[dict[str, Any]]:
    uow = filling.uow
    query = (
        sa.select(ContactMethod, Person)
        .join(Person, Person.id == ContactMethod.person_id)
        .where(Person.facility_id == place.id)
        .order_by(Person.employee_number, ContactMethod.channel)
    )
    methods = uow.session.execute(query).all()
    today = schedule.local_day(uow.now, place.zone)
    days = [today - timedelta(days=back) for back in range(1, WEEKS * 7)]
    working = [day for day in reversed(days) if schedule.works(day)]
    rounds = schedule.WORKING_DAYS * EVERY_WEEKS
    rows = []
    for number, (method, person) in enumerate(methods):
        for nth in range(number % rounds, len(working), rounds):
            begin, end = schedule.window(working[nth], place.zone)
            due_at = begin + (end - begin) * chance.random()
            fails = FAILS_FIRST + (FAILS_LAST - FAILS_FIRST) * nth / len(working)
            state, code = _result(method.channel, fails, chance)
            rows.append(
                {
                    "id": uow.new_id(),
                    "key": f"plan:{working[nth]}:{method.id}",
                    "facility_id": place.id,
                    "person_id": person.id,
                    "contact_id": method.id,
                    "department": person.department,
                    "channel": method.channel,
                    "ending": ending(method.channel, method.address),
                    "by": SCHEDULE,
                    "due_at": due_at,
                    "state": state,
                    "reason": explain(code) if code else None,
                    "asked_at": due_at,
                    "ended_at": due_at + timedelta(seconds=chance.randint(2, 90)),
                }
            )
    return rows


def _result(channel: str, fails: float, chance: Random) -> tuple[QuietTestState, int | None]:
    luck = chance.random()
    if channel == Channel.EMAIL:
        return (S.ANSWERED if luck > 0.7 else S.SENT), None
    if luck < fails:
        return S.FAILED, OFF if chance.random() < 0.7 else GONE
    if luck < fails + 0.01:
        return S.UNKNOWN, None
    return (S.ANSWERED if chance.random() < 0.35 else S.DELIVERED), None


def _wrong_numbers(filling: Filling, chance: Random) -> None:
    """Some numbers in doubt, of people who stand in no depth list: what the demo shows elsewhere goes well."""
    uow = filling.uow
    named = sa.select(DepthEntry.person_id)
    query = (
        sa.select(ContactMethod, Person)
        .join(Person, Person.id == ContactMethod.person_id)
        .where(ContactMethod.channel == Channel.SMS, Person.id.not_in(named))
        .order_by(Person.employee_number)
    )
    for method, person in chance.sample(uow.session.execute(query).all(), WRONG):
        since = uow.now - timedelta(hours=chance.randint(2, 200))
        method.suspect_since, method.suspect_reason, method.verified_at = since, explain(GONE), None
        uow.session.add(
            ContactTrouble(
                id=uow.new_id(),
                contact_id=method.id,
                person_id=person.id,
                facility_id=person.facility_id,
                since=since,
                reason=explain(GONE),
                noted_at=since,
            )
        )
    uow.session.flush()
