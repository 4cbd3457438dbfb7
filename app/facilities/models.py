"""Health system, hospitals and units, and what holds for their numbers."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.columns import Code, Name, UtcDateTime, one_of, primary_id
from app.core.db import Base
from app.facilities.ratios import Waiver


class Facility(Base):
    """A hospital. `code` is short and spoken (SBMC); `zone` is its IANA time zone."""

    __tablename__ = "facilities"

    id: Mapped[str] = primary_id()
    code: Mapped[str] = mapped_column(Code, unique=True)
    name: Mapped[str] = mapped_column(Name)
    system_name: Mapped[str] = mapped_column(Name)
    zone: Mapped[str] = mapped_column(Code)


class Unit(Base):
    """A place with beds. `unit_class` groups units that can stand in for each other (icu, med_surg, ed)."""

    __tablename__ = "units"
    __table_args__ = (sa.UniqueConstraint("facility_id", "code"),)

    id: Mapped[str] = primary_id()
    facility_id: Mapped[str] = mapped_column(sa.ForeignKey("facilities.id"), index=True)
    code: Mapped[str] = mapped_column(Code)
    name: Mapped[str] = mapped_column(Name)
    unit_class: Mapped[str] = mapped_column(Code)
    licensed_beds: Mapped[int]
    physical_beds: Mapped[int]
    staffed_beds: Mapped[int]
    patients_per_nurse: Mapped[int | None]


class SetUpNumber(Base):
    """Since when a set-up number of a unit holds, and who said so; the number itself stands with the unit."""

    __tablename__ = "setup_numbers"

    unit_id: Mapped[str] = mapped_column(sa.ForeignKey("units.id"), primary_key=True)
    name: Mapped[str] = mapped_column(Code, primary_key=True)
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    set_by: Mapped[str] = mapped_column(Name)
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(sa.Text)


class CountingAnswer(Base):
    """How a hospital counts, in one respect; see app.facilities.counting."""

    __tablename__ = "counting_answers"

    facility_id: Mapped[str] = mapped_column(sa.ForeignKey("facilities.id"), primary_key=True)
    question: Mapped[str] = mapped_column(Code, primary_key=True)
    answer: Mapped[str] = mapped_column(Code)
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    set_by: Mapped[str] = mapped_column(Name)
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(sa.Text)


class RatioChoice(Base):
    """The set of nurse ratios that a hospital goes by; see app.facilities.ratios."""

    __tablename__ = "ratio_choices"

    facility_id: Mapped[str] = mapped_column(sa.ForeignKey("facilities.id"), primary_key=True)
    ratio_set: Mapped[str] = mapped_column(Code)
    set_by: Mapped[str] = mapped_column(Name)
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(sa.Text)


class RatioWaiver(Base):
    """Until `ends_at`, a nurse in units of the class may have more patients than the hospital's set allows."""

    __tablename__ = "ratio_waivers"
    __table_args__ = (sa.CheckConstraint("ends_at > starts_at", name="ends_after_start"),)

    id: Mapped[str] = primary_id()
    facility_id: Mapped[str] = mapped_column(sa.ForeignKey("facilities.id"), index=True)
    unit_class: Mapped[str] = mapped_column(Code)
    patients_per_nurse: Mapped[int]
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    set_by: Mapped[str] = mapped_column(Name)
    reason: Mapped[str] = mapped_column(sa.Text)
    ended_by: Mapped[str | None] = mapped_column(Name)
    """Who took it back before its time; `ends_at` is then that moment."""

    @property
    def terms(self) -> Waiver:
        return Waiver(
            self.unit_class, self.patients_per_nurse, self.starts_at, self.ends_at, self.set_by, self.reason
        )


class SpaceState(StrEnum):
    CLOSED = "closed"
    OPENING = "opening"
    OPEN = "open"


class SurgeSpace(Base):
    """An area that can become beds. `staff`: JSON of skill and number. What is counted in it while it is open:
    nurses giving direct care and patients, at `counted_at`.
    """

    __tablename__ = "surge_spaces"
    __table_args__ = (
        sa.UniqueConstraint("facility_id", "area"),
        sa.CheckConstraint("beds > 0", name="has_beds"),
        sa.CheckConstraint("(nurses IS NULL) = (counted_at IS NULL)", name="counted_together"),
    )

    id: Mapped[str] = primary_id()
    facility_id: Mapped[str] = mapped_column(sa.ForeignKey("facilities.id"))
    area: Mapped[str] = mapped_column(Name)
    unit_class: Mapped[str] = mapped_column(Code)
    beds: Mapped[int]
    hours_to_open: Mapped[int]
    licensed: Mapped[bool]
    staff: Mapped[str] = mapped_column(sa.Text)
    stuff: Mapped[str] = mapped_column(sa.Text)
    state: Mapped[SpaceState] = mapped_column(one_of(SpaceState, "space_state"), default=SpaceState.CLOSED)
    state_since: Mapped[datetime] = mapped_column(UtcDateTime)
    state_by: Mapped[str] = mapped_column(Name)
    state_reason: Mapped[str] = mapped_column(sa.Text)
    nurses: Mapped[int | None]
    patients: Mapped[int | None]
    counted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    counted_by: Mapped[str | None] = mapped_column(Name)
