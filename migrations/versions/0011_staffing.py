"""Shifts, leave, hour rules and floors; qualifications run out; a candidate has a reason."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.core.columns import UtcDateTime

revision = "0011"
down_revision = "0010"


def one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def upgrade() -> None:
    op.create_table(
        "shifts",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("facility_id", sa.String(36), nullable=False),
        sa.Column("person_id", sa.String(36), nullable=False),
        sa.Column("unit_id", sa.String(36)),
        sa.Column("department", sa.String(200), nullable=False),
        sa.Column("job", sa.String(200), nullable=False),
        sa.Column("kind", one_of("shift_kind", "worked", "planned", "on_call"), nullable=False),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.Column("source", sa.String(200), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_shifts_shift_ends_after_start")),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facilities.id"], name=op.f("fk_shifts_facility_id_facilities")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_shifts_person_id_people")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_shifts_unit_id_units")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shifts")),
        sa.UniqueConstraint(
            "person_id", "starts_at", "kind", name=op.f("uq_shifts_person_id_starts_at_kind")
        ),
    )
    op.create_index("ix_shifts_facility_ends", "shifts", ["facility_id", "ends_at"])
    op.create_index("ix_shifts_person_ends", "shifts", ["person_id", "ends_at"])
    op.create_table(
        "staff_leave",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("person_id", sa.String(36), nullable=False),
        sa.Column(
            "kind", one_of("leave_kind", "planned", "unplanned", "training", "elsewhere"), nullable=False
        ),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by", sa.String(200), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_staff_leave_leave_ends_after_start")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_staff_leave_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_leave")),
    )
    op.create_index("ix_staff_leave_person_ends", "staff_leave", ["person_id", "ends_at"])
    op.create_table(
        "hour_rules",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("facility_id", sa.String(36), nullable=False),
        sa.Column("valid_from", UtcDateTime(), nullable=False),
        sa.Column("week_minutes", sa.Integer(), nullable=False),
        sa.Column("stretch_minutes", sa.Integer(), nullable=False),
        sa.Column("rest_minutes", sa.Integer(), nullable=False),
        sa.Column("call_in_minutes", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(200), nullable=False),
        sa.Column("set_by", sa.String(200), nullable=False),
        sa.Column("set_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facilities.id"], name=op.f("fk_hour_rules_facility_id_facilities")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hour_rules")),
        sa.UniqueConstraint("facility_id", "valid_from", name=op.f("uq_hour_rules_facility_id_valid_from")),
    )
    op.create_table(
        "floor_rules",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("facility_id", sa.String(36), nullable=False),
        sa.Column("unit_id", sa.String(36)),
        sa.Column("department", sa.String(200)),
        sa.Column("place", sa.String(200), nullable=False),
        sa.Column("skill", sa.String(80), nullable=False),
        sa.Column("least", sa.Integer(), nullable=False),
        sa.Column("set_by", sa.String(200), nullable=False),
        sa.Column("set_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "(unit_id IS NULL) <> (department IS NULL)", name=op.f("ck_floor_rules_floor_of_one_place")
        ),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facilities.id"], name=op.f("fk_floor_rules_facility_id_facilities")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_floor_rules_unit_id_units")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_floor_rules")),
        sa.UniqueConstraint(
            "facility_id", "place", "skill", name=op.f("uq_floor_rules_facility_id_place_skill")
        ),
    )
    op.add_column("person_skills", sa.Column("valid_until", UtcDateTime()))
    with op.batch_alter_table("callout_candidates") as batch:
        batch.add_column(sa.Column("why", sa.String(200), nullable=False, server_default=""))
    with op.batch_alter_table("callout_candidates") as batch:
        batch.alter_column("why", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("callout_candidates") as batch:
        batch.drop_column("why")
    with op.batch_alter_table("person_skills") as batch:
        batch.drop_column("valid_until")
    for table in ("floor_rules", "hour_rules", "staff_leave", "shifts"):
        op.drop_table(table)
