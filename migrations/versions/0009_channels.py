"""Messages go over several channels, from several senders; call-outs can inform, and want people in time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


PURPOSES = ("question", "notice", "ack")
KINDS = ("position", "group")


def upgrade() -> None:
    with op.batch_alter_table("intents") as batch:
        batch.drop_constraint(op.f("ck_intents_purpose"), type_="check")
        batch.alter_column(
            "purpose", existing_type=sa.String(32), type_=one_of("purpose", *PURPOSES, "check")
        )
        channel = one_of("channel", "sms", "voice", "email", "webhook")
        batch.add_column(sa.Column("channel", channel, nullable=False, server_default="sms"))
        batch.add_column(sa.Column("title", sa.String(200)))
        batch.alter_column("to", existing_type=sa.String(20), type_=sa.String(200))
        batch.alter_column("person_id", existing_type=sa.String(36), nullable=True)
    with op.batch_alter_table("intents") as batch:
        batch.alter_column("channel", server_default=None)
    with op.batch_alter_table("attempts") as batch:
        batch.add_column(sa.Column("sender", sa.String(80)))
    with op.batch_alter_table("callout_slots") as batch:
        batch.drop_constraint(op.f("ck_callout_slots_slot_kind"), type_="check")
        batch.alter_column(
            "kind", existing_type=sa.String(32), type_=one_of("slot_kind", *KINDS, "information")
        )
        batch.add_column(sa.Column("within_minutes", sa.Integer()))


def downgrade() -> None:
    with op.batch_alter_table("callout_slots") as batch:
        batch.drop_constraint(op.f("ck_callout_slots_slot_kind"), type_="check")
        batch.alter_column("kind", existing_type=sa.String(32), type_=one_of("slot_kind", *KINDS))
        batch.drop_column("within_minutes")
    with op.batch_alter_table("attempts") as batch:
        batch.drop_column("sender")
    with op.batch_alter_table("intents") as batch:
        batch.drop_constraint(op.f("ck_intents_purpose"), type_="check")
        batch.drop_constraint(op.f("ck_intents_channel"), type_="check")
        batch.alter_column("purpose", existing_type=sa.String(32), type_=one_of("purpose", *PURPOSES))
        batch.drop_column("channel")
        batch.drop_column("title")
        batch.alter_column("to", existing_type=sa.String(200), type_=sa.String(20))
        batch.alter_column("person_id", existing_type=sa.String(36), nullable=False)
