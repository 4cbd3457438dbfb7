"""Codes that prove contact methods, when these rest, what goes wrong with them, and quiet tests."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.core.columns import UtcDateTime

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.create_table(
        "contact_digests",
        sa.Column("facility_id", sa.String(length=36), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facilities.id"], name=op.f("fk_contact_digests_facility_id_facilities")
        ),
        sa.PrimaryKeyConstraint("facility_id", "day", name=op.f("pk_contact_digests")),
    )
    op.create_table(
        "quiet_test_days",
        sa.Column("facility_id", sa.String(length=36), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("planned", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facilities.id"], name=op.f("fk_quiet_test_days_facility_id_facilities")
        ),
        sa.PrimaryKeyConstraint("facility_id", "day", name=op.f("pk_quiet_test_days")),
    )
    op.create_table(
        "quiet_test_plans",
        sa.Column("facility_id", sa.String(length=36), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("every_weeks", sa.Integer(), nullable=False),
        sa.Column("most_a_day", sa.Integer(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("changed_by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facilities.id"], name=op.f("fk_quiet_test_plans_facility_id_facilities")
        ),
        sa.PrimaryKeyConstraint("facility_id", name=op.f("pk_quiet_test_plans")),
    )
    op.create_table(
        "contact_care",
        sa.Column("contact_id", sa.String(length=36), nullable=False),
        sa.Column("paused_until", UtcDateTime(), nullable=True),
        sa.Column("quiet_from", sa.Integer(), nullable=True),
        sa.Column("quiet_to", sa.Integer(), nullable=True),
        sa.Column(
            "verified_how",
            sa.Enum(
                "code",
                "link",
                "word_of_mouth",
                name="verified_how",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("verified_by", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(
            ["contact_id"],
            ["contact_methods.id"],
            name=op.f("fk_contact_care_contact_id_contact_methods"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("contact_id", name=op.f("pk_contact_care")),
    )
    op.create_table(
        "contact_codes",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("contact_id", sa.String(length=36), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["contact_id"],
            ["contact_methods.id"],
            name=op.f("fk_contact_codes_contact_id_contact_methods"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_codes")),
    )
    op.create_index(op.f("ix_contact_codes_contact_id"), "contact_codes", ["contact_id"])
    op.create_index(op.f("ix_contact_codes_expires_at"), "contact_codes", ["expires_at"])
    op.create_table(
        "contact_troubles",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("contact_id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("facility_id", sa.String(length=36), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("noted_at", UtcDateTime(), nullable=False),
        sa.Column("told_at", UtcDateTime(), nullable=True),
        sa.Column("told_over", sa.String(length=80), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["contact_id"],
            ["contact_methods.id"],
            name=op.f("fk_contact_troubles_contact_id_contact_methods"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facilities.id"], name=op.f("fk_contact_troubles_facility_id_facilities")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_contact_troubles_person_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_troubles")),
        sa.UniqueConstraint("contact_id", "since", name=op.f("uq_contact_troubles_contact_id_since")),
    )
    op.create_index(
        "ix_contact_troubles_open",
        "contact_troubles",
        ["facility_id"],
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(op.f("ix_contact_troubles_person_id"), "contact_troubles", ["person_id"])
    op.create_table(
        "quiet_tests",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("facility_id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("contact_id", sa.String(length=36), nullable=True),
        sa.Column("intent_id", sa.String(length=36), nullable=True),
        sa.Column("department", sa.String(length=200), nullable=False),
        sa.Column("channel", sa.String(length=80), nullable=False),
        sa.Column("ending", sa.String(length=80), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "planned",
                "asked",
                "sent",
                "delivered",
                "answered",
                "failed",
                "unknown",
                "skipped",
                name="quiet_test_state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.String(length=200), nullable=True),
        sa.Column("asked_at", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["contact_id"],
            ["contact_methods.id"],
            name=op.f("fk_quiet_tests_contact_id_contact_methods"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facilities.id"], name=op.f("fk_quiet_tests_facility_id_facilities")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_quiet_tests_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quiet_tests")),
        sa.UniqueConstraint("key", name=op.f("uq_quiet_tests_key")),
    )
    op.create_index(op.f("ix_quiet_tests_contact_id"), "quiet_tests", ["contact_id"])
    op.create_index("ix_quiet_tests_facility_due", "quiet_tests", ["facility_id", "due_at"])
    op.create_index(
        "ix_quiet_tests_open",
        "quiet_tests",
        ["due_at"],
        sqlite_where=sa.text("state IN ('planned', 'asked', 'sent')"),
        postgresql_where=sa.text("state IN ('planned', 'asked', 'sent')"),
    )
    op.create_index(op.f("ix_quiet_tests_person_id"), "quiet_tests", ["person_id"])


def downgrade() -> None:
    op.drop_table("quiet_tests")
    op.drop_table("contact_troubles")
    op.drop_table("contact_codes")
    op.drop_table("contact_care")
    op.drop_table("quiet_test_plans")
    op.drop_table("quiet_test_days")
    op.drop_table("contact_digests")
