"""What the watchdog finds, and an index for what is under way."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.core.columns import UtcDateTime

revision = "0014"
down_revision = "0013"

OPEN = sa.text("resolved_at IS NULL")
UNDER_WAY = sa.text("state IN ('claimed', 'unknown', 'sent')")


def upgrade() -> None:
    op.create_table(
        "watch_findings",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("kind", sa.String(80), nullable=False),
        sa.Column("subject_id", sa.String(80), nullable=False),
        sa.Column("words", sa.String(200), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("first_seen_at", UtcDateTime(), nullable=False),
        sa.Column("last_seen_at", UtcDateTime(), nullable=False),
        sa.Column("resolved_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_watch_findings")),
    )
    op.create_index(op.f("ix_watch_findings_resolved_at"), "watch_findings", ["resolved_at"])
    op.create_index(
        "uq_watch_findings_open",
        "watch_findings",
        ["kind", "subject_id"],
        unique=True,
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )
    op.create_table(
        "watch_state",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("began_at", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("clean_at", UtcDateTime(), nullable=True),
        sa.Column("looked", sa.Integer(), nullable=False),
        sa.Column("took_ms", sa.Integer(), nullable=False),
        sa.Column("ping_tried_at", UtcDateTime(), nullable=True),
        sa.Column("pinged_at", UtcDateTime(), nullable=True),
        sa.Column("ping_error", sa.String(200), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_watch_state")),
    )
    op.create_table(
        "watch_alarms",
        sa.Column("kind", sa.String(80), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_watch_alarms")),
    )
    op.create_index(
        "ix_intents_under_way",
        "intents",
        ["changed_at"],
        sqlite_where=UNDER_WAY,
        postgresql_where=UNDER_WAY,
    )


def downgrade() -> None:
    op.drop_index("ix_intents_under_way", table_name="intents")
    op.drop_table("watch_alarms")
    op.drop_table("watch_state")
    op.drop_table("watch_findings")
