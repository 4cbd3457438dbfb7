"""Two tables: the head of each stream, and its entries."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.columns import Code, Id, Name, UtcDateTime
from app.core.db import Base


class StreamHead(Base):
    """The counter that makes seq gapless, and the signed end of the chain."""

    __tablename__ = "journal_streams"

    id: Mapped[str] = mapped_column(sa.String(60), primary_key=True)
    seq: Mapped[int] = mapped_column(sa.Integer, default=0)
    hash: Mapped[str] = mapped_column(sa.String(64))
    signed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    key_id: Mapped[str | None] = mapped_column(sa.String(16))
    public_key: Mapped[str | None] = mapped_column(sa.String(64))
    signature: Mapped[str | None] = mapped_column(sa.String(128))


class JournalEntry(Base):
    """Inserted, never changed: triggers in the database refuse UPDATE and DELETE."""

    __tablename__ = "journal_entries"

    stream: Mapped[str] = mapped_column(sa.ForeignKey("journal_streams.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(sa.Integer, primary_key=True, autoincrement=False)
    occurred_at: Mapped[datetime] = mapped_column(UtcDateTime)
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor_kind: Mapped[str] = mapped_column(Code)
    actor_id: Mapped[str] = mapped_column(Id)
    actor_name: Mapped[str] = mapped_column(Name)
    position: Mapped[str | None] = mapped_column(sa.String(400))
    kind: Mapped[str] = mapped_column(Code)
    subject: Mapped[str] = mapped_column(Name)
    data: Mapped[str] = mapped_column(sa.Text)
    corrects: Mapped[int | None] = mapped_column(sa.Integer)
    prev_hash: Mapped[str] = mapped_column(sa.String(64))
    hash: Mapped[str] = mapped_column(sa.String(64))
