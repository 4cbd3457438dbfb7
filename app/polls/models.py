"""Polls, whom they ask, and what came back; who is asked for a unit."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.columns import Code, Id, Name, UtcDateTime, one_of, primary_id
from app.core.db import Base
from app.polls.rules import AskState, Whom

EVERYWHERE = "all"
_OPEN_ONES = sa.text("closed_at IS NULL")
_OPEN: dict[str, Any] = {"sqlite_where": _OPEN_ONES, "postgresql_where": _OPEN_ONES}


class UnitContact(Base):
    """Who is asked for a unit's numbers."""

    __tablename__ = "unit_contacts"

    unit_id: Mapped[str] = mapped_column(Id, sa.ForeignKey("units.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("people.id"))
    set_by: Mapped[str] = mapped_column(Name)
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)


class BedManager(Base):
    """Who is asked for a hospital's units that have no contact of their own."""

    __tablename__ = "bed_managers"

    facility_id: Mapped[str] = mapped_column(Id, sa.ForeignKey("facilities.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("people.id"))
    set_by: Mapped[str] = mapped_column(Name)
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Poll(Base):
    """A question for numbers by a time. Of one scope (a hospital, or all) at most one is open.

    metrics, chase  joined by spaces; `chase` are minutes after the start.
    next_chase_at   when those who have not answered are asked again; None: no more.
    chased          how often that was done.
    exercise        belongs to an exercise: what is answered is shown here and does not become a reading.
    """

    __tablename__ = "polls"
    __table_args__ = (
        sa.Index("uq_polls_open", "scope", unique=True, **_OPEN),
        sa.CheckConstraint("due_at > started_at", name="poll_due_after_start"),
    )

    id: Mapped[str] = primary_id()
    scope: Mapped[str] = mapped_column(Code)
    facility_id: Mapped[str | None] = mapped_column(sa.ForeignKey("facilities.id"), index=True)
    incident_id: Mapped[str | None] = mapped_column(sa.ForeignKey("incidents.id"))
    exercise: Mapped[bool] = mapped_column(default=False)
    title: Mapped[str] = mapped_column(Name)
    whom: Mapped[Whom] = mapped_column(one_of(Whom, "poll_whom"))
    metrics: Mapped[str] = mapped_column(sa.Text)
    chase: Mapped[str] = mapped_column(Code)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    started_by: Mapped[str] = mapped_column(Name)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    next_chase_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    chased: Mapped[int] = mapped_column(default=0)
    chased_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_by: Mapped[str | None] = mapped_column(Name)
    result: Mapped[str] = mapped_column(sa.Text, default="")

    @property
    def asks_for(self) -> list[str]:
        return self.metrics.split()

    @property
    def chases(self) -> list[int]:
        return [int(each) for each in self.chase.split()]


class PollAsk(Base):
    """One unit in a poll, and who is asked for it; `trouble`: why nobody was. `how`: link, text or hand."""

    __tablename__ = "poll_asks"
    __table_args__ = (sa.Index("ix_poll_asks_person_id", "person_id", "poll_id"),)

    poll_id: Mapped[str] = mapped_column(Id, sa.ForeignKey("polls.id"), primary_key=True)
    unit_id: Mapped[str] = mapped_column(Id, sa.ForeignKey("units.id"), primary_key=True)
    facility_id: Mapped[str] = mapped_column(Id, sa.ForeignKey("facilities.id"))
    person_id: Mapped[str | None] = mapped_column(sa.ForeignKey("people.id"))
    person_name: Mapped[str] = mapped_column(Name, default="")
    trouble: Mapped[str] = mapped_column(Name, default="")
    state: Mapped[AskState] = mapped_column(one_of(AskState, "poll_ask_state"))
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answered_by: Mapped[str | None] = mapped_column(Name)
    how: Mapped[str | None] = mapped_column(Code)


class PollAnswer(Base):
    """One number; given again, the newer one stands here (readings keep both)."""

    __tablename__ = "poll_answers"

    poll_id: Mapped[str] = mapped_column(Id, sa.ForeignKey("polls.id"), primary_key=True)
    unit_id: Mapped[str] = mapped_column(Id, sa.ForeignKey("units.id"), primary_key=True)
    metric: Mapped[str] = mapped_column(Code, primary_key=True)
    value: Mapped[int]
    answered_at: Mapped[datetime] = mapped_column(UtcDateTime)
