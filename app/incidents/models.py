"""Incidents and what was copied into them at activation."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.columns import Code, Id, Name, UtcDateTime, one_of, primary_id
from app.core.db import Base


class IncidentState(StrEnum):
    ACTIVE = "active"
    CLOSED = "closed"


class ActivationLevel(StrEnum):
    """Plain words, least to most; hospitals' bare numbers run in both directions."""

    MONITORING = "monitoring"
    LIMITED = "limited"
    PARTIAL = "partial"
    FULL = "full"


class TaskState(StrEnum):
    OPEN = "open"
    DONE = "done"
    NOT_APPLICABLE = "not_applicable"


class ObjectiveState(StrEnum):
    OPEN = "open"
    MET = "met"
    DROPPED = "dropped"


class OfferState(StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class Incident(Base):
    """`started_at` is clock zero, settable; `exercise` is fixed for life."""

    __tablename__ = "incidents"

    id: Mapped[str] = primary_id()
    number: Mapped[str] = mapped_column(Code, unique=True)
    name: Mapped[str] = mapped_column(Name)
    guide: Mapped[str] = mapped_column(Code)
    facility_id: Mapped[str] = mapped_column(sa.ForeignKey("facilities.id"), index=True)
    exercise: Mapped[bool]
    activation_level: Mapped[ActivationLevel] = mapped_column(one_of(ActivationLevel, "activation_level"))
    reason: Mapped[str] = mapped_column(sa.Text)
    state: Mapped[IncidentState] = mapped_column(one_of(IncidentState, "incident_state"))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    declared_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    close_reason: Mapped[str | None] = mapped_column(sa.Text)
    linked_to: Mapped[str | None] = mapped_column(sa.ForeignKey("incidents.id"))

    @property
    def stream(self) -> str:
        return stream_of(self.id)


def stream_of(incident_id: str) -> str:
    return f"incident:{incident_id}"


class Position(Base):
    """A HICS position open in one incident."""

    __tablename__ = "incident_positions"

    incident_id: Mapped[str] = mapped_column(sa.ForeignKey("incidents.id"), primary_key=True)
    slug: Mapped[str] = mapped_column(Code, primary_key=True)
    title: Mapped[str] = mapped_column(Name)
    section: Mapped[str] = mapped_column(Code)
    branch: Mapped[str] = mapped_column(Name)
    reports_to: Mapped[str | None] = mapped_column(Code)
    level: Mapped[str] = mapped_column(Code)
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Assignment(Base):
    """Who holds or held a position. The index lets a position have one holder at a time."""

    __tablename__ = "assignments"
    __table_args__ = (
        sa.Index(
            "uq_assignments_holder",
            "incident_id",
            "position_slug",
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        ),
    )

    id: Mapped[str] = primary_id()
    incident_id: Mapped[str] = mapped_column(sa.ForeignKey("incidents.id"))
    position_slug: Mapped[str] = mapped_column(Code)
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("people.id"), index=True)
    person_name: Mapped[str] = mapped_column(Name)
    source: Mapped[str] = mapped_column(Code)
    eta_minutes: Mapped[int | None]
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Objective(Base):
    __tablename__ = "objectives"

    id: Mapped[str] = primary_id()
    incident_id: Mapped[str] = mapped_column(sa.ForeignKey("incidents.id"), index=True)
    priority: Mapped[int]
    text: Mapped[str] = mapped_column(sa.Text)
    state: Mapped[ObjectiveState] = mapped_column(one_of(ObjectiveState, "objective_state"))


class Task(Base):
    """Work for a position, not for a person: it stays when the holder changes. `evidence_asked` is what shows that
    it is done, in words, or empty; `evidence` is what whoever did it gave.
    """

    __tablename__ = "tasks"

    id: Mapped[str] = primary_id()
    incident_id: Mapped[str] = mapped_column(sa.ForeignKey("incidents.id"), index=True)
    position_slug: Mapped[str] = mapped_column(Code)
    text: Mapped[str] = mapped_column(sa.Text)
    window: Mapped[str] = mapped_column(Code)
    source: Mapped[str] = mapped_column(Code)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    state: Mapped[TaskState] = mapped_column(one_of(TaskState, "task_state"))
    overdue: Mapped[bool] = mapped_column(default=False)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    note: Mapped[str] = mapped_column(sa.Text, default="")
    evidence_asked: Mapped[str] = mapped_column(sa.Text, default="")
    evidence: Mapped[str] = mapped_column(sa.Text, default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CommandOffer(Base):
    """A transfer of command, offered by one and accepted by another; command is never vacant between."""

    __tablename__ = "command_offers"
    __table_args__ = (
        sa.Index(
            "uq_command_offers_open",
            "incident_id",
            unique=True,
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        ),
    )

    id: Mapped[str] = primary_id()
    incident_id: Mapped[str] = mapped_column(sa.ForeignKey("incidents.id"))
    from_person_id: Mapped[str] = mapped_column(Id)
    to_person_id: Mapped[str] = mapped_column(sa.ForeignKey("people.id"))
    to_person_name: Mapped[str] = mapped_column(Name)
    briefing: Mapped[str] = mapped_column(sa.Text)
    state: Mapped[OfferState] = mapped_column(one_of(OfferState, "offer_state"))
    offered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
