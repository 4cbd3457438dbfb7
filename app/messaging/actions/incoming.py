"""Texts from phones, and keys pressed in calls: stored as they come, then understood, each once (promise I6)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from app.core.db import UnitOfWork
from app.core.insert import insert_once
from app.messaging.actions.senders import close_for, open_for
from app.messaging.channels import Channel
from app.messaging.inbox import Inbound, answered
from app.messaging.keywords import keyword
from app.messaging.models import Attempt, InboundText, Intent
from app.messaging.optouts import EVERY, senders_of
from app.staffing.models import ContactMethod, Person


@dataclass(frozen=True)
class Text:
    """What a phone sent, as the carrier posts it: a text, or a key pressed in a call.

    said        the carrier's own reading of a word like STOP.
    sender      which of our senders it came to, when that is not the number `to`: a messaging service.
    attempt_id  the call in which a key was pressed.
    """

    carrier_id: str
    from_: str
    to: str
    text: str
    media: int = 0
    said: str | None = None
    sender: str | None = None
    channel: Channel = Channel.SMS
    attempt_id: str | None = None


def keep(uow: UnitOfWork, text: Text) -> str | None:
    """Store a text; returns its id, or None when it was here before."""
    row = {
        "id": uow.new_id(),
        "carrier_id": text.carrier_id[:80],
        "channel": text.channel,
        "attempt_id": text.attempt_id,
        "from_": text.from_[:200],
        "to": text.to[:200],
        "sender": (text.sender or text.to)[:80] or None,
        "body": text.text,
        "media": text.media,
        "keyword": text.said[:80] if text.said else None,
        "received_at": uow.now,
    }
    return str(row["id"]) if insert_once(uow.session, InboundText, [row]) else None


def store(uow: UnitOfWork, *, carrier_id: str, from_: str, to: str, text: str, **more: Any) -> str | None:
    """`keep`, field by field."""
    return keep(uow, Text(carrier_id, from_, to, text, **more))


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
    """
    return understand_many(uow, [text_id], on_line=on_line).get(text_id)


def understand_many(uow: UnitOfWork, text_ids: Sequence[str], *, on_line: bool = False) -> dict[str, str]:
    """Act on stored texts in one transaction; returns what was made of each. One that is missing is in other
    hands, or failed and stays to be done again.

    The texts themselves are locked first; who holds a journal never waits for one.
    """
    waiting = sa.select(InboundText).where(InboundText.id.in_(text_ids), InboundText.processed_at.is_(None))
    oldest_first = waiting.order_by(InboundText.received_at, InboundText.id)
    texts = list(uow.session.scalars(oldest_first.with_for_update(skip_locked=True)))
    made = _act(uow, texts, on_line)
    for text in texts:
        if (outcome := made.get(text.id)) is not None:
            text.processed_at, text.outcome = uow.now, outcome
    return made


def receive(uow: UnitOfWork, from_: str, text: str, *, to: str = "", carrier_id: str | None = None) -> str:
    """Store and act on a text in one transaction; returns what was made of it."""
    text_id = store(uow, carrier_id=carrier_id or f"SIM{uow.new_id()}", from_=from_, to=to, text=text)
    return (understand(uow, text_id) if text_id else None) or "repeated"


def _act(uow: UnitOfWork, texts: Sequence[InboundText], on_line: bool) -> dict[str, str]:
    """What is made of each text, in the order in which they came."""
    phones = _phones(uow, {_number(text) for text in texts})
    made: dict[str, str] = {}
    replies: dict[str, Inbound] = {}
    for text in texts:
        contacts = phones.get(_number(text), [])
        if text.channel is Channel.VOICE:
            if (inbound := _pressed(uow, text, on_line)) is not None:
                replies[text.id] = inbound
            else:
                made[text.id] = "unknown call"
        elif (outcome := _by_word(uow, text, contacts)) is not None:
            made[text.id] = outcome
        elif people := tuple(sorted({contact.id for contact in contacts if contact.active})):
            replies[text.id] = Inbound(_number(text), text.to, text.body, text.received_at, people)
        else:
            made[text.id] = "unknown sender"
    kept = {text.id: text for text in texts}
    for text_id, known in zip(replies, answered(uow, list(replies.values())), strict=True):
        if known is not None:
            made[text_id] = "reply" if known else "not understood"
        if isinstance(known, str):
            kept[text_id].reply = known
    return made


def _pressed(uow: UnitOfWork, key: InboundText, on_line: bool) -> Inbound | None:
    """A key as a reply to what its call asks; None when it was pressed in no call of ours to a person."""
    called = (
        sa.select(Intent).join(Attempt, Attempt.intent_id == Intent.id).where(Attempt.id == key.attempt_id)
    )
    intent = uow.session.scalar(called)
    if intent is None or intent.person_id is None:
        return None
    return Inbound(
        from_=intent.to,
        to=key.to,
        text=key.body,
        received_at=key.received_at,
        person_ids=(intent.person_id,),
        channel=Channel.VOICE.value,
        subject_id=intent.subject_id,
        on_line=on_line,
    )


def _number(text: InboundText) -> str:
    return text.from_.rpartition(":")[2]  # RCS writes rcs:+12025550123


def _phones(uow: UnitOfWork, numbers: Collection[str]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    query = (
        sa.select(ContactMethod.address, Person.id, Person.active)
        .join(Person, Person.id == ContactMethod.person_id)
        .where(ContactMethod.address.in_(numbers))
    )
    for row in uow.session.execute(query):
        found.setdefault(row.address, []).append(row)
    return found


def _by_word(uow: UnitOfWork, text: InboundText, contacts: Sequence[Any]) -> str | None:
    """The words that carriers take for themselves."""
    if not contacts:
        return "unknown sender"
    word = keyword(text.body, text.keyword)
    if word == "help":
        return "help"
    if word == "stop":
        close_for(uow, Channel.SMS, _sender_of(uow, text), _number(text))
        return word
    if word == "start" and open_for(uow, Channel.SMS, _sender_of(uow, text), _number(text)):
        return word
    return None


def _sender_of(uow: UnitOfWork, text: InboundText) -> str:
    """Which sender a STOP or START is meant for; all of them when it came to none that we know."""
    ours = senders_of(uow.session, Channel.SMS)
    named = [one for one in (text.sender, text.to) if one]
    if not ours:
        return named[0] if named else EVERY
    return next((one for one in named if one in ours), EVERY)
