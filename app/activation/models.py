"""Call-outs: who is wanted for what, who is asked, what they answered."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.columns import Code, Id, Name, UtcDateTime, one_of, primary_id
from app.core.db import Base


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


class CalloutState(StrEnum):
    OPEN = "open"
    STOPPED = "stopped"


class SlotKind(StrEnum):
    """INFORMATION tells a group something and asks only for a sign that it was read; nothing is filled."""

    POSITION = "position"
    GROUP = "group"
    INFORMATION = "information"


class SlotState(StrEnum):
    """`exhausted`: nobody is left to ask; somebody who was asked may still fill it. `told`: for information,
    everybody on the list has been told, and nothing is wanted of them but a sign that they have read it."""

    OPEN = "open"
    EXHAUSTED = "exhausted"
    FILLED = "filled"
    STOPPED = "stopped"
    TOLD = "told"


WANTING = (SlotState.OPEN, SlotState.EXHAUSTED)


class ChainPlan(StrEnum):
    """How hard a person is tried: QUICK texts and calls together, NORMAL calls after some silence, QUIET
    does not call. What each means is in `app.activation.chain`, and is copied into the call-out."""

    QUICK = "quick"
    NORMAL = "normal"
    QUIET = "quiet"


class QuestionState(StrEnum):
    """`replaced`: the same person was asked again for the same slot; the newer question stands."""

    OPEN = "open"
    ANSWERED = "answered"
    STOOD_DOWN = "stood_down"
    REPLACED = "replaced"


class Stage(StrEnum):
    """How far the question has come on the channel where it came furthest. Sent is not delivered, delivered
    is not answered; `failed` only when it has failed on every channel there is."""

    ASKED = "asked"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"


class Outcome(StrEnum):
    """What an answer led to. `later`: would come, but later than wanted, and is kept for when time passes
    without enough; `not_needed`: would come, but the place was taken; `over`: it had ended; `read`: has read
    what was told for information."""

    COMING = "coming"
    LATER = "later"
    CANNOT_COME = "cannot_come"
    NOT_NEEDED = "not_needed"
    OVER = "over"
    READ = "read"


class Callout(Base):
    """Opened by a person, for one or several slots.

    public_url       frozen, so that every link agrees.
    opened_position  what the one who opened it held then; to them goes what people write.
    plan, chain      how hard each person is tried: its name, and its tries as they were at that moment.
    hold_over        who has had so many messages lately is left out where that may be done; None: nobody is.
    """

    __tablename__ = "callouts"

    id: Mapped[str] = primary_id()
    incident_id: Mapped[str] = mapped_column(sa.ForeignKey("incidents.id"), index=True)
    extra: Mapped[str] = mapped_column(Name, default="")
    public_url: Mapped[str] = mapped_column(Name)
    state: Mapped[CalloutState] = mapped_column(one_of(CalloutState, "callout_state"))
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    opened_by: Mapped[str] = mapped_column(Name)
    opened_position: Mapped[str] = mapped_column(sa.String(400), default="")
    plan: Mapped[ChainPlan] = mapped_column(one_of(ChainPlan, "chain_plan"), default=ChainPlan.NORMAL)
    chain: Mapped[list[Any]] = mapped_column(sa.JSON, default=list)
    hold_over: Mapped[int | None]
    stopped_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(sa.Text, default="")

    slots: Mapped[list[Slot]] = relationship(order_by="Slot.place")


class Slot(Base):
    """One position, or `needed` people of a group. `round` counts how often its list has been begun.

    skill, department  which group; both None for a position.
    within_minutes  a yes counts towards `needed` only if it promises arrival within so long; None: any yes.
    wanted_by       the moment which that means: a promise to be there until then is in time.
    use_later_at    when nobody can be there in time any more, so that those who come later are taken;
                    None when that has been done, or will not be needed.
    any_yes         every yes counts now, however late it promises arrival.
    """

    __tablename__ = "callout_slots"
    __table_args__ = (
        sa.Index(
            "uq_callout_slots_wanting",
            "incident_id",
            "position_slug",
            unique=True,
            **_where("position_slug IS NOT NULL AND state IN ('open', 'exhausted')"),
        ),
        sa.Index("ix_callout_slots_use_later_at", "use_later_at", **_where("use_later_at IS NOT NULL")),
    )

    id: Mapped[str] = primary_id()
    callout_id: Mapped[str] = mapped_column(sa.ForeignKey("callouts.id"), index=True)
    incident_id: Mapped[str] = mapped_column(sa.ForeignKey("incidents.id"), index=True)
    place: Mapped[int]
    kind: Mapped[SlotKind] = mapped_column(one_of(SlotKind, "slot_kind"))
    position_slug: Mapped[str | None] = mapped_column(Code)
    skill: Mapped[str | None] = mapped_column(Code)
    department: Mapped[str | None] = mapped_column(Name)
    title: Mapped[str] = mapped_column(Name)
    needed: Mapped[int]
    within_minutes: Mapped[int | None]
    wanted_by: Mapped[datetime | None] = mapped_column(UtcDateTime)
    use_later_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    any_yes: Mapped[bool] = mapped_column(default=True)
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
    """One person asked for one slot. `code` is the letter that names it in a reply from that phone.

    contact_id       the first way it was tried: where answers and notices go when nothing says otherwise.
    chain            the ways to reach this person in turn, as of the asking (see `app.activation.chain`).
    tried            which of them have been taken, in order.
    next_channel_at  when the next is taken if there is no answer; None when none is left, or it has ended.
    """

    __tablename__ = "questions"
    __table_args__ = (
        sa.UniqueConstraint("slot_id", "person_id", "round"),
        sa.Index("ix_questions_person", "person_id", "asked_at"),
        sa.Index("ix_questions_incident_state", "incident_id", "state"),
        sa.Index("ix_questions_next_channel_at", "next_channel_at", **_where("next_channel_at IS NOT NULL")),
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
    chain: Mapped[list[Any]] = mapped_column(sa.JSON, default=list)
    tried: Mapped[list[int]] = mapped_column(sa.JSON, default=list)
    next_channel_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    digit: Mapped[str | None] = mapped_column(sa.String(1))
    eta_minutes: Mapped[int | None]
    outcome: Mapped[Outcome | None] = mapped_column(one_of(Outcome, "question_outcome"))
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def channels(self) -> list[str]:
        """The channels tried so far, in order."""
        return [self.chain[index]["channel"] for index in self.tried]


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


class Message(Base):
    """What somebody who was asked has written in their own words, for the one who opened the call-out.
    `read_at` is None until a person has said that they have read it."""

    __tablename__ = "callout_messages"
    __table_args__ = (sa.Index("ix_callout_messages_incident_id", "incident_id", "received_at"),)

    id: Mapped[str] = primary_id()
    incident_id: Mapped[str] = mapped_column(sa.ForeignKey("incidents.id"))
    callout_id: Mapped[str] = mapped_column(sa.ForeignKey("callouts.id"))
    question_id: Mapped[str] = mapped_column(sa.ForeignKey("questions.id"))
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("people.id"))
    person_name: Mapped[str] = mapped_column(Name)
    channel: Mapped[str] = mapped_column(Code)
    text: Mapped[str] = mapped_column(sa.Text)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    read_by: Mapped[str] = mapped_column(Name, default="")
