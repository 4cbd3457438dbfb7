"""Messaging: intents, attempts, carrier events, texts from phones, and the simulated phones."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.core.columns import UtcDateTime

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "carrier_events",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("dedupe", sa.String(length=200), nullable=False),
        sa.Column("attempt_id", sa.String(length=36), nullable=False),
        sa.Column("source", sa.String(length=80), nullable=False),
        sa.Column("carrier_id", sa.String(length=80), nullable=False),
        sa.Column("status", sa.String(length=80), nullable=False),
        sa.Column("error_code", sa.Integer(), nullable=True),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("processed_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_carrier_events")),
        sa.UniqueConstraint("dedupe", name=op.f("uq_carrier_events_dedupe")),
    )
    with op.batch_alter_table("carrier_events", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_carrier_events_attempt_id"), ["attempt_id"], unique=False)
        batch_op.create_index(
            "ix_carrier_events_open",
            ["received_at"],
            unique=False,
            sqlite_where=sa.text("processed_at IS NULL"),
            postgresql_where=sa.text("processed_at IS NULL"),
        )

    op.create_table(
        "inbound_texts",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("carrier_id", sa.String(length=80), nullable=False),
        sa.Column("from", sa.String(length=200), nullable=False),
        sa.Column("to", sa.String(length=200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("media", sa.Integer(), nullable=False),
        sa.Column("keyword", sa.String(length=80), nullable=True),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("processed_at", UtcDateTime(), nullable=True),
        sa.Column("outcome", sa.String(length=80), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbound_texts")),
        sa.UniqueConstraint("carrier_id", name=op.f("uq_inbound_texts_carrier_id")),
    )
    with op.batch_alter_table("inbound_texts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_inbound_texts_from"), ["from"], unique=False)
        batch_op.create_index(
            "ix_inbound_texts_open",
            ["received_at"],
            unique=False,
            sqlite_where=sa.text("processed_at IS NULL"),
            postgresql_where=sa.text("processed_at IS NULL"),
        )

    op.create_table(
        "sender_paces",
        sa.Column("sender", sa.String(length=80), nullable=False),
        sa.Column("free_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("sender", name=op.f("pk_sender_paces")),
    )
    op.create_table(
        "sim_switches",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("pace", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sim_switches")),
    )
    op.create_table(
        "sim_texts",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("mine", sa.Boolean(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("attempt_id", sa.String(length=36), nullable=True),
        sa.Column("reference", sa.String(length=8), nullable=True),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sim_texts")),
        sa.UniqueConstraint("attempt_id", name=op.f("uq_sim_texts_attempt_id")),
    )
    with op.batch_alter_table("sim_texts", schema=None) as batch_op:
        batch_op.create_index("ix_sim_texts_number", ["number", "at"], unique=False)
        batch_op.create_index(
            "ix_sim_texts_open",
            ["at"],
            unique=False,
            sqlite_where=sa.text("open"),
            postgresql_where=sa.text("open"),
        )

    op.create_table(
        "intents",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column(
            "purpose",
            sa.Enum(
                "question",
                "notice",
                "ack",
                name="purpose",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("subject_id", sa.String(length=36), nullable=False),
        sa.Column("stream", sa.String(length=60), nullable=True),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("contact_id", sa.String(length=36), nullable=True),
        sa.Column("to", sa.String(length=20), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("reference", sa.String(length=8), nullable=False),
        sa.Column("lane", sa.Integer(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("turn_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "pending",
                "claimed",
                "unknown",
                "sent",
                "delivered",
                "unconfirmed",
                "failed",
                "expired",
                "superseded",
                "refused",
                name="intent_state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("delivered_at", UtcDateTime(), nullable=True),
        sa.Column("superseded_at", UtcDateTime(), nullable=True),
        sa.Column("error", sa.String(length=200), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("lane BETWEEN 0 AND 9", name=op.f("ck_intents_lane")),
        sa.ForeignKeyConstraint(
            ["contact_id"],
            ["contact_methods.id"],
            name=op.f("fk_intents_contact_id_contact_methods"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_intents_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_intents")),
        sa.UniqueConstraint("key", name=op.f("uq_intents_key")),
    )
    with op.batch_alter_table("intents", schema=None) as batch_op:
        batch_op.create_index(
            "ix_intents_pending",
            ["turn_at"],
            unique=False,
            sqlite_where=sa.text("state = 'pending'"),
            postgresql_where=sa.text("state = 'pending'"),
        )
        batch_op.create_index(batch_op.f("ix_intents_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_intents_subject_id"), ["subject_id"], unique=False)

    op.create_table(
        "attempts",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("intent_id", sa.String(length=36), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "in_flight",
                "accepted",
                "declined",
                "unknown",
                "not_found",
                "withheld",
                name="attempt_state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("extra", sa.Boolean(), nullable=False),
        sa.Column("claimed_by", sa.String(length=80), nullable=False),
        sa.Column("look_at", UtcDateTime(), nullable=True),
        sa.Column("carrier", sa.String(length=80), nullable=False),
        sa.Column("carrier_id", sa.String(length=80), nullable=True),
        sa.Column(
            "status",
            sa.Enum(
                "accepted",
                "scheduled",
                "queued",
                "sending",
                "sent",
                "partially_delivered",
                "delivered",
                "read",
                "undelivered",
                "failed",
                "canceled",
                name="message_status",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column(
            "conflict",
            sa.Enum(
                "accepted",
                "scheduled",
                "queued",
                "sending",
                "sent",
                "partially_delivered",
                "delivered",
                "read",
                "undelivered",
                "failed",
                "canceled",
                name="conflict_status",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("error_code", sa.Integer(), nullable=True),
        sa.Column(
            "error_class",
            sa.Enum(
                "fix_contact",
                "opted_out",
                "configuration",
                "filtered",
                "retry_later",
                "retry_little",
                "expired",
                "daily_cap",
                "ambiguous",
                name="error_class",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["intent_id"], ["intents.id"], name=op.f("fk_attempts_intent_id_intents")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempts")),
        sa.UniqueConstraint("carrier_id", name=op.f("uq_attempts_carrier_id")),
        sa.UniqueConstraint("intent_id", "n", name=op.f("uq_attempts_intent_id_n")),
    )
    with op.batch_alter_table("attempts", schema=None) as batch_op:
        batch_op.create_index(
            "ix_attempts_look_at",
            ["look_at"],
            unique=False,
            sqlite_where=sa.text("look_at IS NOT NULL"),
            postgresql_where=sa.text("look_at IS NOT NULL"),
        )


def downgrade() -> None:
    with op.batch_alter_table("attempts", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_attempts_look_at",
            sqlite_where=sa.text("look_at IS NOT NULL"),
            postgresql_where=sa.text("look_at IS NOT NULL"),
        )

    op.drop_table("attempts")
    with op.batch_alter_table("intents", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_intents_subject_id"))
        batch_op.drop_index(batch_op.f("ix_intents_person_id"))
        batch_op.drop_index(
            "ix_intents_pending",
            sqlite_where=sa.text("state = 'pending'"),
            postgresql_where=sa.text("state = 'pending'"),
        )

    op.drop_table("intents")
    with op.batch_alter_table("sim_texts", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_sim_texts_open", sqlite_where=sa.text("open"), postgresql_where=sa.text("open")
        )
        batch_op.drop_index("ix_sim_texts_number")

    op.drop_table("sim_texts")
    op.drop_table("sim_switches")
    op.drop_table("sender_paces")
    with op.batch_alter_table("inbound_texts", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_inbound_texts_open",
            sqlite_where=sa.text("processed_at IS NULL"),
            postgresql_where=sa.text("processed_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_inbound_texts_from"))

    op.drop_table("inbound_texts")
    with op.batch_alter_table("carrier_events", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_carrier_events_open",
            sqlite_where=sa.text("processed_at IS NULL"),
            postgresql_where=sa.text("processed_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_carrier_events_attempt_id"))

    op.drop_table("carrier_events")
