"""Making sure that a method reaches its person: by a code, by a link in a mail, or by word of mouth."""

from __future__ import annotations

import secrets

import sqlalchemy as sa

from app.accounts import links
from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.core.errors import Conflict, NotFound
from app.core.permissions import Permission
from app.core.pseudonyms import Pseudonyms
from app.messaging.actions import Wish, request_all, supersede
from app.messaging.actions.blanking import blank
from app.messaging.channels import Channel
from app.messaging.states import Purpose
from app.staffing.contacts import texts
from app.staffing.contacts.actions.access import care_of, method_of, note, take_person
from app.staffing.contacts.actions.results import answered
from app.staffing.contacts.addresses import ending
from app.staffing.contacts.events import ContactVerified
from app.staffing.contacts.models import ContactCode, How, QuietTest
from app.staffing.contacts.rules import CODE_LIFE, DIGITS, SENDS_WITHIN, Verdict, cleaned, judge, next_send
from app.staffing.models import ContactMethod, Person

CONFIRM = "contact.confirm"
"""The purpose of links by which a mail's reader says that it has come."""

LANE = 2


def send_code(
    uow: UnitOfWork,
    actor: Actor,
    person_id: str,
    contact_id: str,
    *,
    pseudonyms: Pseudonyms,
    public_url: str,
) -> ContactCode:
    """Send a new code to a method; earlier ones hold no more. Raises Conflict after three in an hour."""
    person = take_person(uow, actor, person_id)
    method = method_of(uow, person, contact_id)
    recent = sa.select(ContactCode.sent_at).where(
        ContactCode.contact_id == method.id, ContactCode.sent_at > uow.now - SENDS_WITHIN
    )
    again = next_send(list(uow.session.scalars(recent)), uow.now)
    if again is not None:
        minutes = -int((uow.now - again).total_seconds() // 60)
        raise Conflict(f"Three codes have been sent within an hour. Ask again in {max(minutes, 1)} minutes.")
    digits = "".join(secrets.choice("0123456789") for _ in range(DIGITS))
    code = ContactCode(id=uow.new_id(), contact_id=method.id, sent_at=uow.now, expires_at=uow.now + CODE_LIFE)
    code.digest = pseudonyms.of(code.id, digits)
    uow.session.execute(
        sa.update(ContactCode)
        .where(ContactCode.contact_id == method.id, ContactCode.expires_at > uow.now)
        .values(expires_at=uow.now)
    )
    uow.session.add(code)
    uow.session.flush()
    link = ""
    if method.channel == Channel.EMAIL:
        secret = links.make(
            uow, person_id=person.id, purpose=CONFIRM, subject_id=code.id, expires_at=code.expires_at
        )
        link = f"{public_url}/reach/confirm/{secret}"
    body, title = texts.code(method.channel, digits, link)
    wish = Wish(
        purpose=Purpose.CHECK,
        subject_id=code.id,
        stream=None,
        person_id=person.id,
        contact_id=method.id,
        to=method.address,
        body=body,
        key=f"contact-code:{code.id}",
        lane=LANE,
        expires_at=code.expires_at,
        channel=Channel(method.channel),
        title=title,
    )
    request_all(uow, [wish])
    return code


def enter_code(
    uow: UnitOfWork,
    actor: Actor,
    person_id: str,
    contact_id: str,
    *,
    typed: str,
    pseudonyms: Pseudonyms,
) -> Verdict:
    """Try a code. Returns what it was worth, and raises nothing for a wrong one: the try must stay counted."""
    person = take_person(uow, actor, person_id)
    method = method_of(uow, person, contact_id)
    newest = (
        sa.select(ContactCode)
        .where(ContactCode.contact_id == method.id, ContactCode.used_at.is_(None))
        .order_by(ContactCode.sent_at.desc(), ContactCode.id.desc())
        .limit(1)
    )
    code = uow.session.scalar(newest)
    if code is None:
        return Verdict.NONE
    given = pseudonyms.of(code.id, cleaned(typed))
    verdict = judge(code.digest, given, tries=code.tries, expires_at=code.expires_at, now=uow.now)
    code.tries += 1
    if verdict is Verdict.RIGHT:
        code.used_at = uow.now
        _verified(uow, actor, person, method, How.CODE)
    return verdict


def confirm(uow: UnitOfWork, secret: str) -> ContactMethod:
    """Whoever holds the link has had the mail. Raises NotFound for one that is unknown or too old."""
    link = links.open_link(uow.session, secret, CONFIRM, uow.now)
    person = uow.session.get_one(Person, link.person_id)
    actor = Actor.person(person.id, person.name)
    code = uow.session.get(ContactCode, link.subject_id)
    test = uow.session.get(QuietTest, link.subject_id)
    contact_id = code.contact_id if code else test.contact_id if test else None
    if contact_id is None:
        raise NotFound("This address is no longer on the roster.")
    person = take_person(uow, actor, person.id)
    method = method_of(uow, person, contact_id)
    link.used_at = link.used_at or uow.now
    if test is not None:
        answered(uow, test.id, at=uow.now)
    if code is not None and code.used_at is None:
        code.used_at = uow.now
        _verified(uow, actor, person, method, How.LINK)
    return method


def vouch(uow: UnitOfWork, actor: Actor, person_id: str, contact_id: str) -> ContactMethod:
    """A roster keeper has made sure in person that the method is right; it says so, and who."""
    person = take_person(uow, actor, person_id)
    actor.require(Permission.ROSTER_EDIT, person.facility_id)
    method = method_of(uow, person, contact_id)
    _verified(uow, actor, person, method, How.WORD_OF_MOUTH)
    return method


def _verified(uow: UnitOfWork, actor: Actor, person: Person, method: ContactMethod, how: How) -> None:
    method.verified_at = uow.now
    method.suspect_since = method.suspect_reason = None
    care = care_of(uow, method)
    care.verified_how, care.verified_by = how, actor.name
    event = ContactVerified(
        person_id=person.id,
        person_name=person.name,
        channel=method.channel,
        ending=ending(method.channel, method.address),
        how=how.value,
    )
    note(uow, actor, person.facility_id, event)


def forget_codes(uow: UnitOfWork) -> int:
    """Codes that hold no more leave the database: their hash, and the text that carried them."""
    over = (
        sa.select(ContactCode)
        .where(
            ContactCode.digest != "",
            sa.or_(ContactCode.expires_at <= uow.now, ContactCode.used_at.is_not(None)),
        )
        .limit(200)
        .with_for_update(skip_locked=True)
    )
    codes = uow.session.scalars(over).all()
    for code in codes:
        code.digest = ""
        supersede(uow, subject_id=code.id)
    blank(uow, [code.id for code in codes], lambda body: texts.blanked(body, DIGITS))
    return len(codes)
