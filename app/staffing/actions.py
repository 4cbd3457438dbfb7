"""Changing the roster: people, how to reach them, and the depth lists."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.core.errors import Conflict, Invalid, NotFound
from app.core.permissions import Permission
from app.facilities.models import Facility
from app.staffing.models import ContactMethod, DepthEntry, Person
from app.staffing.phones import e164, masked

NAME_MOST = 200
LONGEST_TRAVEL_MINUTES = 24 * 60
LONGEST_DEPTH_LIST = 50
MOST_PHONES = 5


def add_person(
    uow: UnitOfWork,
    actor: Actor,
    *,
    facility_id: str,
    name: str,
    job_title: str,
    department: str = "",
    employee_number: str | None = None,
    travel_minutes: int | None = None,
) -> Person:
    """Put somebody on a hospital's roster. `travel_minutes` from home, 0 to 1440, None when not known."""
    actor.require(Permission.ROSTER_EDIT, facility_id)
    if uow.session.get(Facility, facility_id) is None:
        raise Invalid.field("facility", "there is no such hospital")
    if travel_minutes is not None and not 0 <= travel_minutes <= LONGEST_TRAVEL_MINUTES:
        raise Invalid.field(
            "travel_minutes", f"must be a whole number from 0 to {LONGEST_TRAVEL_MINUTES}, or empty"
        )
    number = (employee_number or "").strip() or None
    taken = sa.select(Person.name).where(Person.employee_number == number)
    if number is not None and (holder := uow.session.scalar(taken)) is not None:
        raise Conflict(f"The employee number {number} belongs to {holder}.")
    person = Person(
        id=uow.new_id(),
        facility_id=facility_id,
        employee_number=number,
        name=_words("name", name),
        job_title=_words("job_title", job_title),
        department=department.strip()[:NAME_MOST],
        travel_minutes=travel_minutes,
    )
    uow.session.add(person)
    uow.session.flush()
    return person


def set_active(uow: UnitOfWork, actor: Actor, person_id: str, *, active: bool) -> Person:
    """Take somebody off the roster, or back on. Who is off is neither called in nor assigned."""
    person = _person(uow, actor, person_id)
    person.active = active
    return person


def add_phone(uow: UnitOfWork, actor: Actor, person_id: str, *, phone: str) -> ContactMethod:
    """Add a number for texts, tried after those already there. It is not verified yet."""
    person = _person(uow, actor, person_id)
    address = e164(phone)
    if any(c.address == address for c in person.contacts):
        raise Invalid.field("phone", f"{person.name} has this number already")
    if len(person.contacts) >= MOST_PHONES:
        raise Invalid.field("phone", f"at most {MOST_PHONES} numbers a person; remove one first")
    method = ContactMethod(
        id=uow.new_id(),
        person_id=person.id,
        channel="sms",
        address=address,
        rank=max((c.rank for c in person.contacts), default=0) + 1,
    )
    uow.session.add(method)
    uow.session.flush()
    return method


def remove_phone(uow: UnitOfWork, actor: Actor, person_id: str, contact_id: str) -> str:
    """Take a number away; what was sent to it stays on record. Returns the number, masked."""
    method = _contact(uow, _person(uow, actor, person_id), contact_id)
    uow.session.delete(method)
    uow.session.flush()
    return masked(method.address)


def set_depth_list(
    uow: UnitOfWork, actor: Actor, *, facility_id: str, position: str, person_ids: Sequence[str]
) -> None:
    """Replace who could hold a position at a hospital, best first."""
    actor.require(Permission.ROSTER_EDIT, facility_id)
    # Two people who reorder one list at once queue at the hospital's row.
    uow.session.execute(sa.select(Facility.id).where(Facility.id == facility_id).with_for_update())
    if len(person_ids) > LONGEST_DEPTH_LIST:
        raise Invalid.field("person_id", f"at most {LONGEST_DEPTH_LIST} people")
    known = set(uow.session.scalars(sa.select(Person.id).where(Person.id.in_(person_ids), Person.active)))
    if len(set(person_ids)) != len(person_ids):
        raise Invalid.field("person_id", "stands twice in the list")
    if len(known) != len(person_ids):
        raise Invalid.field("person_id", "is nobody on the roster")
    uow.session.execute(
        sa.delete(DepthEntry).where(
            DepthEntry.facility_id == facility_id, DepthEntry.position_slug == position
        )
    )
    for rank, person_id in enumerate(person_ids, 1):
        entry = DepthEntry(
            id=uow.new_id(), facility_id=facility_id, position_slug=position, rank=rank, person_id=person_id
        )
        uow.session.add(entry)
    uow.session.flush()


def _person(uow: UnitOfWork, actor: Actor, person_id: str) -> Person:
    person = uow.session.get(Person, person_id, with_for_update=True)
    if person is None:
        raise NotFound("There is no such person on the roster.")
    actor.require(Permission.ROSTER_EDIT, person.facility_id)
    return person


def _contact(uow: UnitOfWork, person: Person, contact_id: str) -> ContactMethod:
    method = uow.session.get(ContactMethod, contact_id)
    if method is None or method.person_id != person.id:
        raise NotFound(f"{person.name} has no such number.")
    return method


def _words(field: str, text: str) -> str:
    cleaned = text.strip()
    if not 1 <= len(cleaned) <= NAME_MOST:
        raise Invalid.field(field, f"must have 1 to {NAME_MOST} characters")
    return cleaned
