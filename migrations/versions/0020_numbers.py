"""What a hospital's numbers rest on: since when beds are set up, how it counts, nurse ratios, surge spaces."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.core.columns import UtcDateTime

revision = "0020"
down_revision = "0019"

ID, CODE, NAME = sa.String(36), sa.String(80), sa.String(200)
STATES = ("closed", "opening", "open")


def upgrade() -> None:
    op.create_table(
        "setup_numbers",
        sa.Column("unit_id", ID, sa.ForeignKey("units.id"), primary_key=True),
        sa.Column("name", CODE, primary_key=True),
        *_said("since"),
    )
    op.create_table(
        "counting_answers",
        sa.Column("facility_id", ID, sa.ForeignKey("facilities.id"), primary_key=True),
        sa.Column("question", CODE, primary_key=True),
        sa.Column("answer", CODE, nullable=False),
        *_said("since"),
    )
    op.create_table(
        "ratio_choices",
        sa.Column("facility_id", ID, sa.ForeignKey("facilities.id"), primary_key=True),
        sa.Column("ratio_set", CODE, nullable=False),
        *_said(),
    )
    op.create_table(
        "ratio_waivers",
        sa.Column("id", ID, primary_key=True),
        sa.Column("facility_id", ID, sa.ForeignKey("facilities.id"), nullable=False),
        sa.Column("unit_class", CODE, nullable=False),
        sa.Column("patients_per_nurse", sa.Integer(), nullable=False),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.Column("set_by", NAME, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("ended_by", NAME),
        sa.CheckConstraint("ends_at > starts_at", name="ends_after_start"),
    )
    op.create_index("ix_ratio_waivers_facility_id", "ratio_waivers", ["facility_id"])
    op.create_table(
        "surge_spaces",
        sa.Column("id", ID, primary_key=True),
        sa.Column("facility_id", ID, sa.ForeignKey("facilities.id"), nullable=False),
        sa.Column("area", NAME, nullable=False),
        sa.Column("unit_class", CODE, nullable=False),
        sa.Column("beds", sa.Integer(), nullable=False),
        sa.Column("hours_to_open", sa.Integer(), nullable=False),
        sa.Column("licensed", sa.Boolean(), nullable=False),
        sa.Column("staff", sa.Text(), nullable=False),
        sa.Column("stuff", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(*STATES, name="space_state", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("state_since", UtcDateTime(), nullable=False),
        sa.Column("state_by", NAME, nullable=False),
        sa.Column("state_reason", sa.Text(), nullable=False),
        sa.Column("nurses", sa.Integer()),
        sa.Column("patients", sa.Integer()),
        sa.Column("counted_at", UtcDateTime()),
        sa.Column("counted_by", NAME),
        sa.UniqueConstraint("facility_id", "area"),
        sa.CheckConstraint("beds > 0", name="has_beds"),
        sa.CheckConstraint("(nurses IS NULL) = (counted_at IS NULL)", name="counted_together"),
    )


def downgrade() -> None:
    for table in ("surge_spaces", "ratio_waivers", "ratio_choices", "counting_answers", "setup_numbers"):
        op.drop_table(table)


def _said(*times: str) -> list[sa.Column[object]]:
    """Who said it, when and why."""
    return [
        *(sa.Column(name, UtcDateTime(), nullable=False) for name in times),
        sa.Column("set_by", NAME, nullable=False),
        sa.Column("set_at", UtcDateTime(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
    ]
