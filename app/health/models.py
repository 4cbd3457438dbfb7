"""What the engine says about itself, so that its silence is noticed by every web process."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.columns import Code, Name, UtcDateTime
from app.core.db import Base


class EngineBeat(Base):
    """One part of one jobs process, as of `at`. `process` is host:pid; a part is the name of a tick.

    `lag_ms` is how much later than its interval the part last began; `errors` counts failed runs.
    """

    __tablename__ = "engine_beats"

    process: Mapped[str] = mapped_column(Name, primary_key=True)
    part: Mapped[str] = mapped_column(Code, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    interval_ms: Mapped[int]
    last_started: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_finished: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_error: Mapped[str | None] = mapped_column(sa.Text)
    lag_ms: Mapped[int] = mapped_column(default=0)
    runs: Mapped[int] = mapped_column(default=0)
    errors: Mapped[int] = mapped_column(default=0)
