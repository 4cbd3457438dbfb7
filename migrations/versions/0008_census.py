"""Census: reduced ADT events, the visits they fold to, locations, and what was refused."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.core.columns import UtcDateTime

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "adt_beds",
        sa.Column("facility_id", sa.String(length=36), nullable=False),
        sa.Column("point_of_care", sa.String(length=80), nullable=False),
        sa.Column("room", sa.String(length=80), nullable=False),
        sa.Column("bed", sa.String(length=80), nullable=False),
        sa.Column("status", sa.String(length=1), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("ident", sa.String(length=66), nullable=False),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facilities.id"], name=op.f("fk_adt_beds_facility_id_facilities")
        ),
        sa.PrimaryKeyConstraint("facility_id", "point_of_care", "room", "bed", name=op.f("pk_adt_beds")),
    )
    op.create_table(
        "adt_days",
        sa.Column("facility_id", sa.String(length=36), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("messages", sa.Integer(), nullable=False),
        sa.Column("duplicates", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facilities.id"], name=op.f("fk_adt_days_facility_id_facilities")
        ),
        sa.PrimaryKeyConstraint("facility_id", "day", name=op.f("pk_adt_days")),
    )
    op.create_table(
        "adt_events",
        sa.Column("ident", sa.String(length=66), nullable=False),
        sa.Column("facility_id", sa.String(length=36), nullable=False),
        sa.Column("control_id", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("visit", sa.String(length=64), nullable=True),
        sa.Column("absorbs", sa.String(length=64), nullable=True),
        sa.Column("point_of_care", sa.String(length=80), nullable=True),
        sa.Column("room", sa.String(length=80), nullable=False),
        sa.Column("bed", sa.String(length=80), nullable=False),
        sa.Column("prior_point_of_care", sa.String(length=80), nullable=True),
        sa.Column("prior_room", sa.String(length=80), nullable=False),
        sa.Column("prior_bed", sa.String(length=80), nullable=False),
        sa.Column("patient_class", sa.String(length=1), nullable=False),
        sa.Column(
            "effect",
            sa.Enum(
                "admitted",
                "registered",
                "expected",
                "moved",
                "discharged",
                "left",
                "on_leave",
                "returned",
                "reclassified",
                "merged",
                "cancelled",
                "repeated",
                "undone",
                "unmatched",
                "none",
                name="adt_effect",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("why", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facilities.id"], name=op.f("fk_adt_events_facility_id_facilities")
        ),
        sa.PrimaryKeyConstraint("ident", name=op.f("pk_adt_events")),
    )
    with op.batch_alter_table("adt_events", schema=None) as batch_op:
        batch_op.create_index("ix_adt_events_effect", ["facility_id", "effect", "at"], unique=False)
        batch_op.create_index("ix_adt_events_visit", ["facility_id", "visit"], unique=False)

    op.create_table(
        "adt_feeds",
        sa.Column("facility_id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("last_received_at", UtcDateTime(), nullable=True),
        sa.Column("last_event_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facilities.id"], name=op.f("fk_adt_feeds_facility_id_facilities")
        ),
        sa.PrimaryKeyConstraint("facility_id", name=op.f("pk_adt_feeds")),
    )
    op.create_table(
        "adt_refusals",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("dedupe", sa.String(length=64), nullable=False),
        sa.Column("facility_id", sa.String(length=36), nullable=True),
        sa.Column("code", sa.String(length=2), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("control_id", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("kept", sa.Text(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("first_at", UtcDateTime(), nullable=False),
        sa.Column("last_at", UtcDateTime(), nullable=False),
        sa.Column("seen_by", sa.String(length=200), nullable=True),
        sa.Column("seen_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facilities.id"], name=op.f("fk_adt_refusals_facility_id_facilities")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_adt_refusals")),
        sa.UniqueConstraint("dedupe", name=op.f("uq_adt_refusals_dedupe")),
    )
    with op.batch_alter_table("adt_refusals", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_adt_refusals_facility_id"), ["facility_id"], unique=False)

    op.create_table(
        "adt_visits",
        sa.Column("facility_id", sa.String(length=36), nullable=False),
        sa.Column("visit", sa.String(length=64), nullable=False),
        sa.Column("family", sa.String(length=64), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "unknown",
                "expected",
                "registered",
                "in_house",
                "on_leave",
                "discharged",
                "cancelled",
                "merged",
                name="adt_state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("point_of_care", sa.String(length=80), nullable=True),
        sa.Column("room", sa.String(length=80), nullable=False),
        sa.Column("bed", sa.String(length=80), nullable=False),
        sa.Column("patient_class", sa.String(length=1), nullable=False),
        sa.Column("admitted_at", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facilities.id"], name=op.f("fk_adt_visits_facility_id_facilities")
        ),
        sa.PrimaryKeyConstraint("facility_id", "visit", name=op.f("pk_adt_visits")),
    )
    with op.batch_alter_table("adt_visits", schema=None) as batch_op:
        batch_op.create_index("ix_adt_visits_family", ["facility_id", "family"], unique=False)
        batch_op.create_index("ix_adt_visits_state", ["facility_id", "state"], unique=False)

    op.create_table(
        "adt_locations",
        sa.Column("facility_id", sa.String(length=36), nullable=False),
        sa.Column("point_of_care", sa.String(length=80), nullable=False),
        sa.Column("unit_id", sa.String(length=36), nullable=True),
        sa.Column("left_out", sa.Boolean(), nullable=False),
        sa.Column("changed_by", sa.String(length=200), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facilities.id"], name=op.f("fk_adt_locations_facility_id_facilities")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_adt_locations_unit_id_units")),
        sa.PrimaryKeyConstraint("facility_id", "point_of_care", name=op.f("pk_adt_locations")),
    )


def downgrade() -> None:
    op.drop_table("adt_locations")
    with op.batch_alter_table("adt_visits", schema=None) as batch_op:
        batch_op.drop_index("ix_adt_visits_state")
        batch_op.drop_index("ix_adt_visits_family")

    op.drop_table("adt_visits")
    with op.batch_alter_table("adt_refusals", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_adt_refusals_facility_id"))

    op.drop_table("adt_refusals")
    op.drop_table("adt_feeds")
    with op.batch_alter_table("adt_events", schema=None) as batch_op:
        batch_op.drop_index("ix_adt_events_visit")
        batch_op.drop_index("ix_adt_events_effect")

    op.drop_table("adt_events")
    op.drop_table("adt_days")
    op.drop_table("adt_beds")
