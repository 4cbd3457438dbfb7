"""What asked something of somebody, one row each, so that load and floods can be counted; and the flood that lasts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.columns import Code, Name, UtcDateTime, primary_id
from app.core.db import Base

STANDS: dict[str, Any] = {
    "sqlite_where": sa.text("cleared_at IS NULL"),
    "postgresql_where": sa.text("cleared_at IS NULL"),
}


class Alarm(Base):
    """Kept by those who follow the journals, in the transaction of what happened.

    kind         firing (of a trigger), told (somebody, of what waits), overdue (on the board), engine (the watchdog).
    key          what of it, once only.
    cause        the trigger or the thing that waits: further alarms about it have the same.
    at           when it came to be; `raised_at`: when it was put to people.
    link         the page where it is answered.
    """

    __tablename__ = "alarms"
    __table_args__ = (
        sa.Index("ix_alarms_raised", "facility_id", "raised_at"),
        sa.Index("ix_alarms_lately", "raised_at"),
        sa.Index("ix_alarms_open", "cause", **STANDS),
        sa.Index("ix_alarms_standing", "facility_id", **STANDS),
    )

    id: Mapped[str] = primary_id()
    key: Mapped[str] = mapped_column(sa.String(120), unique=True)
    kind: Mapped[str] = mapped_column(Code)
    facility_id: Mapped[str | None] = mapped_column(sa.ForeignKey("facilities.id"))
    incident_id: Mapped[str | None] = mapped_column(sa.ForeignKey("incidents.id"))
    exercise: Mapped[bool] = mapped_column(default=False)
    cause: Mapped[str] = mapped_column(sa.String(120))
    title: Mapped[str] = mapped_column(Name)
    words: Mapped[str] = mapped_column(sa.Text, default="")
    role: Mapped[str] = mapped_column(Name)
    severity: Mapped[str] = mapped_column(Code)
    place: Mapped[str] = mapped_column(Code, default="")
    resource: Mapped[str] = mapped_column(Code, default="")
    life_safety: Mapped[bool] = mapped_column(default=False)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    raised_at: Mapped[datetime] = mapped_column(UtcDateTime)
    acknowledged_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    acknowledged_by: Mapped[str | None] = mapped_column(Name)
    shelved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    shelved_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cleared_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    link: Mapped[str] = mapped_column(Name, default="")


class AlarmCall(Base):
    """A step that was done about a recommendation that nobody decided while no incident was open."""

    __tablename__ = "alarm_calls"
    __table_args__ = (sa.UniqueConstraint("recommendation_id", "round", "step"),)

    id: Mapped[str] = primary_id()
    recommendation_id: Mapped[str] = mapped_column(sa.ForeignKey("surge_recommendations.id"))
    step: Mapped[int]
    round: Mapped[int]
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class AlarmFlood(Base):
    """The flood of a hospital as boards show it; `parts`: how many of which S, in words. `version` rises with every
    change, also when it ends by itself.
    """

    __tablename__ = "alarm_floods"

    facility_id: Mapped[str] = mapped_column(sa.ForeignKey("facilities.id"), primary_key=True)
    version: Mapped[int] = mapped_column(default=0)
    began_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    number: Mapped[int] = mapped_column(default=0)
    first_title: Mapped[str] = mapped_column(Name, default="")
    first_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    parts: Mapped[str] = mapped_column(Name, default="")
