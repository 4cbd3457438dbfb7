"""What an incident taught, and what is done about it."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.columns import Name, UtcDateTime, primary_id
from app.core.db import Base


class Finding(Base):
    """A row of the improvement plan: what was found, the corrective action, its owner and its due day."""

    __tablename__ = "findings"

    id: Mapped[str] = primary_id()
    incident_id: Mapped[str] = mapped_column(sa.ForeignKey("incidents.id"), index=True)
    number: Mapped[int]
    text: Mapped[str] = mapped_column(sa.Text)
    action: Mapped[str] = mapped_column(sa.Text)
    owner: Mapped[str] = mapped_column(Name)
    due_on: Mapped[date | None]
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    note: Mapped[str] = mapped_column(sa.Text)
