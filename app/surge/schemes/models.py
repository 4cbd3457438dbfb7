"""Schemes of hospitals, each wording they have had, and the values that people type in."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.columns import Code, Name, UtcDateTime, primary_id
from app.core.db import Base

Seq = sa.BigInteger().with_variant(sa.Integer, "sqlite")


class EscalationScheme(Base):
    """A hospital's scheme as it holds now. `definition` is JSON of app.surge.schemes.scheme.Scheme."""

    __tablename__ = "escalation_schemes"

    id: Mapped[str] = primary_id()
    facility_id: Mapped[str] = mapped_column(sa.ForeignKey("facilities.id"), index=True)
    title: Mapped[str] = mapped_column(Name)
    number: Mapped[int]
    definition: Mapped[str] = mapped_column(sa.Text)
    retired: Mapped[bool] = mapped_column(default=False)


class SchemeVersion(Base):
    """Never changed."""

    __tablename__ = "scheme_versions"

    scheme_id: Mapped[str] = mapped_column(sa.ForeignKey("escalation_schemes.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    definition: Mapped[str] = mapped_column(sa.Text)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    made_by: Mapped[str] = mapped_column(Name)
    reason: Mapped[str] = mapped_column(sa.Text)


class SchemeValue(Base):
    """What somebody has typed for a parameter that is not read from units. Never changed; the newest counts."""

    __tablename__ = "scheme_values"
    __table_args__ = (sa.Index("ix_scheme_values_newest", "scheme_id", "parameter", "observed_at", "seq"),)

    seq: Mapped[int] = mapped_column(Seq, primary_key=True)
    scheme_id: Mapped[str] = mapped_column(sa.ForeignKey("escalation_schemes.id"))
    parameter: Mapped[str] = mapped_column(Code)
    value: Mapped[float]
    observed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    entered_by: Mapped[str] = mapped_column(Name)
