"""Texts from phones: stored as they come, then understood, each once (promise I6)."""

from __future__ import annotations

import sqlalchemy as sa

from app.core.db import UnitOfWork
from app.core.insert import insert_once
from app.messaging.actions.senders import close_for, open_for
from app.messaging.channels import Channel
from app.messaging.inbox import Inbound, answered
from app.messaging.keywords import keyword
from app.messaging.models import InboundText
from app.messaging.optouts import EVERY, senders_of
from app.staffing.models import ContactMethod, Person


def store(
    uow: UnitOfWork,
    *,
    carrier_id: str,
    from_: str,
    to: str,
    text: str,
    media: int = 0,
    said: str | None = None,
    sender: str | None = None,
) -> str | None:
    """Keep a text; returns its id, or None when it was here before.

    said    the carrier's own reading of a word like STOP.
    sender  which of our senders it came to, when that is not the number `to`: a messaging service.
    """
    row = {
        "id": uow.new_id(),
        "carrier_id": carrier_id[:80],
        "from_": from_[:200],
        "to": to[:200],
        "sender": (sender or to)[:80] or None,
        "body": text,
        "media": media,
        "keyword": said[:80] if said else None,
        "received_at": uow.now,
    }
    return str(row["id"]) if insert_once(uow.session, InboundText, [row]) else None


def understand(uow: UnitOfWork, text_id: str) -> str | None:
    """Act on a stored text and return what was made of it; None when somebody else has it or had it.

    The text itself is locked first; who holds a journal never waits for one.
    """
    waiting = sa.select(InboundText).where(InboundText.id == text_id, InboundText.processed_at.is_(None))
    text = uow.session.scalars(waiting.with_for_update(skip_locked=True)).one_or_none()
    if text is None:
        return None
    text.processed_at = uow.now
    text.outcome = _act(uow, text)
    return text.outcome


def receive(uow: UnitOfWork, from_: str, text: str, *, to: str = "", carrier_id: str | None = None) -> str:
    """Store and act on a text in one transaction; returns what was made of it."""
    text_id = store(uow, carrier_id=carrier_id or f"SIM{uow.new_id()}", from_=from_, to=to, text=text)
    return (understand(uow, text_id) if text_id else None) or "repeated"


def _act(uow: UnitOfWork, text: InboundText) -> str:
    number = text.from_.rpartition(":")[2]  # RCS writes rcs:+12025550123
    contacts = uow.session.execute(
        sa.select(Person.id, Person.active)
        .join(ContactMethod, ContactMethod.person_id == Person.id)
        .where(ContactMethod.address == number)
    ).all()
    if not contacts:
        return "unknown sender"
    word = keyword(text.body, text.keyword)
    if word == "help":
        return "help"
    if word == "stop":
        close_for(uow, Channel.SMS, _sender_of(uow, text), number)
        return word
    if word == "start" and open_for(uow, Channel.SMS, _sender_of(uow, text), number):
        return word
    people = tuple(sorted({contact.id for contact in contacts if contact.active}))
    if not people:
        return "unknown sender"
    inbound = Inbound(number, text.to, text.body, text.received_at, people)
    return "reply" if answered(uow, inbound) else "not understood"


def _sender_of(uow: UnitOfWork, text: InboundText) -> str:
    """Which sender a STOP or START is meant for; all of them when it came to none that we know."""
    ours = senders_of(uow.session, Channel.SMS)
    named = [one for one in (text.sender, text.to) if one]
    if not ours:
        return named[0] if named else EVERY
    return next((one for one in named if one in ours), EVERY)
