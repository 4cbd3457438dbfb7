"""Texts from phones, and keys pressed in calls: stored as they come, then understood, each once (promise I6)."""

from __future__ import annotations

import sqlalchemy as sa

from app.core.db import UnitOfWork
from app.core.insert import insert_once
from app.messaging.channels import Channel
from app.messaging.inbox import Inbound, answered
from app.messaging.keywords import keyword
from app.messaging.models import Attempt, InboundText, Intent
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
    channel: Channel = Channel.SMS,
    attempt_id: str | None = None,
) -> str | None:
    """Keep a text or a key; returns its id, or None when it was here before.

    `said`: the carrier's own reading. `attempt_id`: the call in which a key was pressed.
    """
    row = {
        "id": uow.new_id(),
        "carrier_id": carrier_id[:80],
        "channel": channel,
        "attempt_id": attempt_id,
        "from_": from_[:200],
        "to": to[:200],
        "body": text,
        "media": media,
        "keyword": said[:80] if said else None,
        "received_at": uow.now,
    }
    return str(row["id"]) if insert_once(uow.session, InboundText, [row]) else None


def note_wrong_key(uow: UnitOfWork, *, attempt_id: str, key: str, press_id: str) -> None:
    """Keep a key that was not offered. The call itself says so; nothing else follows."""
    kept = store(
        uow, carrier_id=press_id, from_="", to="", text=key, channel=Channel.VOICE, attempt_id=attempt_id
    )
    if kept is not None:
        done = sa.update(InboundText).where(InboundText.id == kept)
        uow.session.execute(done.values(processed_at=uow.now, outcome="wrong key"))


def understand(uow: UnitOfWork, text_id: str, *, on_line: bool = False) -> str | None:
    """Act on a stored text and return what was made of it; None when somebody else has it or had it.

    `on_line`: it is a key, and the call in which it was pressed waits for what comes of it.
    The text itself is locked first; who holds a journal never waits for one.
    """
    waiting = sa.select(InboundText).where(InboundText.id == text_id, InboundText.processed_at.is_(None))
    text = uow.session.scalars(waiting.with_for_update(skip_locked=True)).one_or_none()
    if text is None:
        return None
    text.processed_at = uow.now
    text.outcome = _act_on_key(uow, text, on_line) if text.channel is Channel.VOICE else _act(uow, text)
    return text.outcome


def receive(uow: UnitOfWork, from_: str, text: str, *, to: str = "", carrier_id: str | None = None) -> str:
    """Store and act on a text in one transaction; returns what was made of it."""
    text_id = store(uow, carrier_id=carrier_id or f"SIM{uow.new_id()}", from_=from_, to=to, text=text)
    return (understand(uow, text_id) if text_id else None) or "repeated"


def _act(uow: UnitOfWork, text: InboundText) -> str:
    number = text.from_.rpartition(":")[2]  # RCS writes rcs:+12025550123
    contacts = uow.session.execute(
        sa.select(ContactMethod.opted_out_at, Person.id, Person.active)
        .join(Person, Person.id == ContactMethod.person_id)
        .where(ContactMethod.address == number)
    ).all()
    if not contacts:
        return "unknown sender"
    word = keyword(text.body, text.keyword)
    if word == "help":
        return "help"
    if word == "stop" or (word == "start" and any(contact.opted_out_at for contact in contacts)):
        _opt(uow, number, out=word == "stop")
        return word
    people = tuple(sorted({contact.id for contact in contacts if contact.active}))
    if not people:
        return "unknown sender"
    inbound = Inbound(number, text.to, text.body, text.received_at, people)
    return "reply" if answered(uow, inbound) else "not understood"


def _act_on_key(uow: UnitOfWork, key: InboundText, on_line: bool) -> str:
    called = (
        sa.select(Intent)
        .join(Attempt, Attempt.intent_id == Intent.id)
        .where(Attempt.id == key.attempt_id, Intent.person_id.is_not(None))
    )
    intent = uow.session.scalar(called)
    if intent is None or intent.person_id is None:
        return "unknown call"
    inbound = Inbound(
        intent.to,
        key.to,
        key.body,
        key.received_at,
        (intent.person_id,),
        Channel.VOICE,
        intent.subject_id,
        on_line,
    )
    said = answered(uow, inbound)
    key.reply = said if isinstance(said, str) else None
    return "reply" if said else "not understood"


def _opt(uow: UnitOfWork, number: str, *, out: bool) -> None:
    """Texts alone: who wants no more of them can still be called."""
    at = ContactMethod.opted_out_at
    numbers = sa.update(ContactMethod).where(ContactMethod.address == number, ContactMethod.channel == "sms")
    if out:
        uow.session.execute(numbers.where(at.is_(None)).values(opted_out_at=uow.now))
    else:
        uow.session.execute(numbers.values(opted_out_at=None))
