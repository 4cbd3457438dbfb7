"""How many messages people have had lately: who is written to too often stops reading.

Counted are messages that were not urgent: of exercises, for information, notices and checks; not the questions
of a real event, and not the thanks for an answer. Who has had the hospital's daily number is held back from
exercises and information. For a real call-out it is only said; what is about life safety is held from nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.activation.candidates import Left, Seat, chunks
from app.activation.models import Question, Slot, SlotKind
from app.messaging.models import Intent
from app.messaging.states import Purpose

WITHIN = timedelta(hours=24)
URGENT_LANES = 2
"""Lanes below this are answers and the questions of real events."""


def had_lately(session: Session, person_ids: Sequence[str], now: datetime) -> dict[str, int]:
    """By person: messages that were not urgent and left in the last 24 hours; who had none is left out."""
    found: dict[str, int] = {}
    told = (
        sa.select(Question.id)
        .join(Slot, Slot.id == Question.slot_id)
        .where(Slot.kind == SlotKind.INFORMATION, Question.asked_at > now - WITHIN)
    )
    for some in chunks(sorted(set(person_ids))):
        query = sa.select(Intent.person_id, sa.func.count()).where(
            Intent.person_id.in_(some),
            Intent.sent_at > now - WITHIN,
            Intent.purpose != Purpose.ACK,
            sa.or_(Intent.lane >= URGENT_LANES, Intent.subject_id.in_(told)),
        )
        rows = session.execute(query.group_by(Intent.person_id))
        found.update((person_id, number) for person_id, number in rows if person_id is not None)
    return found


def may_wait(seat: Seat, exercise: bool) -> bool:
    """Whether people may be held back from this."""
    return exercise or seat.kind is SlotKind.INFORMATION


def hold_back(session: Session, seats: Iterable[Seat], exercise: bool, most: int, now: datetime) -> None:
    """Leave out who has had `most` messages or more, wherever that may be done."""
    seats = [seat for seat in seats if may_wait(seat, exercise)]
    had = had_lately(session, [person.id for seat in seats for person in seat.listed], now)
    for seat in seats:
        over = [person for person in seat.listed if had.get(person.id, 0) >= most]
        seat.left_out += [Left(p.name, f"has had {had[p.id]} messages in 24 h, held back") for p in over]
        seat.listed = [person for person in seat.listed if person not in over]
