"""Policies, their frozen copies, what waits for somebody, its timers (rows), and who was told of it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.columns import Code, Id, Name, UtcDateTime, one_of, primary_id
from app.core.db import Base


class DeadlineState(StrEnum):
    OPEN = "open"
    DONE = "done"
    CANCELLED = "cancelled"


class NoticeState(StrEnum):
    """`gathering`: waits a moment for others for the same person. `over`: no answer is wanted any more."""

    GATHERING = "gathering"
    OPEN = "open"
    ANSWERED = "answered"
    OVER = "over"


class NoticeAnswer(StrEnum):
    SEES_TO_IT = "sees_to_it"
    HANDED_ON = "handed_on"
    CANNOT = "cannot"


OPEN: sa.ColumnElement[Any] = sa.literal_column("'open'")
"""Written out, because a partial index serves only a query whose text has its condition."""

GATHERING: sa.ColumnElement[Any] = sa.literal_column("'gathering'")


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


class EscalationPolicy(Base):
    """What a hospital has set for a kind; without a row the default of the kind holds."""

    __tablename__ = "escalation_policies"

    facility_id: Mapped[str] = mapped_column(sa.ForeignKey("facilities.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(Code, primary_key=True)
    steps: Mapped[str] = mapped_column(sa.Text)
    rounds: Mapped[int]
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_by: Mapped[str] = mapped_column(Name)


class FrozenPolicy(Base):
    """The copy an incident was declared with: editing a policy never changes a running incident."""

    __tablename__ = "frozen_policies"

    incident_id: Mapped[str] = mapped_column(sa.ForeignKey("incidents.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(Code, primary_key=True)
    steps: Mapped[str] = mapped_column(sa.Text)
    rounds: Mapped[int]


class Escalation(Base):
    """Something that waits for somebody. Taken up again (a task taken back), it is the same row.

    round          the last round of its policy that has begun.
    told_at        when somebody was first told of it; from then on the board shows it. `told`: their names.
    acks           so many of those told at the present step have said that they see to it, of `needs`.
    owner          who sees to it now, until `held_until`; then it comes back to them.
    shelved_until  until then nobody is told.
    """

    __tablename__ = "escalations"
    __table_args__ = (
        sa.UniqueConstraint("kind", "subject_id"),
        sa.Index("ix_escalations_open", "incident_id", **_where("ended_at IS NULL")),
    )

    id: Mapped[str] = primary_id()
    kind: Mapped[str] = mapped_column(Code)
    subject_id: Mapped[str] = mapped_column(Id)
    incident_id: Mapped[str] = mapped_column(sa.ForeignKey("incidents.id"))
    title: Mapped[str] = mapped_column(Name, default="")
    began_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    round: Mapped[int] = mapped_column(default=1)
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    told: Mapped[str] = mapped_column(sa.Text, default="")
    acks: Mapped[int] = mapped_column(default=0)
    needs: Mapped[int] = mapped_column(default=1)
    owner_id: Mapped[str | None] = mapped_column(sa.ForeignKey("people.id"))
    owner: Mapped[str | None] = mapped_column(Name)
    held_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    shelved_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    shelved_by: Mapped[str | None] = mapped_column(Name)
    shelved_reason: Mapped[str | None] = mapped_column(Name)


class Deadline(Base):
    """One step that is to be done at `due_at`, for something that still waits; it has one open at most.

    `do` is the step's, or `come_back`: whoever sees to it has had their time, or it has been shelved so long;
    then `step` is the one that comes after that. `late_seconds`: how long after `due_at` it was done.
    """

    __tablename__ = "deadlines"
    __table_args__ = (
        sa.Index("ix_deadlines_open", "due_at", **_where("state = 'open'")),
        sa.Index("ix_deadlines_open_incident", "incident_id", **_where("state = 'open'")),
        sa.Index("uq_deadlines_open_subject", "kind", "subject_id", unique=True, **_where("state = 'open'")),
    )

    id: Mapped[str] = primary_id()
    kind: Mapped[str] = mapped_column(Code)
    subject_id: Mapped[str] = mapped_column(Id)
    incident_id: Mapped[str] = mapped_column(sa.ForeignKey("incidents.id"))
    stream: Mapped[str] = mapped_column(sa.String(60))
    step: Mapped[int]
    round: Mapped[int]
    do: Mapped[str] = mapped_column(Code)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[DeadlineState] = mapped_column(one_of(DeadlineState, "deadline_state"))
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    late_seconds: Mapped[int | None]


class Notice(Base):
    """One person told of one thing. `code` names it in a reply from their phone.

    role      as what they were told: supervisor, incident commander, on duty in ICU.
    words     what they were told, without frame and codes.
    channels  over which, with spaces between.
    send_at   while it is gathering: when it goes out, by itself or with others.
    """

    __tablename__ = "escalation_notices"
    __table_args__ = (
        sa.Index("ix_escalation_notices_person", "person_id", "told_at"),
        sa.Index("ix_escalation_notices_escalation", "escalation_id"),
        sa.Index("ix_escalation_notices_gathering", "send_at", **_where("state = 'gathering'")),
        sa.Index("ix_escalation_notices_open", "person_id", **_where("state IN ('gathering', 'open')")),
    )

    id: Mapped[str] = primary_id()
    escalation_id: Mapped[str] = mapped_column(sa.ForeignKey("escalations.id"))
    incident_id: Mapped[str] = mapped_column(sa.ForeignKey("incidents.id"))
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("people.id"))
    person_name: Mapped[str] = mapped_column(Name)
    role: Mapped[str] = mapped_column(Name)
    title: Mapped[str] = mapped_column(Name)
    words: Mapped[str] = mapped_column(Name)
    channels: Mapped[str] = mapped_column(Code)
    turn: Mapped[str | None] = mapped_column(Name)
    code: Mapped[str] = mapped_column(sa.String(4))
    asked: Mapped[bool]
    state: Mapped[NoticeState] = mapped_column(one_of(NoticeState, "notice_state"))
    answer: Mapped[NoticeAnswer | None] = mapped_column(one_of(NoticeAnswer, "notice_answer"))
    told_at: Mapped[datetime] = mapped_column(UtcDateTime)
    send_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Turn(Base):
    """How often somebody of a list has had their turn at a hospital, over all incidents."""

    __tablename__ = "escalation_turns"

    facility_id: Mapped[str] = mapped_column(sa.ForeignKey("facilities.id"), primary_key=True)
    list: Mapped[str] = mapped_column(Name, primary_key=True)
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("people.id"), primary_key=True)
    taken: Mapped[int] = mapped_column(default=0)
    last_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
