"""The engine's beats."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.core.columns import UtcDateTime

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "engine_beats",
        sa.Column("process", sa.String(length=200), nullable=False),
        sa.Column("part", sa.String(length=80), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("interval_ms", sa.Integer(), nullable=False),
        sa.Column("last_started", UtcDateTime(), nullable=True),
        sa.Column("last_finished", UtcDateTime(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("lag_ms", sa.Integer(), nullable=False),
        sa.Column("runs", sa.Integer(), nullable=False),
        sa.Column("errors", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("process", "part", name=op.f("pk_engine_beats")),
    )
    with op.batch_alter_table("engine_beats", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_engine_beats_at"), ["at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("engine_beats", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_engine_beats_at"))
    op.drop_table("engine_beats")
