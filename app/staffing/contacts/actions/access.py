"""Whose contact methods somebody may change: one's own, and with the roster's permission everybody's."""

from __future__ import annotations

from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.core.errors import NotFound
from app.core.permissions import Permission
from app.facilities.stream import stream_of, take_hospitals
from app.journal import Event, append
from app.staffing.contacts.models import ContactCare
from app.staffing.models import ContactMethod, Person


def is_own(actor: Actor, person: Person) -> bool:
    return actor.person_id == person.id


def take_person(uow: UnitOfWork, actor: Actor, person_id: str) -> Person:
    """The person, with the hospital's journal and then the row locked. Raises NotFound or Forbidden."""
    person = uow.session.get(Person, person_id)
    if person is None:
        raise NotFound("There is no such person on the roster.")
    if not is_own(actor, person):
        actor.require(Permission.ROSTER_EDIT, person.facility_id)
    take_hospitals(uow, [person.facility_id])
    return uow.session.get_one(Person, person_id, with_for_update=True, populate_existing=True)


def method_of(uow: UnitOfWork, person: Person, contact_id: str) -> ContactMethod:
    method = uow.session.get(ContactMethod, contact_id, with_for_update=True, populate_existing=True)
    if method is None or method.person_id != person.id:
        raise NotFound(f"{person.name} has no such number or address.")
    return method


def care_of(uow: UnitOfWork, method: ContactMethod) -> ContactCare:
    """The row about a method whose person is taken; made when there is none."""
    care = uow.session.get(ContactCare, method.id)
    if care is None:
        care = ContactCare(contact_id=method.id)
        uow.session.add(care)
        uow.session.flush()
    return care


def note(uow: UnitOfWork, actor: Actor, facility_id: str, event: Event) -> None:
    """Into the hospital's journal, which has been taken."""
    append(uow, stream_of(facility_id), actor, event)
