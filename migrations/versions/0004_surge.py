"""Readings, triggers, recommendations, levels and CSV uploads."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.core.columns import UtcDateTime

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "csv_mappings",
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("mapping", sa.Text(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("updated_by", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_csv_mappings")),
    )
    op.create_table(
        "csv_uploads",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("filename", sa.String(length=200), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("encoding", sa.String(length=80), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("uploaded_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_csv_uploads")),
    )
    op.create_table(
        "surge_hospitals",
        sa.Column("facility_id", sa.String(length=36), nullable=False),
        sa.Column("reading_version", sa.Integer(), nullable=False),
        sa.Column("fresh_until", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facilities.id"], name=op.f("fk_surge_hospitals_facility_id_facilities")
        ),
        sa.PrimaryKeyConstraint("facility_id", name=op.f("pk_surge_hospitals")),
    )
    op.create_table(
        "surge_levels",
        sa.Column("stream", sa.String(length=60), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column("set_at", UtcDateTime(), nullable=False),
        sa.Column("set_by", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["stream"], ["journal_streams.id"], name=op.f("fk_surge_levels_stream_journal_streams")
        ),
        sa.PrimaryKeyConstraint("stream", name=op.f("pk_surge_levels")),
    )
    op.create_table(
        "surge_recommendations",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("facility_id", sa.String(length=36), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "confirmed",
                "declined",
                "superseded",
                "withdrawn",
                name="recommendation_state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("ended_by", sa.String(length=200), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facilities.id"], name=op.f("fk_surge_recommendations_facility_id_facilities")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_surge_recommendations")),
    )
    with op.batch_alter_table("surge_recommendations", schema=None) as batch_op:
        batch_op.create_index(
            "uq_surge_recommendations_open",
            ["facility_id"],
            unique=True,
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        )

    op.create_table(
        "triggers",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("facility_id", sa.String(length=36), nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("unit_class", sa.String(length=80), nullable=False),
        sa.Column("metric", sa.String(length=80), nullable=False),
        sa.Column("comparison", sa.String(length=80), nullable=False),
        sa.Column("threshold_percent", sa.Integer(), nullable=False),
        sa.Column("for_minutes", sa.Integer(), nullable=False),
        sa.Column("clear_percent", sa.Integer(), nullable=False),
        sa.Column("clear_for_minutes", sa.Integer(), nullable=False),
        sa.Column("recommends_rank", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facilities.id"], name=op.f("fk_triggers_facility_id_facilities")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_triggers")),
        sa.UniqueConstraint("facility_id", "slug", name=op.f("uq_triggers_facility_id_slug")),
    )
    op.create_table(
        "latest_readings",
        sa.Column("unit_id", sa.String(length=36), nullable=False),
        sa.Column("metric", sa.String(length=80), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("observed_at", UtcDateTime(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_latest_readings_unit_id_units")),
        sa.PrimaryKeyConstraint("unit_id", "metric", name=op.f("pk_latest_readings")),
    )
    op.create_table(
        "reading_marks",
        sa.Column("unit_id", sa.String(length=36), nullable=False),
        sa.Column("metric", sa.String(length=80), nullable=False),
        sa.Column("begins_at", UtcDateTime(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("observed_at", UtcDateTime(), nullable=False),
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_reading_marks_unit_id_units")),
        sa.PrimaryKeyConstraint("unit_id", "metric", "begins_at", name=op.f("pk_reading_marks")),
    )
    op.create_table(
        "readings",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("unit_id", sa.String(length=36), nullable=False),
        sa.Column("metric", sa.String(length=80), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("observed_at", UtcDateTime(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("entered_by", sa.String(length=200), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.CheckConstraint("value >= 0", name=op.f("ck_readings_value_not_negative")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_readings_unit_id_units")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_readings")),
        sa.UniqueConstraint(
            "unit_id",
            "metric",
            "observed_at",
            "source",
            "revision",
            name=op.f("uq_readings_unit_id_metric_observed_at_source_revision"),
        ),
    )
    op.create_table(
        "trigger_firings",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("trigger_id", sa.String(length=36), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("fired_at", UtcDateTime(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("of", sa.Integer(), nullable=False),
        sa.Column("cleared_at", UtcDateTime(), nullable=True),
        sa.Column("settled", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["trigger_id"], ["triggers.id"], name=op.f("fk_trigger_firings_trigger_id_triggers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trigger_firings")),
    )
    with op.batch_alter_table("trigger_firings", schema=None) as batch_op:
        batch_op.create_index(
            "uq_trigger_firings_standing",
            ["trigger_id"],
            unique=True,
            sqlite_where=sa.text("cleared_at IS NULL"),
            postgresql_where=sa.text("cleared_at IS NULL"),
        )

    op.create_table(
        "trigger_states",
        sa.Column("trigger_id", sa.String(length=36), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "normal",
                "pending",
                "active",
                "unknown",
                name="trigger_status",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("as_of", UtcDateTime(), nullable=True),
        sa.Column("beyond_since", UtcDateTime(), nullable=True),
        sa.Column("clear_since", UtcDateTime(), nullable=True),
        sa.Column("fired_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["trigger_id"], ["triggers.id"], name=op.f("fk_trigger_states_trigger_id_triggers")
        ),
        sa.PrimaryKeyConstraint("trigger_id", name=op.f("pk_trigger_states")),
    )


def downgrade() -> None:
    op.drop_table("trigger_states")
    with op.batch_alter_table("trigger_firings", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_trigger_firings_standing",
            sqlite_where=sa.text("cleared_at IS NULL"),
            postgresql_where=sa.text("cleared_at IS NULL"),
        )

    op.drop_table("trigger_firings")
    op.drop_table("readings")
    op.drop_table("reading_marks")
    op.drop_table("latest_readings")
    op.drop_table("triggers")
    with op.batch_alter_table("surge_recommendations", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_surge_recommendations_open",
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        )

    op.drop_table("surge_recommendations")
    op.drop_table("surge_levels")
    op.drop_table("surge_hospitals")
    op.drop_table("csv_uploads")
    op.drop_table("csv_mappings")
