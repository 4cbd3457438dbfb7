"""Methods that carriers say cannot be right: noted, their owners asked, the roster keepers told once a day."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta

import sqlalchemy as sa

from app.accounts import links
from app.accounts.models import Account, AccountRole
from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.core.insert import insert_once
from app.core.permissions import GRANTED, Permission, Role
from app.facilities.models import Facility
from app.facilities.stream import take_hospitals
from app.messaging.actions import Wish, request_all
from app.messaging.channels import Channel
from app.messaging.models import Intent
from app.messaging.states import Purpose
from app.staffing.contacts import queries, texts
from app.staffing.contacts.actions.access import note
from app.staffing.contacts.addresses import ending
from app.staffing.contacts.events import ContactSuspect, ContactWorksAgain, OwnerTold
from app.staffing.contacts.models import CareDigest, ContactTrouble
from app.staffing.contacts.rules import TELL_OWNER_EVERY
from app.staffing.contacts.schedule import local_day
from app.staffing.models import ContactMethod, Person

CARE = Actor.system("contact care")
REACH = "contact.reach"
"""The purpose of links that open somebody's own page of contact methods."""

LINK_LIFE = timedelta(days=7)
LANE = 6


def look_after(uow: UnitOfWork, facility_id: str, *, public_url: str) -> int:
    """Bring the troubles of one hospital up to date; returns how many began or ended. Twice does no harm."""
    take_hospitals(uow, [facility_id])
    changed = _clear_delivered(uow, facility_id) + _note_new(uow, facility_id) + _note_ended(uow, facility_id)
    if not queries.real_incident(uow.session, facility_id):
        _tell_owners(uow, facility_id, public_url)
    return changed


def send_digest(uow: UnitOfWork, facility_id: str, *, public_url: str) -> int:
    """Tell the roster keepers of one hospital what is new since the last time; returns how many were told.

    Once a local day; nothing when nothing is new.
    """
    place = uow.session.get_one(Facility, facility_id)
    day = local_day(uow.now, place.zone)
    last = uow.session.scalar(
        sa.select(sa.func.max(CareDigest.at, type_=CareDigest.at.type)).where(
            CareDigest.facility_id == facility_id
        )
    )
    row = {"facility_id": facility_id, "day": day, "at": uow.now, "told": 0}
    if not insert_once(uow.session, CareDigest, [row]):
        return 0
    new = sa.select(sa.func.count()).where(
        ContactTrouble.facility_id == facility_id, ContactTrouble.ended_at.is_(None)
    )
    if last is not None:
        new = new.where(ContactTrouble.noted_at >= last)
    count = uow.session.scalar(new) or 0
    if count == 0:
        return 0
    standing = queries.standing(uow.session, facility_id, uow.now)
    body = texts.digest(
        place.code,
        count,
        len(standing.suspect),
        len(standing.unreachable),
        f"{public_url}/people/reach/{place.code}",
    )
    wishes = []
    for person in _keepers(uow, facility_id):
        method = _best(person, prefer=Channel.EMAIL)
        if method is not None:
            key = f"contact-digest:{facility_id}:{day}:{person.id}"
            wishes.append(_wish(person, method, facility_id, body, key))
    request_all(uow, wishes)
    uow.session.execute(
        sa.update(CareDigest)
        .where(CareDigest.facility_id == facility_id, CareDigest.day == day)
        .values(told=len(wishes))
    )
    return len(wishes)


def _note_new(uow: UnitOfWork, facility_id: str) -> int:
    known = sa.exists().where(
        ContactTrouble.contact_id == ContactMethod.id, ContactTrouble.since == ContactMethod.suspect_since
    )
    new = _methods(facility_id).where(ContactMethod.suspect_since.is_not(None), ~known)
    found = uow.session.execute(new).all()
    for method, person in found:
        uow.session.add(
            ContactTrouble(
                id=uow.new_id(),
                contact_id=method.id,
                person_id=person.id,
                facility_id=facility_id,
                since=method.suspect_since,
                reason=method.suspect_reason or "not reached",
                noted_at=uow.now,
            )
        )
        reason = method.suspect_reason or "not reached"
        note(uow, CARE, facility_id, ContactSuspect(**_named(person, method), reason=reason))
    uow.session.flush()
    return len(found)


def _note_ended(uow: UnitOfWork, facility_id: str) -> int:
    over = (
        sa.select(ContactTrouble, ContactMethod, Person)
        .join(ContactMethod, ContactMethod.id == ContactTrouble.contact_id)
        .join(Person, Person.id == ContactTrouble.person_id)
        .where(
            ContactTrouble.facility_id == facility_id,
            ContactTrouble.ended_at.is_(None),
            sa.or_(
                ContactMethod.suspect_since.is_(None), ContactMethod.suspect_since != ContactTrouble.since
            ),
        )
    )
    found = uow.session.execute(over).all()
    for trouble, method, person in found:
        trouble.ended_at = uow.now
        if method.suspect_since is None:
            note(uow, CARE, facility_id, ContactWorksAgain(**_named(person, method)))
    uow.session.flush()
    return len(found)


def _clear_delivered(uow: UnitOfWork, facility_id: str) -> int:
    """What has arrived since a method went suspect shows that it works."""
    arrived = sa.exists().where(
        Intent.person_id == ContactMethod.person_id,
        Intent.contact_id == ContactMethod.id,
        Intent.delivered_at > ContactMethod.suspect_since,
    )
    query = _methods(facility_id).where(ContactMethod.suspect_since.is_not(None), arrived)
    found = [method for method, _ in uow.session.execute(query)]
    for method in found:
        method.suspect_since = method.suspect_reason = None
    uow.session.flush()
    return len(found)


def _tell_owners(uow: UnitOfWork, facility_id: str, public_url: str) -> None:
    """Each owner at most once a week, over a method that is not in doubt and does not rest."""
    place = uow.session.get_one(Facility, facility_id)
    lately = sa.select(ContactTrouble.person_id).where(ContactTrouble.told_at > uow.now - TELL_OWNER_EVERY)
    waiting = (
        sa.select(ContactTrouble, ContactMethod, Person)
        .join(ContactMethod, ContactMethod.id == ContactTrouble.contact_id)
        .join(Person, Person.id == ContactTrouble.person_id)
        .where(
            ContactTrouble.facility_id == facility_id,
            ContactTrouble.ended_at.is_(None),
            ContactTrouble.told_at.is_(None),
            ContactTrouble.person_id.not_in(lately),
            Person.active,
        )
        .order_by(ContactTrouble.since)
    )
    told: set[str] = set()
    wishes: list[Wish] = []
    rows = uow.session.execute(waiting).all()
    resting = queries.resting(
        uow.session, [c.id for _, _, p in rows for c in p.contacts], place.zone, uow.now
    )
    for trouble, method, person in rows:
        over = _best(person, without=resting)
        if person.id in told or over is None:
            continue
        told.add(person.id)
        trouble.told_at, trouble.told_over = uow.now, over.channel
        secret = links.make(
            uow, person_id=person.id, purpose=REACH, subject_id=person.id, expires_at=uow.now + LINK_LIFE
        )
        words = texts.not_reached(
            method.channel, ending(method.channel, method.address), f"{public_url}/reach/{secret}"
        )
        wishes.append(_wish(person, over, trouble.id, words, f"contact-trouble:{trouble.id}"))
        note(uow, CARE, facility_id, OwnerTold(**_named(person, method), over=over.channel))
    request_all(uow, wishes)


def _methods(facility_id: str) -> sa.Select[ContactMethod, Person]:
    """Methods of a hospital's active people, with the person."""
    joined = sa.select(ContactMethod, Person).join(Person, Person.id == ContactMethod.person_id)
    return joined.where(Person.facility_id == facility_id, Person.active)


def _named(person: Person, method: ContactMethod) -> dict[str, str]:
    return {
        "person_id": person.id,
        "person_name": person.name,
        "channel": method.channel,
        "ending": ending(method.channel, method.address),
    }


def _best(
    person: Person, without: Collection[str] = (), prefer: Channel = Channel.SMS
) -> ContactMethod | None:
    """The method that a notice goes to: written, not in doubt, not closed."""
    open_ = [
        method
        for method in person.contacts
        if method.opted_out_at is None
        and method.suspect_since is None
        and method.channel in (Channel.SMS, Channel.EMAIL)
        and method.id not in without
    ]
    return min(open_, key=lambda m: (m.channel != prefer, m.rank, m.id), default=None)


def _wish(person: Person, method: ContactMethod, subject_id: str, body: str, key: str) -> Wish:
    return Wish(
        purpose=Purpose.NOTICE,
        subject_id=subject_id,
        stream=None,
        person_id=person.id,
        contact_id=method.id,
        to=method.address,
        body=body,
        key=key,
        lane=LANE,
        channel=Channel(method.channel),
        title=texts.TITLE if method.channel == Channel.EMAIL else None,
    )


def _keepers(uow: UnitOfWork, facility_id: str) -> Sequence[Person]:
    """Whoever may edit this hospital's roster, and has an account that is in use."""
    roles = [role for role in Role if Permission.ROSTER_EDIT in GRANTED[role]]
    accounts = (
        sa.select(Account.person_id)
        .join(AccountRole, AccountRole.account_id == Account.id)
        .where(
            Account.disabled_at.is_(None),
            AccountRole.role.in_(roles),
            sa.or_(AccountRole.facility_id.is_(None), AccountRole.facility_id == facility_id),
        )
    )
    query = sa.select(Person).where(Person.id.in_(accounts), Person.active).order_by(Person.id)
    return uow.session.scalars(query).all()
