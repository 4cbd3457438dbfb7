"""Quiet tests: set up, planned once a day, made when due, or asked for now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from app.accounts import links
from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.core.errors import Conflict, Invalid
from app.core.insert import insert_once
from app.core.permissions import Permission
from app.facilities.models import Facility
from app.facilities.queries import facility
from app.facilities.stream import take_hospitals
from app.messaging.actions import Wish, request_all
from app.messaging.channels import TO_PEOPLE, Channel
from app.messaging.states import Purpose
from app.staffing.contacts import queries, schedule, texts
from app.staffing.contacts.actions.access import note
from app.staffing.contacts.actions.verifying import CONFIRM
from app.staffing.contacts.addresses import ending
from app.staffing.contacts.events import QuietTestsAsked, QuietTestsSet
from app.staffing.contacts.models import QuietTest, QuietTestDay, QuietTestPlan, QuietTestState
from app.staffing.models import ContactMethod, Person

SCHEDULE = "schedule"
LANE = 7
OF_USE = timedelta(hours=4)
LINK_LIFE = timedelta(days=2)
AT_ONCE = 100
BY_HAND_WITHIN = timedelta(minutes=10)
"""Tests asked for now are made within so long; later ones are left out: whoever asked has gone."""

REAL = "Something real is going on at this hospital: no tests until it is over."


def set_plan(
    uow: UnitOfWork, actor: Actor, facility_id: str, *, active: bool, every_weeks: int, most_a_day: int
) -> QuietTestPlan:
    """Switch a hospital's quiet tests on or off, and say how often each method has its turn."""
    actor.require(Permission.ROSTER_EDIT, facility_id)
    facility(uow.session, facility_id)
    take_hospitals(uow, [facility_id])
    for name, value, (low, high) in (
        ("every_weeks", every_weeks, schedule.WEEKS),
        ("most_a_day", most_a_day, schedule.DAY_MOST),
    ):
        if not low <= value <= high:
            raise Invalid.field(name, f"must be a whole number from {low} to {high}")
    plan = uow.session.merge(
        QuietTestPlan(
            facility_id=facility_id,
            active=active,
            every_weeks=every_weeks,
            most_a_day=most_a_day,
            changed_at=uow.now,
            changed_by=actor.name,
        )
    )
    if not active:
        _skip(uow, facility_id, "the tests were switched off")
    note(
        uow,
        actor,
        facility_id,
        QuietTestsSet(active=active, every_weeks=every_weeks, most_a_day=most_a_day),
    )
    return plan


def plan_day(uow: UnitOfWork, facility_id: str) -> int:
    """Plan today's share, once, whoever comes first; returns how many tests are new."""
    plan = uow.session.get(QuietTestPlan, facility_id)
    place = uow.session.get_one(Facility, facility_id)
    day = schedule.local_day(uow.now, place.zone)
    if plan is None or not plan.active or not schedule.works(day):
        return 0
    if uow.now >= schedule.window(day, place.zone)[1]:
        return 0
    row = {"facility_id": facility_id, "day": day, "at": uow.now, "planned": 0}
    if not insert_once(uow.session, QuietTestDay, [row]):
        return 0
    chosen = _chosen(uow, plan, place, day)
    moments = schedule.spread(day, place.zone, len(chosen), facility_id, uow.now)
    rows = [
        _row(uow, method, person, f"plan:{day}:{method.id}", SCHEDULE, due_at)
        for (method, person), due_at in zip(chosen, moments, strict=False)
    ]
    insert_once(uow.session, QuietTest, rows)
    uow.session.execute(
        sa.update(QuietTestDay)
        .where(QuietTestDay.facility_id == facility_id, QuietTestDay.day == day)
        .values(planned=len(rows))
    )
    return len(rows)


def ask_now(
    uow: UnitOfWork,
    actor: Actor,
    facility_id: str,
    *,
    person_id: str | None = None,
    department: str | None = None,
) -> int:
    """Test every open method of a person, or of a department between nine and six; returns how many.

    Raises Conflict while something real is going on, Invalid when there is nobody or nothing to test.
    """
    actor.require(Permission.ROSTER_EDIT, facility_id)
    place = facility(uow.session, facility_id)
    take_hospitals(uow, [facility_id])
    if queries.real_incident(uow.session, facility_id):
        raise Conflict(REAL)
    if person_id is None and not schedule.may_run(uow.now, uow.now, place.zone):
        raise Conflict("A department is tested on working days between 09:00 and 18:00, local time.")
    found = _methods(facility_id)
    found = found.where(Person.id == person_id) if person_id else found.where(Person.department == department)
    methods = [(m, p) for m, p in uow.session.execute(found) if m.opted_out_at is None]
    if not methods:
        raise Invalid.field(
            "department" if person_id is None else "person_id", "has no number or address to test"
        )
    minute = int(uow.now.timestamp()) // 60
    rows = [_row(uow, m, p, f"hand:{minute}:{m.id}", actor.name, uow.now) for m, p in methods]
    made = insert_once(uow.session, QuietTest, rows)
    whom = methods[0][1].name if person_id else department or ""
    note(uow, actor, facility_id, QuietTestsAsked(whom=whom, count=made))
    return made


def make_due(uow: UnitOfWork, facility_id: str, *, public_url: str) -> int:
    """Make the tests that are due, or move or leave out those that cannot be made now; returns how many.

    Rows are claimed by their lock and leave the state `planned`: whoever comes second finds others.
    """
    place = uow.session.get_one(Facility, facility_id)
    due = (
        sa.select(QuietTest)
        .where(
            QuietTest.facility_id == facility_id,
            QuietTest.state == sa.literal_column("'planned'"),
            QuietTest.due_at <= uow.now,
        )
        .order_by(QuietTest.due_at, QuietTest.id)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    tests = uow.session.scalars(due).all()
    real = bool(tests) and queries.real_incident(uow.session, facility_id)
    methods = _of_tests(uow, tests)
    resting = queries.resting(uow.session, methods, place.zone, uow.now)
    wishes: list[Wish] = []
    for test in tests:
        method = methods.get(test.contact_id or "")
        if _held_up(test, place, uow.now, real):
            continue
        why = _why_not(method, test, resting)
        if why is not None or method is None:
            test.state, test.reason, test.ended_at = QuietTestState.SKIPPED, why, uow.now
            continue
        test.state, test.asked_at = QuietTestState.ASKED, uow.now
        wishes.append(_wish(uow, test, method, place, public_url))
    for test_id, intent in zip([w.subject_id for w in wishes], request_all(uow, wishes), strict=True):
        uow.session.get_one(QuietTest, test_id).intent_id = intent.id
    return len(tests)


def _held_up(test: QuietTest, place: Facility, now: datetime, real: bool) -> bool:
    """Whether a test is not to be made now; then it has been moved, or left out when it was asked for by hand."""
    if test.by != SCHEDULE:
        late = now - test.due_at > BY_HAND_WITHIN
        if real or late:
            test.state, test.ended_at = QuietTestState.SKIPPED, now
            test.reason = "something real was going on" if real else "the engine was silent"
        return real or late
    if real or not schedule.may_run(test.due_at, now, place.zone):
        test.due_at = schedule.moved(test.due_at, now, place.zone)
        test.reason = "moved: something real was going on" if real else "moved: its time had passed"
        return True
    return False


def _why_not(method: ContactMethod | None, test: QuietTest, resting: dict[str, datetime]) -> str | None:
    if method is None:
        return "was removed from the roster"
    if method.opted_out_at is not None:
        return "has opted out"
    if method.id in resting and test.by == SCHEDULE:
        return "is paused by its owner"
    return None


def _chosen(
    uow: UnitOfWork, plan: QuietTestPlan, place: Facility, day: date
) -> list[tuple[ContactMethod, Person]]:
    """Whose turn it is: never tested first, then the longest ago; of one person one method a day."""
    last = (
        sa.select(
            QuietTest.contact_id, sa.func.max(QuietTest.due_at, type_=QuietTest.due_at.type).label("at")
        )
        .where(QuietTest.facility_id == plan.facility_id)
        .group_by(QuietTest.contact_id)
        .subquery()
    )
    query = (
        _methods(plan.facility_id)
        .add_columns(last.c.at)
        .outerjoin(last, last.c.contact_id == ContactMethod.id)
        .where(ContactMethod.opted_out_at.is_(None))
        .order_by(last.c.at.is_not(None), last.c.at, ContactMethod.id)
    )
    rows = uow.session.execute(query).all()
    begin, _ = schedule.window(day, place.zone)
    count = schedule.share(len(rows), plan.every_weeks, plan.most_a_day)
    chosen: dict[str, tuple[ContactMethod, Person]] = {}
    for method, person, at in rows:
        if len(chosen) == count or not schedule.is_due(at, plan.every_weeks, begin):
            break
        chosen.setdefault(person.id, (method, person))
    return list(chosen.values())


def _methods(facility_id: str) -> sa.Select[ContactMethod, Person]:
    joined = sa.select(ContactMethod, Person).join(Person, Person.id == ContactMethod.person_id)
    return joined.where(
        Person.facility_id == facility_id, Person.active, ContactMethod.channel.in_(list(TO_PEOPLE))
    ).order_by(None)


def _of_tests(uow: UnitOfWork, tests: Sequence[QuietTest]) -> dict[str, ContactMethod]:
    ids = [test.contact_id for test in tests if test.contact_id]
    query = sa.select(ContactMethod).where(ContactMethod.id.in_(ids))
    return {method.id: method for method in uow.session.scalars(query)}


def _row(
    uow: UnitOfWork, method: ContactMethod, person: Person, key: str, by: str, due_at: datetime
) -> dict[str, object]:
    return {
        "id": uow.new_id(),
        "key": key,
        "facility_id": person.facility_id,
        "person_id": person.id,
        "contact_id": method.id,
        "department": person.department,
        "channel": method.channel,
        "ending": ending(method.channel, method.address)[:80],
        "by": by,
        "due_at": due_at,
        "state": QuietTestState.PLANNED,
    }


def _wish(uow: UnitOfWork, test: QuietTest, method: ContactMethod, place: Facility, public_url: str) -> Wish:
    link = ""
    if method.channel == Channel.EMAIL:
        secret = links.make(
            uow,
            person_id=test.person_id,
            purpose=CONFIRM,
            subject_id=test.id,
            expires_at=uow.now + LINK_LIFE,
        )
        link = f"{public_url}/reach/confirm/{secret}"
    body, title = texts.quiet_test(method.channel, place.name, link)
    return Wish(
        purpose=Purpose.CHECK,
        subject_id=test.id,
        stream=None,
        person_id=test.person_id,
        contact_id=method.id,
        to=method.address,
        body=body,
        key=f"quiet-test:{test.id}",
        lane=LANE,
        expires_at=uow.now + OF_USE,
        channel=Channel(method.channel),
        title=title,
    )


def _skip(uow: UnitOfWork, facility_id: str, why: str) -> None:
    planned = sa.update(QuietTest).where(
        QuietTest.facility_id == facility_id, QuietTest.state == QuietTestState.PLANNED
    )
    uow.session.execute(planned.values(state=QuietTestState.SKIPPED, reason=why, ended_at=uow.now))
