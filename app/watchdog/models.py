"""What the watchdog found, how its last round went, and whom it has alarmed about what."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.columns import Code, Name, UtcDateTime, primary_id
from app.core.db import Base


class WatchFinding(Base):
    """One item past its bound `since` then; `resolved_at` when a later round found it well or gone."""

    __tablename__ = "watch_findings"
    __table_args__ = (
        sa.Index(
            "uq_watch_findings_open",
            "kind",
            "subject_id",
            unique=True,
            sqlite_where=sa.text("resolved_at IS NULL"),
            postgresql_where=sa.text("resolved_at IS NULL"),
        ),
    )

    id: Mapped[str] = primary_id()
    kind: Mapped[str] = mapped_column(Code)
    subject_id: Mapped[str] = mapped_column(Code)
    words: Mapped[str] = mapped_column(Name)
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    first_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    resolved_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)


class WatchState(Base):
    """One row. `began_at` is the claim of a round; the rest is how the last one ended, and the last ping.

    `looked` counts the items of the last round, `ping_error` says why the last ping did not get through.
    """

    __tablename__ = "watch_state"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    began_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    clean_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    looked: Mapped[int] = mapped_column(default=0)
    took_ms: Mapped[int] = mapped_column(default=0)
    ping_tried_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    pinged_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ping_error: Mapped[str | None] = mapped_column(Name)


class WatchAlarm(Base):
    """When somebody was last alarmed about a kind."""

    __tablename__ = "watch_alarms"

    kind: Mapped[str] = mapped_column(Code, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
