"""Care for contact methods: codes that prove them, when they rest, what went wrong, and the quiet tests."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.columns import Code, Id, Name, UtcDateTime, one_of, primary_id
from app.core.db import Base


class How(StrEnum):
    """How somebody made sure that a method reaches its person."""

    CODE = "code"
    LINK = "link"
    WORD_OF_MOUTH = "word_of_mouth"


class QuietTestState(StrEnum):
    """ASKED: handed to the sender. UNKNOWN: nobody has said what became of it. SKIPPED: not to be made."""

    PLANNED = "planned"
    ASKED = "asked"
    SENT = "sent"
    DELIVERED = "delivered"
    ANSWERED = "answered"
    FAILED = "failed"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"


class ContactCare(Base):
    """When a method rests from what is not urgent, and who verified it how.

    quiet_from, quiet_to   minutes of the local day, None without quiet hours; over midnight if from is later.
    """

    __tablename__ = "contact_care"

    contact_id: Mapped[str] = mapped_column(
        sa.ForeignKey("contact_methods.id", ondelete="CASCADE"), primary_key=True
    )
    paused_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    quiet_from: Mapped[int | None]
    quiet_to: Mapped[int | None]
    verified_how: Mapped[How | None] = mapped_column(one_of(How, "verified_how"))
    verified_by: Mapped[str | None] = mapped_column(Name)


class ContactCode(Base):
    """A code sent to a method. Only its keyed hash is kept; `used_at` when it was right."""

    __tablename__ = "contact_codes"

    id: Mapped[str] = primary_id()
    contact_id: Mapped[str] = mapped_column(
        sa.ForeignKey("contact_methods.id", ondelete="CASCADE"), index=True
    )
    digest: Mapped[str] = mapped_column(sa.String(64))
    sent_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    tries: Mapped[int] = mapped_column(default=0)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ContactTrouble(Base):
    """A method that went suspect at `since`, once. `told_at`: when its owner was asked over another one."""

    __tablename__ = "contact_troubles"
    __table_args__ = (
        sa.UniqueConstraint("contact_id", "since"),
        sa.Index(
            "ix_contact_troubles_open",
            "facility_id",
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        ),
    )

    id: Mapped[str] = primary_id()
    contact_id: Mapped[str] = mapped_column(sa.ForeignKey("contact_methods.id", ondelete="CASCADE"))
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("people.id"), index=True)
    facility_id: Mapped[str] = mapped_column(sa.ForeignKey("facilities.id"))
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(Name)
    noted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    told_over: Mapped[str | None] = mapped_column(Code)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class CareDigest(Base):
    """That a hospital's roster keepers have had their daily summary, or needed none: once a day."""

    __tablename__ = "contact_digests"

    facility_id: Mapped[str] = mapped_column(sa.ForeignKey("facilities.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    told: Mapped[int]


class QuietTestPlan(Base):
    """Whether and how often a hospital tests each method; without a row it does not."""

    __tablename__ = "quiet_test_plans"

    facility_id: Mapped[str] = mapped_column(sa.ForeignKey("facilities.id"), primary_key=True)
    active: Mapped[bool]
    every_weeks: Mapped[int]
    most_a_day: Mapped[int]
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_by: Mapped[str] = mapped_column(Name)


class QuietTestDay(Base):
    """That a day's share has been planned: once, whatever process does it."""

    __tablename__ = "quiet_test_days"

    facility_id: Mapped[str] = mapped_column(sa.ForeignKey("facilities.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    planned: Mapped[int]


class QuietTest(Base):
    """One test of one method. Department, channel and ending are as they were, for a report over time.

    by   the schedule, or the name of who asked for it now.
    key  names what it was made for, so that none is made twice.
    """

    __tablename__ = "quiet_tests"
    __table_args__ = (
        sa.Index("ix_quiet_tests_facility_due", "facility_id", "due_at"),
        sa.Index(
            "ix_quiet_tests_open",
            "due_at",
            sqlite_where=sa.text("state IN ('planned', 'asked', 'sent')"),
            postgresql_where=sa.text("state IN ('planned', 'asked', 'sent')"),
        ),
    )

    id: Mapped[str] = primary_id()
    key: Mapped[str] = mapped_column(Name, unique=True)
    facility_id: Mapped[str] = mapped_column(sa.ForeignKey("facilities.id"))
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("people.id"), index=True)
    contact_id: Mapped[str | None] = mapped_column(
        sa.ForeignKey("contact_methods.id", ondelete="SET NULL"), index=True
    )
    intent_id: Mapped[str | None] = mapped_column(Id)
    department: Mapped[str] = mapped_column(Name)
    channel: Mapped[str] = mapped_column(Code)
    ending: Mapped[str] = mapped_column(Code)
    by: Mapped[str] = mapped_column(Name)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[QuietTestState] = mapped_column(one_of(QuietTestState, "quiet_test_state"))
    reason: Mapped[str | None] = mapped_column(Name)
    asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
