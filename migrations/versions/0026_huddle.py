"""The morning huddle: what is carried over, and the sheets that were kept."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.core.columns import UtcDateTime

revision = "0026"
down_revision = "0025"

KIND = sa.Enum(
    *("safety", "equipment", "staffing", "flow"),
    name="huddle_item_kind", native_enum=False, length=32, create_constraint=True,
)  # fmt: skip
OPEN = {"sqlite_where": sa.text("done_at IS NULL"), "postgresql_where": sa.text("done_at IS NULL")}


def upgrade() -> None:
    op.create_table(
        "huddle_items",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("facility_id", sa.String(36), sa.ForeignKey("facilities.id"), nullable=False),
        sa.Column("unit_id", sa.String(36), sa.ForeignKey("units.id")),
        sa.Column("kind", KIND, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("owner", sa.String(200), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("raised_at", UtcDateTime(), nullable=False),
        sa.Column("raised_by", sa.String(200), nullable=False),
        sa.Column("huddles", sa.Integer(), nullable=False),
        sa.Column("done_at", UtcDateTime()),
        sa.Column("done_by", sa.String(200)),
        sa.Column("outcome", sa.Text(), nullable=False),
    )  # fmt: skip
    op.create_index("ix_huddle_items_open", "huddle_items", ["facility_id", "due_at"], **OPEN)
    op.create_index("ix_huddle_items_done", "huddle_items", ["facility_id", "done_at"])
    op.create_table(
        "huddle_sheets",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("facility_id", sa.String(36), sa.ForeignKey("facilities.id"), nullable=False),
        sa.Column("day", sa.String(80), nullable=False),
        sa.Column("held_at", UtcDateTime(), nullable=False),
        sa.Column("held_by", sa.String(200), nullable=False),
        sa.Column("attendees", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("sheet", sa.Text(), nullable=False),
    )
    op.create_index("ix_huddle_sheets_held", "huddle_sheets", ["facility_id", "held_at"])


def downgrade() -> None:
    op.drop_table("huddle_sheets")
    op.drop_table("huddle_items")
