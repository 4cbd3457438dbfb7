"""Asking for a message, and taking it back before it is sent."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

import sqlalchemy as sa

from app.core.db import UnitOfWork
from app.core.errors import Invalid
from app.core.insert import insert_once
from app.messaging.channels import Channel
from app.messaging.models import Intent
from app.messaging.optouts import unreachable
from app.messaging.segments import MAX_BODY
from app.messaging.states import HEARD, UNDER_WAY, WAITING, IntentState, Purpose
from app.messaging.texts import mark, marked

LANE_STEP = timedelta(minutes=1)
"""How much older a text of the next lane must be to be sent first: urgent first, yet nobody starves (I7)."""

OPTED_OUT = "This person has opted out of texts."
_NUMBER = (re.compile(r"\+[1-9]\d{6,14}"), "a phone number like +12025550123")
_ADDRESSES: dict[Channel, tuple[re.Pattern[str], str]] = {
    Channel.SMS: _NUMBER,
    Channel.VOICE: _NUMBER,
    Channel.EMAIL: (re.compile(r"[^@\s<>,;\"]+@[^@\s<>,;\"]+"), "a mail address like ada@hospital.example"),
    Channel.WEBHOOK: (
        re.compile(r"https?://[^\s/]+\S*|[\w-]{1,60}"),
        "an http or https address, or the name of one in the settings",
    ),
}
_LONGEST = {
    Channel.SMS: MAX_BODY,
    Channel.VOICE: MAX_BODY,
    Channel.EMAIL: 20_000,
    Channel.WEBHOOK: 60_000,
}
_AT_ONCE = 500


@dataclass(frozen=True)
class Wish:
    """A message somebody wants sent; see `models.Intent` for the fields."""

    purpose: str
    subject_id: str
    stream: str | None
    person_id: str | None
    contact_id: str | None
    to: str
    body: str
    key: str
    lane: int = 1
    not_before: datetime | None = None
    expires_at: datetime | None = None
    channel: Channel = Channel.SMS
    title: str | None = None


def request(
    uow: UnitOfWork,
    *,
    purpose: str,
    subject_id: str,
    stream: str | None,
    person_id: str | None,
    contact_id: str | None,
    to: str,
    body: str,
    key: str,
    lane: int = 1,
    not_before: datetime | None = None,
    expires_at: datetime | None = None,
    channel: Channel = Channel.SMS,
    title: str | None = None,
) -> Intent:
    """Ask for one text; a second request with the same `key` gives the first (promise I1).

    To somebody who has opted out nothing is sent: the intent is kept as refused, with `error`.
    Raises Invalid for a bad number, body, key, lane or purpose.
    """
    wish = Wish(
        purpose,
        subject_id,
        stream,
        person_id,
        contact_id,
        to,
        body,
        key,
        lane,
        not_before,
        expires_at,
        channel,
        title,
    )
    return request_all(uow, [wish])[0]


def request_all(uow: UnitOfWork, wishes: Sequence[Wish]) -> list[Intent]:
    """Ask for many texts in a few statements; the intents come in the order of the wishes."""
    if not wishes:
        return []
    uow.session.flush()
    opted_out = _opted_out(uow, wishes)
    rows = {wish.key: _row(uow, wish, (wish.channel, wish.to) in opted_out) for wish in wishes}
    insert_once(uow.session, Intent, list(rows.values()))
    uow.announce("intents", "")
    made = _by_key(uow, list(rows))
    return [made[wish.key] for wish in wishes]


def supersede(uow: UnitOfWork, *, subject_id: str) -> int:
    """Take back the texts about a subject that have not been sent, and return how many (promise I4).

    Those the carrier has, or may have, run on; but they are not tried again.
    """
    held = sa.select(Intent.id).where(Intent.subject_id == subject_id).order_by(Intent.id).with_for_update()
    uow.session.execute(held).all()  # else one could become another try between the two statements below
    ours = sa.update(Intent).where(Intent.subject_id == subject_id)
    waiting = ours.where(Intent.state.in_(WAITING)).values(
        state=IntentState.SUPERSEDED, superseded_at=uow.now, changed_at=uow.now
    )
    under_way = ours.where(Intent.state.in_(UNDER_WAY), Intent.superseded_at.is_(None))
    taken_back = cast(sa.CursorResult[Any], uow.session.execute(waiting)).rowcount
    uow.session.execute(under_way.values(superseded_at=uow.now))
    return taken_back


def supersede_all(uow: UnitOfWork, subject_ids: Sequence[str], purpose: Purpose) -> set[str]:
    """Take back the messages of one purpose about many subjects, in a few statements; returns those of which
    somebody may have heard: a message about them has left, or may have."""
    heard: set[str] = set()
    for start in range(0, len(subject_ids), _AT_ONCE):
        some = subject_ids[start : start + _AT_ONCE]
        ours = sa.and_(Intent.subject_id.in_(some), Intent.purpose == purpose)
        left = sa.select(Intent.subject_id).where(ours, Intent.state.in_(HEARD)).distinct()
        heard.update(uow.session.scalars(left))
        waiting = sa.update(Intent).where(ours, Intent.state.in_(WAITING))
        uow.session.execute(
            waiting.values(state=IntentState.SUPERSEDED, superseded_at=uow.now, changed_at=uow.now)
        )
        under_way = sa.update(Intent).where(ours, Intent.state.in_(UNDER_WAY), Intent.superseded_at.is_(None))
        uow.session.execute(under_way.values(superseded_at=uow.now))
    return heard


def _row(uow: UnitOfWork, wish: Wish, opted_out: bool) -> dict[str, Any]:
    _check(wish)
    due_at = wish.not_before or uow.now
    if wish.expires_at is not None:
        due_at = min(due_at, wish.expires_at)  # so that the sender finds it, and ends it, on time
    return {
        "id": uow.new_id(),
        "key": wish.key,
        "purpose": Purpose(wish.purpose),
        "subject_id": wish.subject_id,
        "stream": wish.stream,
        "person_id": wish.person_id,
        "contact_id": wish.contact_id,
        "channel": wish.channel,
        "to": wish.to,
        "title": wish.title,
        "body": _body(wish),
        "reference": mark(wish.key),
        "lane": wish.lane,
        "due_at": due_at,
        "turn_at": due_at + wish.lane * LANE_STEP,
        "expires_at": wish.expires_at,
        "state": IntentState.REFUSED if opted_out else IntentState.PENDING,
        "tries": 0,
        "error": OPTED_OUT if opted_out else None,
        "created_at": uow.now,
        "changed_at": uow.now,
    }


def _body(wish: Wish) -> str:
    """With its reference, where a person reads it or the carrier is asked for it; it is not to be spoken."""
    written = wish.channel in (Channel.SMS, Channel.EMAIL)
    return marked(wish.body, mark(wish.key)) if written else wish.body


def _check(wish: Wish) -> None:
    if wish.purpose not in list(Purpose):
        raise Invalid.field("purpose", f"must be one of {', '.join(Purpose)}")
    shape, expected = _ADDRESSES[wish.channel]
    if len(wish.to) > 200 or not shape.fullmatch(wish.to):
        raise Invalid.field("to", f"must be {expected}")
    most = _LONGEST[wish.channel]
    if not wish.body.strip() or len(_body(wish)) > most:
        raise Invalid.field("body", f"must have 1 to {most} characters, the reference included")
    if wish.title is not None and (not 1 <= len(wish.title) <= 200 or not wish.title.isprintable()):
        raise Invalid.field("title", "must be one line of 1 to 200 characters")
    if not 1 <= len(wish.key) <= 200:
        raise Invalid.field("key", "must have 1 to 200 characters")
    if not 0 <= wish.lane <= 9:
        raise Invalid.field("lane", "must be 0 (most urgent) to 9")


def _opted_out(uow: UnitOfWork, wishes: Sequence[Wish]) -> set[tuple[Channel, str]]:
    """Whom no sender of the channel may write to."""
    to: dict[Channel, set[str]] = {}
    for wish in wishes:
        to.setdefault(wish.channel, set()).add(wish.to)
    return {
        (channel, address)
        for channel, addresses in to.items()
        for address in unreachable(uow.session, addresses, channel)
    }


def _by_key(uow: UnitOfWork, keys: list[str]) -> dict[str, Intent]:
    found: dict[str, Intent] = {}
    for start in range(0, len(keys), _AT_ONCE):
        query = sa.select(Intent).where(Intent.key.in_(keys[start : start + _AT_ONCE]))
        found.update((intent.key, intent) for intent in uow.session.scalars(query))
    return found
