"""Call-outs that want somebody while nobody is asked and nothing is going to happen; chains that stand still."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.activation.models import WANTING, Callout, Question, QuestionState, Slot, SlotKind, SlotState
from app.escalation.models import Deadline
from app.incidents.models import Incident, IncidentState
from app.watchdog.registry import Offence, audits

STARTED_WITHIN = timedelta(minutes=1)
DONE_WITHIN = timedelta(minutes=1)


@dataclass(frozen=True)
class WantingSlot:
    """`waits`: a step of its policy is set, or later arrivals are waited for; `asking`: somebody has been asked
    and has not answered."""

    id: str
    kind: SlotKind
    state: SlotState
    opened_at: datetime
    waits: bool
    asking: bool
    asked: bool


def judge_slot(slot: WantingSlot, now: datetime) -> Offence | None:
    """What waits or is asking goes on by itself. A list gone through to its end is on the board for people to
    see, and whoever was told something and need not answer is done with.
    """
    if slot.waits or slot.asking:
        return None
    gone_through = slot.state is SlotState.EXHAUSTED or slot.kind is SlotKind.INFORMATION
    if slot.asked and gone_through:
        return None
    until = slot.opened_at + STARTED_WITHIN
    words = "stands still" if slot.asked else "has never begun"
    return Offence(slot.id, until, f"A call-out for a {slot.kind} {words}.") if now > until else None


@audits(
    "callouts",
    label="call-outs that stand still",
    bound="somebody is asked, or a timer runs, within a minute",
    judge=judge_slot,
)
def wanting_slots(session: Session, _now: datetime) -> Iterable[WantingSlot]:
    waits = sa.exists().where(
        Deadline.kind == sa.cast(Slot.kind, sa.String),
        Deadline.subject_id == Slot.id,
        Deadline.state == sa.literal_column("'open'"),
    )
    asking = sa.exists().where(Question.slot_id == Slot.id, Question.state == QuestionState.OPEN)
    asked = sa.exists().where(Question.slot_id == Slot.id)
    query = (
        sa.select(
            Slot.id,
            Slot.kind,
            Slot.state,
            Callout.opened_at,
            sa.or_(waits, Slot.use_later_at.is_not(None)).label("waits"),
            asking.label("asking"),
            asked.label("asked"),
        )
        .join(Callout, Callout.id == Slot.callout_id)
        .join(Incident, Incident.id == Slot.incident_id)
        .where(Slot.state.in_(WANTING), Incident.state == IncidentState.ACTIVE)
    )
    return [WantingSlot(*row) for row in session.execute(query)]


def judge_step(row: Any, now: datetime) -> Offence | None:
    """Something that was to be done at `due_at`: (id, due_at, what)."""
    until = row.due_at + DONE_WITHIN
    return Offence(row.id, until, f"{row.what} was not taken.") if now > until else None


@audits("chains", label="next channels", bound="taken within a minute of their time", judge=judge_step)
def waiting_chains(session: Session, now: datetime) -> Iterable[Any]:
    """The next channel of everybody who has been asked and has not answered."""
    query = sa.select(
        Question.id, Question.next_channel_at.label("due_at"), sa.literal("The next channel").label("what")
    )
    return session.execute(
        query.where(
            Question.next_channel_at.is_not(None),
            Question.next_channel_at <= now,
            Question.state == QuestionState.OPEN,
        )
    )


@audits("later", label="later arrivals", bound="taken within a minute of their time", judge=judge_step)
def waiting_for_later(session: Session, now: datetime) -> Iterable[Any]:
    query = sa.select(
        Slot.id, Slot.use_later_at.label("due_at"), sa.literal("Whoever comes later").label("what")
    )
    return session.execute(query.where(Slot.use_later_at.is_not(None), Slot.use_later_at <= now))
