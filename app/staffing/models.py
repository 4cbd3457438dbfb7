"""The roster: people, how to reach them, what they can do, when they work, and who stands where in a depth list."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.columns import Code, Name, UtcDateTime, one_of, primary_id
from app.core.db import Base


class Person(Base):
    """Somebody on the roster; staff, never a patient."""

    __tablename__ = "people"

    id: Mapped[str] = primary_id()
    facility_id: Mapped[str] = mapped_column(sa.ForeignKey("facilities.id"), index=True)
    employee_number: Mapped[str | None] = mapped_column(Code, unique=True)
    name: Mapped[str] = mapped_column(Name)
    job_title: Mapped[str] = mapped_column(Name)
    department: Mapped[str] = mapped_column(Name, default="")
    travel_minutes: Mapped[int | None]
    supervisor_id: Mapped[str | None] = mapped_column(sa.ForeignKey("people.id"))
    active: Mapped[bool] = mapped_column(default=True)

    contacts: Mapped[list[ContactMethod]] = relationship(order_by="ContactMethod.rank", lazy="selectin")
    skills: Mapped[list[Skill]] = relationship(lazy="selectin")


class ContactMethod(Base):
    """A way to reach a person: a text, a call, a mail.

    `address` is E.164, or a mail address; never written to logs or journals. A mobile that may also be called is
    two rows. `rank` is the order in which the person is tried, over all channels.
    """

    __tablename__ = "contact_methods"
    __table_args__ = (sa.UniqueConstraint("person_id", "channel", "address"),)

    id: Mapped[str] = primary_id()
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("people.id"), index=True)
    channel: Mapped[str] = mapped_column(Code)
    address: Mapped[str] = mapped_column(Name, index=True)
    rank: Mapped[int] = mapped_column(default=1)
    verified_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    opted_out_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    suspect_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    suspect_reason: Mapped[str | None] = mapped_column(Name)


class Skill(Base):
    """What somebody can do; until when, where a qualification runs out."""

    __tablename__ = "person_skills"

    person_id: Mapped[str] = mapped_column(sa.ForeignKey("people.id"), primary_key=True)
    slug: Mapped[str] = mapped_column(Code, primary_key=True)
    valid_until: Mapped[datetime | None] = mapped_column(UtcDateTime)


class DepthEntry(Base):
    """Who could hold a HICS position at a facility, best first (rank 1)."""

    __tablename__ = "depth_entries"
    __table_args__ = (sa.UniqueConstraint("facility_id", "position_slug", "rank"),)

    id: Mapped[str] = primary_id()
    facility_id: Mapped[str] = mapped_column(sa.ForeignKey("facilities.id"))
    position_slug: Mapped[str] = mapped_column(Code)
    rank: Mapped[int]
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("people.id"))


class ShiftKind(StrEnum):
    """PLANNED counts as worked once it is past, until WORKED says otherwise. ON_CALL is no work by itself."""

    WORKED = "worked"
    PLANNED = "planned"
    ON_CALL = "on_call"


class Shift(Base):
    """From when to when somebody works, or is on call, and where: a unit, or a department.

    job     what they work as there; for a call, what they are on call for.
    source  who said so: a person, a file, a program.
    """

    __tablename__ = "shifts"
    __table_args__ = (
        sa.UniqueConstraint("person_id", "starts_at", "kind"),
        sa.Index("ix_shifts_person_ends", "person_id", "ends_at"),
        sa.Index("ix_shifts_facility_ends", "facility_id", "ends_at"),
        sa.CheckConstraint("ends_at > starts_at", name="shift_ends_after_start"),
    )

    id: Mapped[str] = primary_id()
    facility_id: Mapped[str] = mapped_column(sa.ForeignKey("facilities.id"))
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("people.id"))
    unit_id: Mapped[str | None] = mapped_column(sa.ForeignKey("units.id"))
    department: Mapped[str] = mapped_column(Name, default="")
    job: Mapped[str] = mapped_column(Name, default="")
    kind: Mapped[ShiftKind] = mapped_column(one_of(ShiftKind, "shift_kind"))
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    source: Mapped[str] = mapped_column(Name)
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)


class LeaveKind(StrEnum):
    """Why somebody is away, as far as it is anybody's business here: never a medical reason."""

    PLANNED = "planned"
    UNPLANNED = "unplanned"
    TRAINING = "training"
    ELSEWHERE = "elsewhere"


class Leave(Base):
    __tablename__ = "staff_leave"
    __table_args__ = (
        sa.Index("ix_staff_leave_person_ends", "person_id", "ends_at"),
        sa.CheckConstraint("ends_at > starts_at", name="leave_ends_after_start"),
    )

    id: Mapped[str] = primary_id()
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("people.id"))
    kind: Mapped[LeaveKind] = mapped_column(one_of(LeaveKind, "leave_kind"))
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    recorded_by: Mapped[str] = mapped_column(Name)
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)


class HourRule(Base):
    """How long a hospital lets people work, from a day on; the latest that has begun is in force.

    `call_in_minutes`: how long somebody who is called in is expected to work.
    """

    __tablename__ = "hour_rules"
    __table_args__ = (sa.UniqueConstraint("facility_id", "valid_from"),)

    id: Mapped[str] = primary_id()
    facility_id: Mapped[str] = mapped_column(sa.ForeignKey("facilities.id"))
    valid_from: Mapped[datetime] = mapped_column(UtcDateTime)
    week_minutes: Mapped[int]
    stretch_minutes: Mapped[int]
    rest_minutes: Mapped[int]
    call_in_minutes: Mapped[int]
    source: Mapped[str] = mapped_column(Name)
    set_by: Mapped[str] = mapped_column(Name)
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)


class FloorRule(Base):
    """At least so many with a skill stay on duty in a unit, or in a department; no call-out goes below."""

    __tablename__ = "floor_rules"
    __table_args__ = (
        sa.UniqueConstraint("facility_id", "place", "skill"),
        sa.CheckConstraint("(unit_id IS NULL) <> (department IS NULL)", name="floor_of_one_place"),
    )

    id: Mapped[str] = primary_id()
    facility_id: Mapped[str] = mapped_column(sa.ForeignKey("facilities.id"))
    unit_id: Mapped[str | None] = mapped_column(sa.ForeignKey("units.id"))
    department: Mapped[str | None] = mapped_column(Name)
    place: Mapped[str] = mapped_column(Name)
    skill: Mapped[str] = mapped_column(Code)
    least: Mapped[int]
    set_by: Mapped[str] = mapped_column(Name)
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)
