"""How to reach people: added, put in order, verified, removed."""

from __future__ import annotations

from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.core.errors import Invalid, NotFound
from app.messaging.channels import Channel
from app.staffing import events
from app.staffing.actions.record import take_person, tell
from app.staffing.models import ContactMethod, Person
from app.staffing.phones import REACHES, address_for, masked

MOST_ADDRESSES = 5
MOVES = {"up": -1, "down": 1}


def add_contact(
    uow: UnitOfWork, actor: Actor, person_id: str, *, kind: str, address: str, calls: bool = False
) -> ContactMethod:
    """Add a way to reach somebody, tried after those already there; not verified yet.

    kind   mobile: gets texts, and calls too if `calls`; landline: calls alone; email.
    """
    return _add(uow, actor, person_id, kind, address, "address", calls=calls)


def add_phone(uow: UnitOfWork, actor: Actor, person_id: str, *, phone: str) -> ContactMethod:
    """Add a number for texts."""
    return _add(uow, actor, person_id, "mobile", phone, "phone")


def move_contact(uow: UnitOfWork, actor: Actor, person_id: str, contact_id: str, *, move: str) -> None:
    """One step `up` or `down` in the order in which the person is tried."""
    if move not in MOVES:
        raise Invalid.field("move", "must be one of up, down")
    person = take_person(uow, actor, person_id)
    method = _contact(uow, person, contact_id)
    order = sorted(person.contacts, key=lambda m: (m.rank, m.id))
    at = order.index(method)
    to = min(max(0, at + MOVES[move]), len(order) - 1)
    order.insert(to, order.pop(at))
    for rank, each in enumerate(order, 1):
        each.rank = rank
    ordered = events.ContactsOrdered(
        person_id=person.id, person_name=person.name, contact_ids=[each.id for each in order]
    )
    tell(uow, actor, person.facility_id, ordered)


def verify_phone(uow: UnitOfWork, actor: Actor, person_id: str, contact_id: str) -> ContactMethod:
    """Somebody has made sure that the number is this person's; doubts about it end."""
    person = take_person(uow, actor, person_id)
    method = _contact(uow, person, contact_id)
    method.verified_at = uow.now
    method.suspect_since = method.suspect_reason = None
    verified = events.ContactVerified(
        person_id=person.id, person_name=person.name, contact_id=method.id, channel=method.channel
    )
    tell(uow, actor, person.facility_id, verified)
    return method


def remove_phone(uow: UnitOfWork, actor: Actor, person_id: str, contact_id: str) -> str:
    """Take a number or address away; what was sent to it stays on record. Returns it, masked."""
    person = take_person(uow, actor, person_id)
    method = _contact(uow, person, contact_id)
    uow.session.delete(method)
    removed = events.ContactRemoved(
        person_id=person.id, person_name=person.name, contact_id=method.id, channel=method.channel
    )
    tell(uow, actor, person.facility_id, removed)
    return masked(method.address)


def _add(
    uow: UnitOfWork,
    actor: Actor,
    person_id: str,
    kind: str,
    address: str,
    field: str,
    *,
    calls: bool = False,
) -> ContactMethod:
    """`field` is what a complaint about the address names."""
    if kind not in REACHES:
        raise Invalid.field("kind", f"must be one of {', '.join(REACHES)}")
    person = take_person(uow, actor, person_id)
    clean = address_for(kind, address, field)
    channels = [each for each in REACHES[kind] if each is not Channel.VOICE or calls or kind == "landline"]
    missing = [c for c in channels if all((m.channel, m.address) != (c, clean) for m in person.contacts)]
    if not missing:
        what = "mail address" if kind == "email" else "number"
        raise Invalid.field(field, f"{person.name} has this {what} already")
    addresses = {m.address for m in person.contacts}
    if clean not in addresses and len(addresses) >= MOST_ADDRESSES:
        raise Invalid.field(
            field, f"at most {MOST_ADDRESSES} numbers and addresses a person; remove one first"
        )
    made = [_method(uow, actor, person, channel, clean) for channel in missing]
    return made[0]


def _method(uow: UnitOfWork, actor: Actor, person: Person, channel: Channel, address: str) -> ContactMethod:
    method = ContactMethod(
        id=uow.new_id(),
        person_id=person.id,
        channel=channel.value,
        address=address,
        rank=max((c.rank for c in person.contacts), default=0) + 1,
    )
    person.contacts.append(method)
    added = events.ContactAdded(
        person_id=person.id, person_name=person.name, contact_id=method.id, channel=channel.value
    )
    tell(uow, actor, person.facility_id, added)
    return method


def _contact(uow: UnitOfWork, person: Person, contact_id: str) -> ContactMethod:
    method = uow.session.get(ContactMethod, contact_id)
    if method is None or method.person_id != person.id:
        raise NotFound(f"{person.name} has no such number.")
    return method
