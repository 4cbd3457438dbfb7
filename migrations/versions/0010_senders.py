"""Senders have circuits and allowances of their own, and are told to stop one by one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.core.columns import UtcDateTime

revision = "0010"
down_revision = "0009"


def channel(name: str) -> sa.Enum:
    return sa.Enum(
        "sms", "voice", "email", "webhook", name=name, native_enum=False, create_constraint=True, length=32
    )


def upgrade() -> None:
    op.drop_table("sender_paces")
    op.add_column("inbound_texts", sa.Column("sender", sa.String(80)))
    op.create_table(
        "sender_states",
        sa.Column("channel", channel("sender_channel"), nullable=False),
        sa.Column("sender", sa.String(80), nullable=False),
        sa.Column("kind", sa.String(80), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("rate", sa.Float(), nullable=False),
        sa.Column("daily_cap", sa.Integer()),
        sa.Column("free_at", UtcDateTime(), nullable=False),
        sa.Column("slow", sa.Integer(), nullable=False),
        sa.Column("slowed_at", UtcDateTime()),
        sa.Column("stopped_since", UtcDateTime()),
        sa.Column("stopped_code", sa.Integer()),
        sa.Column("reason", sa.String(200)),
        sa.Column("probes", sa.Integer(), nullable=False),
        sa.Column("probe_at", UtcDateTime()),
        sa.Column("rests_until", UtcDateTime()),
        sa.Column("rests_for_some", sa.Boolean(), nullable=False),
        sa.Column("day", sa.Date()),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("channel", "sender", name=op.f("pk_sender_states")),
    )
    op.create_table(
        "sender_events",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("channel", channel("sender_event_channel"), nullable=False),
        sa.Column("sender", sa.String(80), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("what", sa.String(80), nullable=False),
        sa.Column("code", sa.Integer()),
        sa.Column("reason", sa.String(200)),
        sa.Column("actor", sa.String(200)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sender_events")),
    )
    op.create_index(op.f("ix_sender_events_sender"), "sender_events", ["sender"])
    op.create_index(op.f("ix_sender_events_at"), "sender_events", ["at"])
    op.create_table(
        "opt_outs",
        sa.Column("channel", channel("opt_out_channel"), nullable=False),
        sa.Column("sender", sa.String(80), nullable=False),
        sa.Column("address", sa.String(200), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("channel", "sender", "address", name=op.f("pk_opt_outs")),
    )
    op.create_index(op.f("ix_opt_outs_address"), "opt_outs", ["address"])
    # To whom those wrote who have opted out until now was not kept: they hear from no sender.
    op.execute(
        "INSERT INTO opt_outs (channel, sender, address, since) "
        "SELECT channel, '', address, min(opted_out_at) FROM contact_methods "
        "WHERE opted_out_at IS NOT NULL AND channel IN ('sms', 'voice', 'email') GROUP BY channel, address"
    )


def downgrade() -> None:
    op.drop_table("opt_outs")
    op.drop_table("sender_events")
    op.drop_table("sender_states")
    with op.batch_alter_table("inbound_texts") as batch:
        batch.drop_column("sender")
    op.create_table(
        "sender_paces",
        sa.Column("sender", sa.String(80), nullable=False),
        sa.Column("free_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("sender", name=op.f("pk_sender_paces")),
    )
