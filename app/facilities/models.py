"""Health system, hospitals and units."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.columns import Code, Name, primary_id
from app.core.db import Base


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
