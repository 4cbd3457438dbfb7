"""The roster: people, how to reach them, what they can do, and who stands where in the depth list."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.columns import Code, Name, UtcDateTime, primary_id
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
    """A way to reach a person. `address` is E.164 for sms; never written to logs or journals."""

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
    __tablename__ = "person_skills"

    person_id: Mapped[str] = mapped_column(sa.ForeignKey("people.id"), primary_key=True)
    slug: Mapped[str] = mapped_column(Code, primary_key=True)


class DepthEntry(Base):
    """Who could hold a HICS position at a facility, best first (rank 1)."""

    __tablename__ = "depth_entries"
    __table_args__ = (sa.UniqueConstraint("facility_id", "position_slug", "rank"),)

    id: Mapped[str] = primary_id()
    facility_id: Mapped[str] = mapped_column(sa.ForeignKey("facilities.id"))
    position_slug: Mapped[str] = mapped_column(Code)
    rank: Mapped[int]
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("people.id"))
