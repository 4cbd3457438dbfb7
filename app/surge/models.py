"""Readings, triggers and their firings, recommendations and levels."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.columns import Code, Id, Name, UtcDateTime, one_of, primary_id
from app.core.db import Base
from app.surge.triggers import Status

Seq = sa.BigInteger().with_variant(sa.Integer, "sqlite")


class RecommendationState(StrEnum):
    OPEN = "open"
    CONFIRMED = "confirmed"
    DECLINED = "declined"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


class Reading(Base):
    """A count somebody or something observed. Never changed: a correction is a further revision."""

    __tablename__ = "readings"
    __table_args__ = (
        sa.UniqueConstraint("unit_id", "metric", "observed_at", "source", "revision"),
        sa.CheckConstraint("value >= 0", name="value_not_negative"),
    )

    seq: Mapped[int] = mapped_column(Seq, primary_key=True)
    unit_id: Mapped[str] = mapped_column(sa.ForeignKey("units.id"))
    metric: Mapped[str] = mapped_column(Code)
    value: Mapped[int]
    observed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    source: Mapped[str] = mapped_column(Name)
    entered_by: Mapped[str] = mapped_column(Name)
    revision: Mapped[int] = mapped_column(default=0)


class LatestReading(Base):
    """The newest observation of each metric of each unit, kept with it so that no screen scans history."""

    __tablename__ = "latest_readings"

    unit_id: Mapped[str] = mapped_column(sa.ForeignKey("units.id"), primary_key=True)
    metric: Mapped[str] = mapped_column(Code, primary_key=True)
    value: Mapped[int]
    observed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    source: Mapped[str] = mapped_column(Name)
    seq: Mapped[int] = mapped_column(Seq)


class ReadingMark(Base):
    """The last observation in each six hours of UTC, for trends: few rows, however often it is counted."""

    __tablename__ = "reading_marks"

    unit_id: Mapped[str] = mapped_column(sa.ForeignKey("units.id"), primary_key=True)
    metric: Mapped[str] = mapped_column(Code, primary_key=True)
    begins_at: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    value: Mapped[int]
    observed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seq: Mapped[int] = mapped_column(Seq)


class SurgeHospital(Base):
    """`reading_version` rises with every change of a hospital's readings, also when one becomes stale: the next
    does so at `fresh_until`.
    """

    __tablename__ = "surge_hospitals"

    facility_id: Mapped[str] = mapped_column(sa.ForeignKey("facilities.id"), primary_key=True)
    reading_version: Mapped[int] = mapped_column(default=0)
    fresh_until: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Trigger(Base):
    """A hospital's own rule as it holds now. `definition` is JSON of app.surge.definitions.Definition; what is asked
    of many at once stands beside it. A retired one watches nothing more.
    """

    __tablename__ = "triggers"
    __table_args__ = (sa.UniqueConstraint("facility_id", "slug"),)

    id: Mapped[str] = primary_id()
    facility_id: Mapped[str] = mapped_column(sa.ForeignKey("facilities.id"))
    slug: Mapped[str] = mapped_column(Code)
    title: Mapped[str] = mapped_column(Name)
    unit_class: Mapped[str] = mapped_column(Code)
    recommends_rank: Mapped[int]
    version: Mapped[int]
    definition: Mapped[str] = mapped_column(sa.Text)
    retired: Mapped[bool] = mapped_column(default=False)


class TriggerVersion(Base):
    """Each wording a trigger has had. Never changed: a firing names the version that fired."""

    __tablename__ = "trigger_versions"

    trigger_id: Mapped[str] = mapped_column(sa.ForeignKey("triggers.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    definition: Mapped[str] = mapped_column(sa.Text)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    made_by: Mapped[str] = mapped_column(Name)
    reason: Mapped[str] = mapped_column(sa.Text)


class TriggerState(Base):
    """Where a trigger stands; see app.surge.triggers.State. `memory` is JSON of what its window remembers."""

    __tablename__ = "trigger_states"

    trigger_id: Mapped[str] = mapped_column(sa.ForeignKey("triggers.id"), primary_key=True)
    status: Mapped[Status] = mapped_column(one_of(Status, "trigger_status"))
    as_of: Mapped[datetime | None] = mapped_column(UtcDateTime)
    beyond_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    clear_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    fired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    acknowledged_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    shelved_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    known: Mapped[bool] = mapped_column(default=False)
    value: Mapped[float | None]
    memory: Mapped[str] = mapped_column(sa.Text, default="[]")
    shown: Mapped[Status] = mapped_column(one_of(Status, "trigger_shown"), default=Status.UNKNOWN)
    provisional: Mapped[bool] = mapped_column(default=False)
    """`shown` and `provisional` as of the last look; the others as of the last thing that happened."""


class Shelving(Base):
    """A trigger put aside by a person until a time, with the reason; taken back, or over, at `ended_at`."""

    __tablename__ = "trigger_shelvings"
    __table_args__ = (
        sa.Index(
            "uq_trigger_shelvings_open",
            "trigger_id",
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        ),
    )

    id: Mapped[str] = primary_id()
    trigger_id: Mapped[str] = mapped_column(sa.ForeignKey("triggers.id"))
    shelved_at: Mapped[datetime] = mapped_column(UtcDateTime)
    shelved_by: Mapped[str] = mapped_column(Name)
    until: Mapped[datetime] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(sa.Text)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Firing(Base):
    """One time that a trigger fired, by which version. It is settled once a person has decided about it.

    `said`: what it saw, in words; `rule`: the limit it had passed; `resource`: which of the four S.
    """

    __tablename__ = "trigger_firings"
    __table_args__ = (
        sa.Index(
            "uq_trigger_firings_standing",
            "trigger_id",
            unique=True,
            sqlite_where=sa.text("cleared_at IS NULL"),
            postgresql_where=sa.text("cleared_at IS NULL"),
        ),
    )

    id: Mapped[str] = primary_id()
    trigger_id: Mapped[str] = mapped_column(sa.ForeignKey("triggers.id"))
    version: Mapped[int]
    title: Mapped[str] = mapped_column(Name)
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    fired_at: Mapped[datetime] = mapped_column(UtcDateTime)
    said: Mapped[str] = mapped_column(sa.Text)
    rule: Mapped[str] = mapped_column(sa.Text)
    severity: Mapped[str] = mapped_column(Code)
    resource: Mapped[str] = mapped_column(Code)
    action: Mapped[str] = mapped_column(sa.Text)
    acknowledged_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    acknowledged_by: Mapped[str | None] = mapped_column(Name)
    cleared_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    settled: Mapped[bool] = mapped_column(default=False)


class Recommendation(Base):
    """A level the program recommends, until a person decides, a higher one takes its place, or it is over.
    `drivers`: the S whose triggers speak for it, with commas; `reasons`: JSON of app.surge.events.ReasonData.
    """

    __tablename__ = "surge_recommendations"
    __table_args__ = (
        sa.Index(
            "uq_surge_recommendations_open",
            "facility_id",
            unique=True,
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        ),
    )

    id: Mapped[str] = primary_id()
    facility_id: Mapped[str] = mapped_column(sa.ForeignKey("facilities.id"))
    rank: Mapped[int]
    label: Mapped[str] = mapped_column(Name)
    because: Mapped[str] = mapped_column(sa.Text)
    band: Mapped[str] = mapped_column(Code)
    drivers: Mapped[str] = mapped_column(Name)
    reasons: Mapped[str] = mapped_column(sa.Text)
    state: Mapped[RecommendationState] = mapped_column(one_of(RecommendationState, "recommendation_state"))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_by: Mapped[str | None] = mapped_column(Name)
    reason: Mapped[str | None] = mapped_column(sa.Text)


class SurgeLevel(Base):
    """The level in force, kept under the journal it stands in: a hospital's, or an exercise's own. What it was when it
    was set stays, whatever is edited; `version` says of which of the hospital's versions.
    """

    __tablename__ = "surge_levels"

    stream: Mapped[str] = mapped_column(sa.ForeignKey("journal_streams.id"), primary_key=True)
    rank: Mapped[int]
    label: Mapped[str] = mapped_column(Name)
    meaning: Mapped[str] = mapped_column(sa.Text)
    colour: Mapped[str] = mapped_column(Code)
    band: Mapped[str] = mapped_column(Code)
    version: Mapped[int]
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)
    set_by: Mapped[str] = mapped_column(Name)
    reason: Mapped[str] = mapped_column(sa.Text)


class SurgeBand(Base):
    """Where a person has put one of the four S, under the journal it stands in; none says conventional."""

    __tablename__ = "surge_bands"

    stream: Mapped[str] = mapped_column(sa.ForeignKey("journal_streams.id"), primary_key=True)
    resource: Mapped[str] = mapped_column(Code, primary_key=True)
    band: Mapped[str] = mapped_column(Code)
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)
    set_by: Mapped[str] = mapped_column(Name)
    reason: Mapped[str] = mapped_column(sa.Text)
    assumed: Mapped[bool]
    """Nobody named what drives the level, and no trigger said so."""


class LevelSet(Base):
    """The named levels of a hospital as JSON of app.surge.levels.Level, one row for each version. Never changed."""

    __tablename__ = "level_sets"

    facility_id: Mapped[str] = mapped_column(sa.ForeignKey("facilities.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    levels: Mapped[str] = mapped_column(sa.Text)
    change: Mapped[str] = mapped_column(sa.Text)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    made_by: Mapped[str] = mapped_column(Name)
    reason: Mapped[str] = mapped_column(sa.Text)


class CsvMapping(Base):
    """How the files of one source are read, as JSON of app.surge.csvfile.Columns; kept for the next file."""

    __tablename__ = "csv_mappings"

    source: Mapped[str] = mapped_column(Name, primary_key=True)
    mapping: Mapped[str] = mapped_column(sa.Text)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_by: Mapped[str] = mapped_column(Name)


class CsvUpload(Base):
    """A file between its upload and its being taken."""

    __tablename__ = "csv_uploads"

    id: Mapped[str] = primary_id()
    account_id: Mapped[str] = mapped_column(Id)
    filename: Mapped[str] = mapped_column(Name)
    source: Mapped[str] = mapped_column(Name)
    encoding: Mapped[str] = mapped_column(Code)
    content: Mapped[str] = mapped_column(sa.Text)
    uploaded_at: Mapped[datetime] = mapped_column(UtcDateTime)


class LabRun(Base):
    """A run of the trigger lab as it was: what was tried on what, and what came of it, as JSON."""

    __tablename__ = "lab_runs"

    id: Mapped[str] = primary_id()
    facility_id: Mapped[str] = mapped_column(sa.ForeignKey("facilities.id"), index=True)
    title: Mapped[str] = mapped_column(Name)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    made_by: Mapped[str] = mapped_column(Name)
    question: Mapped[str] = mapped_column(sa.Text)
    result: Mapped[str] = mapped_column(sa.Text)
