"""Bed runs: the beds of their units as they were at the start, and every count since."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.columns import Code, Name, UtcDateTime, one_of, primary_id
from app.core.db import Base


class RunState(StrEnum):
    """How it ended: a person confirmed the target, the four hours were over, or a person stopped it."""

    OPEN = "open"
    REACHED = "reached"
    OVER = "over"
    STOPPED = "stopped"


class BedRun(Base):
    """The index lets a hospital have one open run. `counted` is kept when it ends."""

    __tablename__ = "bed_runs"
    __table_args__ = (
        sa.Index(
            "uq_bed_runs_open",
            "facility_id",
            unique=True,
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        ),
    )

    id: Mapped[str] = primary_id()
    facility_id: Mapped[str] = mapped_column(sa.ForeignKey("facilities.id"), index=True)
    incident_id: Mapped[str | None] = mapped_column(sa.ForeignKey("incidents.id"), index=True)
    exercise: Mapped[bool]
    reason: Mapped[str] = mapped_column(sa.Text)
    percent: Mapped[int]
    staffed_beds: Mapped[int]
    target: Mapped[int]
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    started_by: Mapped[str] = mapped_column(Name)
    deadline_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[RunState] = mapped_column(one_of(RunState, "bed_run_state"))
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_by: Mapped[str | None] = mapped_column(Name)
    end_reason: Mapped[str | None] = mapped_column(sa.Text)
    counted: Mapped[int | None]


class BedRunUnit(Base):
    """Staffed beds of a unit at the start, with who said so and when. `occupied_beds` None: not known then."""

    __tablename__ = "bed_run_units"

    run_id: Mapped[str] = mapped_column(sa.ForeignKey("bed_runs.id"), primary_key=True)
    unit_id: Mapped[str] = mapped_column(sa.ForeignKey("units.id"), primary_key=True)
    code: Mapped[str] = mapped_column(Code)
    name: Mapped[str] = mapped_column(Name)
    unit_class: Mapped[str] = mapped_column(Code)
    staffed_beds: Mapped[int]
    occupied_beds: Mapped[int | None]
    source: Mapped[str] = mapped_column(Name)
    observed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class BedRunCount(Base):
    """One press. `undoes` is the count that it takes back; each can be taken back once."""

    __tablename__ = "bed_run_counts"

    id: Mapped[str] = primary_id()
    run_id: Mapped[str] = mapped_column(sa.ForeignKey("bed_runs.id"), index=True)
    unit_id: Mapped[str] = mapped_column(sa.ForeignKey("units.id"))
    step: Mapped[str] = mapped_column(Code)
    kind: Mapped[str] = mapped_column(Code)
    change: Mapped[int]
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by: Mapped[str] = mapped_column(Name)
    undoes: Mapped[str | None] = mapped_column(sa.ForeignKey("bed_run_counts.id"), unique=True)
