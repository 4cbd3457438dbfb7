"""Reduced ADT events and the visits they fold to. No names, no numbers of patients: see `reduce`."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.census.reconciling import Difference, ListState
from app.census.visits import Effect, State
from app.core.columns import Code, Id, Name, UtcDateTime, one_of, primary_id
from app.core.db import Base

Hash = sa.String(64)
_ENDED_UNPRUNED = sa.text("pruned_until IS NULL AND ended_at IS NOT NULL")
_UNPRUNED: dict[str, Any] = {"sqlite_where": _ENDED_UNPRUNED, "postgresql_where": _ENDED_UNPRUNED}
_OPEN_ONES = sa.text("state = 'open'")
_OPEN: dict[str, Any] = {"sqlite_where": _OPEN_ONES, "postgresql_where": _OPEN_ONES}


class AdtFeed(Base):
    """A hospital's feed. Its row is locked while messages are taken in, so that deliveries queue."""

    __tablename__ = "adt_feeds"

    facility_id: Mapped[str] = mapped_column(Id, sa.ForeignKey("facilities.id"), primary_key=True)
    version: Mapped[int] = mapped_column(default=0)
    last_received_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_event_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class AdtDay(Base):
    """How many messages came on one of the hospital's own days."""

    __tablename__ = "adt_days"

    facility_id: Mapped[str] = mapped_column(Id, sa.ForeignKey("facilities.id"), primary_key=True)
    day: Mapped[date] = mapped_column(sa.Date, primary_key=True)
    messages: Mapped[int] = mapped_column(default=0)
    duplicates: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)


class AdtEvent(Base):
    """One message for one visit (a swap has two), or for none. Kept so that the visit can be folded again
    when an earlier event comes later. `effect` and `why` are written anew by each fold."""

    __tablename__ = "adt_events"
    __table_args__ = (
        sa.Index("ix_adt_events_visit", "facility_id", "visit"),
        sa.Index("ix_adt_events_effect", "facility_id", "effect", "at"),
    )

    ident: Mapped[str] = mapped_column(sa.String(66), primary_key=True)
    facility_id: Mapped[str] = mapped_column(Id, sa.ForeignKey("facilities.id"))
    control_id: Mapped[str] = mapped_column(Name)
    kind: Mapped[str] = mapped_column(sa.String(8))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime] = mapped_column(UtcDateTime)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    visit: Mapped[str | None] = mapped_column(Hash)
    absorbs: Mapped[str | None] = mapped_column(Hash)
    point_of_care: Mapped[str | None] = mapped_column(Code)
    room: Mapped[str] = mapped_column(Code, default="")
    bed: Mapped[str] = mapped_column(Code, default="")
    prior_point_of_care: Mapped[str | None] = mapped_column(Code)
    prior_room: Mapped[str] = mapped_column(Code, default="")
    prior_bed: Mapped[str] = mapped_column(Code, default="")
    patient_class: Mapped[str] = mapped_column(sa.String(1), default="")
    effect: Mapped[Effect] = mapped_column(one_of(Effect, "adt_effect"), default=Effect.NONE)
    why: Mapped[str] = mapped_column(Name, default="")


class AdtVisit(Base):
    """A visit as its events make it. `family` joins visits that were merged: they are folded together.

    pruned_until  its events up to then are no longer kept; what they made of it stands here.
    """

    __tablename__ = "adt_visits"
    __table_args__ = (
        sa.Index("ix_adt_visits_state", "facility_id", "state"),
        sa.Index("ix_adt_visits_family", "facility_id", "family"),
        sa.Index("ix_adt_visits_unpruned", "facility_id", "ended_at", **_UNPRUNED),
    )

    facility_id: Mapped[str] = mapped_column(Id, sa.ForeignKey("facilities.id"), primary_key=True)
    visit: Mapped[str] = mapped_column(Hash, primary_key=True)
    family: Mapped[str] = mapped_column(Hash)
    state: Mapped[State] = mapped_column(one_of(State, "adt_state"))
    point_of_care: Mapped[str | None] = mapped_column(Code)
    room: Mapped[str] = mapped_column(Code, default="")
    bed: Mapped[str] = mapped_column(Code, default="")
    patient_class: Mapped[str] = mapped_column(sa.String(1), default="")
    admitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    pruned_until: Mapped[datetime | None] = mapped_column(UtcDateTime)


class AdtBed(Base):
    """The newest status of a bed (A20, HL7 table 0116)."""

    __tablename__ = "adt_beds"

    facility_id: Mapped[str] = mapped_column(Id, sa.ForeignKey("facilities.id"), primary_key=True)
    point_of_care: Mapped[str] = mapped_column(Code, primary_key=True)
    room: Mapped[str] = mapped_column(Code, primary_key=True)
    bed: Mapped[str] = mapped_column(Code, primary_key=True)
    status: Mapped[str] = mapped_column(sa.String(1))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    ident: Mapped[str] = mapped_column(sa.String(66))


class AdtLocation(Base):
    """Which unit a point of care is; `left_out`: no inpatient beds there, so not counted."""

    __tablename__ = "adt_locations"

    facility_id: Mapped[str] = mapped_column(Id, sa.ForeignKey("facilities.id"), primary_key=True)
    point_of_care: Mapped[str] = mapped_column(Code, primary_key=True)
    unit_id: Mapped[str | None] = mapped_column(Id, sa.ForeignKey("units.id"))
    left_out: Mapped[bool] = mapped_column(default=False)
    changed_by: Mapped[str] = mapped_column(Name)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class AdtRefusal(Base):
    """A message that was not taken, without its content about people, until somebody has looked at it."""

    __tablename__ = "adt_refusals"

    id: Mapped[str] = primary_id()
    dedupe: Mapped[str] = mapped_column(Hash, unique=True)
    facility_id: Mapped[str | None] = mapped_column(Id, sa.ForeignKey("facilities.id"), index=True)
    code: Mapped[str] = mapped_column(sa.String(2))
    reason: Mapped[str] = mapped_column(sa.String(500))
    control_id: Mapped[str] = mapped_column(Name)
    kind: Mapped[str] = mapped_column(Code)
    kept: Mapped[str] = mapped_column(sa.Text)
    times: Mapped[int] = mapped_column(default=1)
    first_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_by: Mapped[str | None] = mapped_column(Name)
    seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class CensusSetting(Base):
    """What a hospital wants of its census; the defaults hold until a person has said otherwise.

    feeds          counts go in as readings, at most every `every_seconds`.
    differs_by     a hand count that differs by more is shown.
    accepts_up_to  a list that differs in no more visits is accepted without a person; 0: never.
    silent_days    patients of whose place no message has spoken for longer are listed.
    list_daily     a census list is expected every day.
    """

    __tablename__ = "census_settings"

    facility_id: Mapped[str] = mapped_column(Id, sa.ForeignKey("facilities.id"), primary_key=True)
    feeds: Mapped[bool] = mapped_column(default=False)
    every_seconds: Mapped[int] = mapped_column(default=60)
    differs_by: Mapped[int] = mapped_column(default=2)
    accepts_up_to: Mapped[int] = mapped_column(default=0)
    silent_days: Mapped[int] = mapped_column(default=14)
    list_daily: Mapped[bool] = mapped_column(default=False)
    changed_by: Mapped[str] = mapped_column(Name)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CensusEntry(Base):
    """How far a hospital's census has been entered as readings: which state of the feed, and when the next may be."""

    __tablename__ = "census_entries"

    facility_id: Mapped[str] = mapped_column(Id, sa.ForeignKey("facilities.id"), primary_key=True)
    version: Mapped[int] = mapped_column(default=-1)
    event_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    entered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    next_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CensusList(Base):
    """A hospital's own census list, compared with the running census as it was when the list was taken.

    Nothing of the list is kept but the counts and the differences. Of one hospital at most one is open.
    """

    __tablename__ = "census_lists"
    __table_args__ = (
        sa.Index("uq_census_lists_open", "facility_id", unique=True, **_OPEN),
        sa.Index("ix_census_lists_facility_id", "facility_id", "taken_at"),
    )

    id: Mapped[str] = primary_id()
    facility_id: Mapped[str] = mapped_column(Id, sa.ForeignKey("facilities.id"))
    taken_at: Mapped[datetime] = mapped_column(UtcDateTime)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    given_by: Mapped[str] = mapped_column(Name)
    form: Mapped[str] = mapped_column(Code)
    patients: Mapped[int]
    same: Mapped[int]
    faults: Mapped[str] = mapped_column(sa.Text, default="")
    """Lines of the list that could not be read, with the reason, one a line; nothing of their content."""
    state: Mapped[ListState] = mapped_column(one_of(ListState, "census_list_state"))
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    settled_by: Mapped[str | None] = mapped_column(Name)
    reason: Mapped[str] = mapped_column(sa.Text, default="")


class CensusDifference(Base):
    """One visit in which list and census differ. `accepted` None: nobody has decided."""

    __tablename__ = "census_differences"

    list_id: Mapped[str] = mapped_column(Id, sa.ForeignKey("census_lists.id"), primary_key=True)
    visit: Mapped[str] = mapped_column(Hash, primary_key=True)
    kind: Mapped[Difference] = mapped_column(one_of(Difference, "census_difference"))
    line: Mapped[int | None]
    point_of_care: Mapped[str | None] = mapped_column(Code)
    room: Mapped[str] = mapped_column(Code, default="")
    bed: Mapped[str] = mapped_column(Code, default="")
    listed_point_of_care: Mapped[str | None] = mapped_column(Code)
    listed_room: Mapped[str] = mapped_column(Code, default="")
    listed_bed: Mapped[str] = mapped_column(Code, default="")
    admitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    accepted: Mapped[bool | None]
