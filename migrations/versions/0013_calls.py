"""Keys pressed in calls come in beside texts; simulated phones ring, and people have mailboxes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.core.columns import UtcDateTime

revision = "0013"
down_revision = "0012"

CHANNELS = ("sms", "voice", "email", "webhook")
RINGS = ("ringing", "talking", "ended", "declined", "missed")


def one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def channel() -> sa.Column[str]:
    return sa.Column("channel", one_of("channel", *CHANNELS), nullable=False, server_default="sms")


def upgrade() -> None:
    with op.batch_alter_table("inbound_texts") as batch:
        batch.add_column(channel())
        batch.add_column(sa.Column("attempt_id", sa.String(36)))
        batch.add_column(sa.Column("reply", sa.Text()))
    with op.batch_alter_table("sim_texts") as batch:
        batch.alter_column("number", existing_type=sa.String(20), type_=sa.String(200))
        batch.add_column(channel())
        batch.add_column(sa.Column("title", sa.String(200)))
        batch.add_column(sa.Column("ring", one_of("ring", *RINGS)))
        batch.add_column(sa.Column("ring_at", UtcDateTime()))
    for table in ("inbound_texts", "sim_texts"):
        with op.batch_alter_table(table) as batch:
            batch.alter_column("channel", server_default=None)
    with op.batch_alter_table("sim_switches") as batch:
        batch.add_column(sa.Column("night", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("sim_switches") as batch:
        batch.alter_column("night", server_default=None)


def downgrade() -> None:
    op.execute("DELETE FROM sim_texts WHERE channel <> 'sms'")
    op.execute("DELETE FROM inbound_texts WHERE channel <> 'sms'")
    with op.batch_alter_table("sim_switches") as batch:
        batch.drop_column("night")
    with op.batch_alter_table("sim_texts") as batch:
        batch.drop_constraint(op.f("ck_sim_texts_channel"), type_="check")
        batch.drop_constraint(op.f("ck_sim_texts_ring"), type_="check")
        for name in ("ring_at", "ring", "title", "channel"):
            batch.drop_column(name)
        batch.alter_column("number", existing_type=sa.String(200), type_=sa.String(20))
    with op.batch_alter_table("inbound_texts") as batch:
        batch.drop_constraint(op.f("ck_inbound_texts_channel"), type_="check")
        for name in ("reply", "attempt_id", "channel"):
            batch.drop_column(name)
