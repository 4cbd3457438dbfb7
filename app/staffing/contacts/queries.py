"""Reading how people can be reached."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.incidents.models import Incident, IncidentState
from app.staffing.contacts.models import (
    ContactCare,
    ContactCode,
    ContactTrouble,
    QuietTest,
    QuietTestPlan,
    QuietTestState,
)
from app.staffing.contacts.rules import rests_until
from app.staffing.models import ContactMethod, Person

_AT_ONCE = 500


@dataclass(frozen=True)
class Doubt:
    """A method in doubt: whose, since when, why, and when its owner was told over which channel."""

    person: Person
    method: ContactMethod
    told_at: datetime | None
    told_over: str | None


@dataclass(frozen=True)
class Standing:
    """How a hospital's active people can be reached. `unreachable`: with why nothing gets through."""

    people: int
    unreachable: list[tuple[Person, str]]
    suspect: list[Doubt]
    unverified: int
    as_of: datetime


def real_incident(session: Session, facility_id: str) -> bool:
    """Whether something real is going on at a hospital: then nobody is bothered with tests and questions."""
    found = sa.select(Incident.id).where(
        Incident.facility_id == facility_id,
        Incident.state == IncidentState.ACTIVE,
        Incident.exercise.is_(False),
    )
    return session.scalar(found.limit(1)) is not None


def resting(session: Session, contact_ids: Collection[str], zone: str, now: datetime) -> dict[str, datetime]:
    """Until when each of these methods is to be left alone by what is not urgent; without those that are not.

    What is urgent (a real incident's questions and notices) takes no notice of it.
    """
    ids, found = list(contact_ids), {}
    for start in range(0, len(ids), _AT_ONCE):
        query = sa.select(ContactCare).where(ContactCare.contact_id.in_(ids[start : start + _AT_ONCE]))
        for care in session.scalars(query):
            until = rests_until(care.paused_until, care.quiet_from, care.quiet_to, zone, now)
            if until is not None:
                found[care.contact_id] = until
    return found


def why_unreachable(person: Person) -> str | None:
    """Why nothing reaches this person; None when something may."""
    if not person.contacts:
        return "no number or address"
    open_ = [method for method in person.contacts if method.opted_out_at is None]
    if not open_:
        return "has opted out of everything"
    return "everything is in doubt" if all(m.suspect_since is not None for m in open_) else None


def standing(session: Session, facility_id: str, now: datetime) -> Standing:
    query = sa.select(Person).where(Person.facility_id == facility_id, Person.active)
    people = session.scalars(query.order_by(Person.name, Person.id)).all()
    told = {
        trouble.contact_id: trouble
        for trouble in session.scalars(
            sa.select(ContactTrouble).where(
                ContactTrouble.facility_id == facility_id, ContactTrouble.ended_at.is_(None)
            )
        )
    }
    suspect = [
        Doubt(person, method, *_told(told.get(method.id)))
        for person in people
        for method in person.contacts
        if method.suspect_since is not None
    ]
    suspect.sort(key=lambda doubt: (doubt.method.suspect_since or now, doubt.person.name), reverse=True)
    return Standing(
        len(people),
        [(person, why) for person in people if (why := why_unreachable(person))],
        suspect,
        sum(method.verified_at is None for person in people for method in person.contacts),
        now,
    )


def _told(trouble: ContactTrouble | None) -> tuple[datetime | None, str | None]:
    return (trouble.told_at, trouble.told_over) if trouble else (None, None)


def cares(session: Session, person: Person) -> dict[str, ContactCare]:
    query = sa.select(ContactCare).where(ContactCare.contact_id.in_([m.id for m in person.contacts]))
    return {care.contact_id: care for care in session.scalars(query)}


def open_codes(session: Session, person: Person, now: datetime) -> dict[str, ContactCode]:
    """The code that each method waits for."""
    query = sa.select(ContactCode).where(
        ContactCode.contact_id.in_([m.id for m in person.contacts]),
        ContactCode.used_at.is_(None),
        ContactCode.expires_at > now,
    )
    return {code.contact_id: code for code in session.scalars(query.order_by(ContactCode.sent_at))}


def tests_of(session: Session, person: Person) -> tuple[dict[str, QuietTest], dict[str, QuietTest]]:
    """The newest quiet test that was made of each method, and the one that waits for its time."""
    query = sa.select(QuietTest).where(
        QuietTest.person_id == person.id, QuietTest.state != QuietTestState.SKIPPED
    )
    made: dict[str, QuietTest] = {}
    planned: dict[str, QuietTest] = {}
    for test in session.scalars(query.order_by(QuietTest.due_at)):
        if test.contact_id is not None:
            (planned if test.state is QuietTestState.PLANNED else made)[test.contact_id] = test
    return made, planned


def plan(session: Session, facility_id: str) -> QuietTestPlan | None:
    return session.get(QuietTestPlan, facility_id)


def active_plans(session: Session) -> Sequence[QuietTestPlan]:
    return session.scalars(sa.select(QuietTestPlan).where(QuietTestPlan.active)).all()
