"""Changing how somebody can be reached, by themselves or by the roster keeper."""

from __future__ import annotations

from datetime import datetime

from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.core.errors import Invalid
from app.staffing.actions.contacts import add_to, remove_from
from app.staffing.contacts.actions.access import care_of, method_of, note, take_person
from app.staffing.contacts.addresses import ending
from app.staffing.contacts.events import ContactRests
from app.staffing.contacts.rules import DAY_MINUTES, LONGEST_PAUSE
from app.staffing.models import ContactMethod, Person


def add_method(
    uow: UnitOfWork, actor: Actor, person_id: str, *, kind: str, address: str, calls: bool = False
) -> ContactMethod:
    """Add a mobile (for calls too, if `calls`), a landline or a mail address; not verified yet."""
    return add_to(uow, actor, take_person(uow, actor, person_id), kind, address, calls=calls)


def remove_method(uow: UnitOfWork, actor: Actor, person_id: str, contact_id: str) -> None:
    """Take a method away; what was sent to it stays on record."""
    remove_from(uow, actor, take_person(uow, actor, person_id), contact_id)


def pause(
    uow: UnitOfWork, actor: Actor, person_id: str, contact_id: str, *, until: datetime | None
) -> ContactMethod:
    """Leave a method alone until then, but for what is urgent; None ends it. At most 60 days."""
    person = take_person(uow, actor, person_id)
    method = method_of(uow, person, contact_id)
    if until is not None and not uow.now < until <= uow.now + LONGEST_PAUSE:
        raise Invalid.field("until", f"must lie ahead, at most {LONGEST_PAUSE.days} days")
    care_of(uow, method).paused_until = until
    _rests(uow, actor, person, method, "paused" if until else "resumed")
    return method


def set_quiet_hours(
    uow: UnitOfWork, actor: Actor, person_id: str, contact_id: str, *, start: str, end: str
) -> ContactMethod:
    """Hours of the wall clock such as 22:00 and 06:00 in which only what is urgent comes; both empty: none."""
    person = take_person(uow, actor, person_id)
    method = method_of(uow, person, contact_id)
    care = care_of(uow, method)
    if not start and not end:
        care.quiet_from = care.quiet_to = None
    else:
        care.quiet_from, care.quiet_to = _minute("quiet_from", start), _minute("quiet_to", end)
        if care.quiet_from == care.quiet_to:
            raise Invalid.field("quiet_to", "must be another time than the first")
    _rests(uow, actor, person, method, "quiet_hours", f"{start} to {end}" if start else "none")
    return method


def _minute(field: str, text: str) -> int:
    hour, colon, minute = text[:5].partition(":")
    if colon and hour.isdecimal() and minute.isdecimal() and len(minute) == 2 and int(minute) < 60:
        found = int(hour) * 60 + int(minute)
        if found < DAY_MINUTES:
            return found
    raise Invalid.field(field, "must be a time such as 06:00")


def _rests(
    uow: UnitOfWork, actor: Actor, person: Person, method: ContactMethod, what: str, detail: str = ""
) -> None:
    event = ContactRests(
        person_id=person.id,
        person_name=person.name,
        channel=method.channel,
        ending=ending(method.channel, method.address),
        what=what,
        detail=detail,
    )
    note(uow, actor, person.facility_id, event)
