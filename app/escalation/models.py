"""Policies, their frozen copies, and deadlines: timers that are rows."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.columns import Code, Id, Name, UtcDateTime, one_of, primary_id
from app.core.db import Base


class DeadlineState(StrEnum):
    OPEN = "open"
    DONE = "done"
    CANCELLED = "cancelled"


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


class Deadline(Base):
    """One step that is to be done at `due_at`, for something that still waits.

    `late_seconds`: how long after `due_at` it was done, None while it is not.
    """

    __tablename__ = "deadlines"
    __table_args__ = (
        sa.UniqueConstraint("kind", "subject_id", "step", "round"),
        sa.Index(
            "ix_deadlines_open",
            "due_at",
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        ),
    )

    id: Mapped[str] = primary_id()
    kind: Mapped[str] = mapped_column(Code)
    subject_id: Mapped[str] = mapped_column(Id)
    incident_id: Mapped[str] = mapped_column(sa.ForeignKey("incidents.id"), index=True)
    stream: Mapped[str] = mapped_column(sa.String(60))
    step: Mapped[int]
    round: Mapped[int]
    do: Mapped[str] = mapped_column(Code)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[DeadlineState] = mapped_column(one_of(DeadlineState, "deadline_state"))
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    late_seconds: Mapped[int | None]
