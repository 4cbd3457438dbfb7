"""The other end of a call, whoever carries it: what it is about, and what a key that was pressed leads to.

A key is kept in a transaction of its own, acted on in a second, and only then does the call say what came of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from app.messaging.actions import incoming
from app.messaging.channels import Channel
from app.messaging.models import Attempt, InboundText, Intent
from app.messaging.speech import KEYS, LATER, TAKEN, is_exercise
from app.messaging.states import Purpose
from app.messaging.texts import framed
from app.runtime import Runtime

log = structlog.get_logger()

ASKING = (Purpose.QUESTION, Purpose.CHECK)
"""What a call waits for a key on; the others are said and done."""


@dataclass(frozen=True)
class Call:
    """What one call is about. `settled`: since it was placed, what it asks for has been taken back."""

    attempt_id: str
    body: str
    asks: bool
    settled: bool
    number: str

    def says(self, text: str) -> str:
        """One of the call's own sentences, in the frame of its message."""
        return framed(text, is_exercise(self.body))


def call_of(session: Session, attempt_id: str) -> Call | None:
    """The call of this attempt; None when there is none."""
    query = (
        sa.select(Intent)
        .join(Attempt, Attempt.intent_id == Intent.id)
        .where(Attempt.id == attempt_id, Intent.channel == Channel.VOICE)
    )
    intent = session.scalar(query)
    if intent is None:
        return None
    settled = intent.superseded_at is not None
    return Call(attempt_id, intent.body, intent.purpose in ASKING, settled, intent.to)


def press(rt: Runtime, call: Call, key: str, press_id: str) -> str:
    """Take a key that is offered, and return what to say. `press_id` names this press, however often it comes.

    Raises when the key could not be kept: then nothing was taken. A key that was kept and could not be acted
    on is acted on later, by a tick, and confirmed by text.
    """
    assert key in KEYS
    kept = rt.db.transact_first(
        incoming.store,
        carrier_id=press_id,
        from_=call.number,
        to="",
        text=key,
        channel=Channel.VOICE,
        attempt_id=call.attempt_id,
    )
    if kept is not None:
        try:
            rt.db.transact(incoming.understand, kept, on_line=True)
        except Exception:
            log.exception("call.key_left_for_later")
    return _said(rt, call, press_id)


def note_wrong(rt: Runtime, call: Call, key: str, press_id: str) -> None:
    """Keep a key that is not offered; nothing follows from it."""
    rt.db.transact(incoming.note_wrong_key, attempt_id=call.attempt_id, key=key, press_id=press_id)


def _said(rt: Runtime, call: Call, press_id: str) -> str:
    query = sa.select(InboundText.processed_at, InboundText.reply).where(InboundText.carrier_id == press_id)
    with rt.db.read() as session:
        row = session.execute(query).one()
    if row.processed_at is None:
        return call.says(LATER)
    return row.reply or call.says(TAKEN)
