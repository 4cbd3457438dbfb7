"""Call-outs: who is wanted for what, who is asked, what they answered."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.columns import Code, Id, Name, UtcDateTime, one_of, primary_id
from app.core.db import Base


class CalloutState(StrEnum):
    OPEN = "open"
    STOPPED = "stopped"


class SlotKind(StrEnum):
    """INFORMATION tells a group something and asks only for a sign that it was read; nothing is filled."""

    POSITION = "position"
    GROUP = "group"
    INFORMATION = "information"


class SlotState(StrEnum):
    """`exhausted`: nobody is left to ask; somebody who was asked may still fill it."""

    OPEN = "open"
    EXHAUSTED = "exhausted"
    FILLED = "filled"
    STOPPED = "stopped"


WANTING = (SlotState.OPEN, SlotState.EXHAUSTED)


class QuestionState(StrEnum):
    """`replaced`: the same person was asked again for the same slot; the newer question stands."""

    OPEN = "open"
    ANSWERED = "answered"
    STOOD_DOWN = "stood_down"
    REPLACED = "replaced"


class Stage(StrEnum):
    """How far the text has come. Sent is not delivered, delivered is not answered."""

    ASKED = "asked"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"


class Outcome(StrEnum):
    """What an answer led to. `not_needed`: would come, but the place was taken; `over`: it had ended."""

    COMING = "coming"
    CANNOT_COME = "cannot_come"
    NOT_NEEDED = "not_needed"
    OVER = "over"


class Callout(Base):
    """Opened by a person, for one or several slots. `public_url` is frozen, so that every link agrees."""

    __tablename__ = "callouts"

    id: Mapped[str] = primary_id()
    incident_id: Mapped[str] = mapped_column(sa.ForeignKey("incidents.id"), index=True)
    extra: Mapped[str] = mapped_column(Name, default="")
    public_url: Mapped[str] = mapped_column(Name)
    state: Mapped[CalloutState] = mapped_column(one_of(CalloutState, "callout_state"))
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    opened_by: Mapped[str] = mapped_column(Name)
    stopped_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(sa.Text, default="")

    slots: Mapped[list[Slot]] = relationship(order_by="Slot.place")


class Slot(Base):
    """One position, or `needed` people of a group. `round` counts how often its list has been begun.

    within_minutes  a yes counts towards `needed` only if it promises arrival within so long; None: any yes.
    """

    __tablename__ = "callout_slots"
    __table_args__ = (
        sa.Index(
            "uq_callout_slots_wanting",
            "incident_id",
            "position_slug",
            unique=True,
            sqlite_where=sa.text("position_slug IS NOT NULL AND state IN ('open', 'exhausted')"),
            postgresql_where=sa.text("position_slug IS NOT NULL AND state IN ('open', 'exhausted')"),
        ),
    )

    id: Mapped[str] = primary_id()
    callout_id: Mapped[str] = mapped_column(sa.ForeignKey("callouts.id"), index=True)
    incident_id: Mapped[str] = mapped_column(sa.ForeignKey("incidents.id"), index=True)
    place: Mapped[int]
    kind: Mapped[SlotKind] = mapped_column(one_of(SlotKind, "slot_kind"))
    position_slug: Mapped[str | None] = mapped_column(Code)
    title: Mapped[str] = mapped_column(Name)
    needed: Mapped[int]
    within_minutes: Mapped[int | None]
    at_once: Mapped[int]
    round: Mapped[int] = mapped_column(default=1)
    state: Mapped[SlotState] = mapped_column(one_of(SlotState, "slot_state"))

    questions: Mapped[list[Question]] = relationship(order_by="Question.id")


class Candidate(Base):
    """The list as it was when the call-out was opened, best first: a copy, whatever becomes of the roster.

    `why` says in one sentence what spoke for this place in it.
    """

    __tablename__ = "callout_candidates"

    slot_id: Mapped[str] = mapped_column(sa.ForeignKey("callout_slots.id"), primary_key=True)
    rank: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("people.id"))
    person_name: Mapped[str] = mapped_column(Name)
    why: Mapped[str] = mapped_column(Name, default="")


class Question(Base):
    """One person asked for one slot. `code` is the letter that names it in a reply from that phone."""

    __tablename__ = "questions"
    __table_args__ = (
        sa.UniqueConstraint("slot_id", "person_id", "round"),
        sa.Index("ix_questions_person", "person_id", "asked_at"),
        sa.Index("ix_questions_incident_state", "incident_id", "state"),
    )

    id: Mapped[str] = primary_id()
    slot_id: Mapped[str] = mapped_column(sa.ForeignKey("callout_slots.id"))
    callout_id: Mapped[str] = mapped_column(sa.ForeignKey("callouts.id"))
    incident_id: Mapped[str] = mapped_column(sa.ForeignKey("incidents.id"))
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("people.id"))
    person_name: Mapped[str] = mapped_column(Name)
    contact_id: Mapped[str | None] = mapped_column(sa.ForeignKey("contact_methods.id", ondelete="SET NULL"))
    round: Mapped[int]
    code: Mapped[str] = mapped_column(sa.String(4))
    state: Mapped[QuestionState] = mapped_column(one_of(QuestionState, "question_state"))
    stage: Mapped[Stage] = mapped_column(one_of(Stage, "question_stage"))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    digit: Mapped[str | None] = mapped_column(sa.String(1))
    eta_minutes: Mapped[int | None]
    outcome: Mapped[Outcome | None] = mapped_column(one_of(Outcome, "question_outcome"))
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Answer(Base):
    """Everything that came back for a question, never changed. `digit` is None for what could not be read."""

    __tablename__ = "answers"

    id: Mapped[str] = primary_id()
    question_id: Mapped[str] = mapped_column(sa.ForeignKey("questions.id"), index=True)
    person_id: Mapped[str] = mapped_column(Id)
    digit: Mapped[str | None] = mapped_column(sa.String(1))
    channel: Mapped[str] = mapped_column(Code)
    text: Mapped[str] = mapped_column(Name, default="")
    outcome: Mapped[Outcome | None] = mapped_column(one_of(Outcome, "answer_outcome"))
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
