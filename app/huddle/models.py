"""What is carried from huddle to huddle, and the sheets of those that were held."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.columns import Code, Name, UtcDateTime, one_of, primary_id
from app.core.db import Base


class ItemKind(StrEnum):
    SAFETY = "safety"
    EQUIPMENT = "equipment"
    STAFFING = "staffing"
    FLOW = "flow"


class HuddleItem(Base):
    """A concern that somebody sees to by a time. It stands on every sheet until it is done."""

    __tablename__ = "huddle_items"
    __table_args__ = (
        sa.Index(
            "ix_huddle_items_open",
            "facility_id",
            "due_at",
            sqlite_where=sa.text("done_at IS NULL"),
            postgresql_where=sa.text("done_at IS NULL"),
        ),
        sa.Index("ix_huddle_items_done", "facility_id", "done_at"),
    )

    id: Mapped[str] = primary_id()
    facility_id: Mapped[str] = mapped_column(sa.ForeignKey("facilities.id"))
    unit_id: Mapped[str | None] = mapped_column(sa.ForeignKey("units.id"))
    kind: Mapped[ItemKind] = mapped_column(one_of(ItemKind, "huddle_item_kind"))
    text: Mapped[str] = mapped_column(sa.Text)
    owner: Mapped[str] = mapped_column(Name)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    raised_at: Mapped[datetime] = mapped_column(UtcDateTime)
    raised_by: Mapped[str] = mapped_column(Name)
    huddles: Mapped[int] = mapped_column(default=0)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    done_by: Mapped[str | None] = mapped_column(Name)
    outcome: Mapped[str] = mapped_column(sa.Text, default="")


class HuddleSheet(Base):
    """A huddle that was held. Never changed: `sheet` is JSON of app.huddle.sheet.Sheet as it was, and the journal
    keeps its digest. `attendees`: JSON of how many were there by role.
    """

    __tablename__ = "huddle_sheets"
    __table_args__ = (sa.Index("ix_huddle_sheets_held", "facility_id", "held_at"),)

    id: Mapped[str] = primary_id()
    facility_id: Mapped[str] = mapped_column(sa.ForeignKey("facilities.id"))
    day: Mapped[str] = mapped_column(Code)
    held_at: Mapped[datetime] = mapped_column(UtcDateTime)
    held_by: Mapped[str] = mapped_column(Name)
    attendees: Mapped[str] = mapped_column(sa.Text)
    note: Mapped[str] = mapped_column(sa.Text)
    sheet: Mapped[str] = mapped_column(sa.Text)
