"""People are tried over several channels in turn, can be wanted in time, and can write to the one who asks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from alembic.operations import BatchOperations

from app.core.columns import UtcDateTime

revision = "0011"
down_revision = "0010"

SLOT_STATES = ("open", "exhausted", "filled", "stopped")
OUTCOMES = ("coming", "cannot_come", "not_needed", "over")
MORE_OUTCOMES = ("coming", "later", "cannot_come", "not_needed", "over", "read")


def one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def upgrade() -> None:
    with op.batch_alter_table("callouts") as batch:
        batch.add_column(sa.Column("opened_position", sa.String(400), nullable=False, server_default=""))
        plan = one_of("chain_plan", "quick", "normal", "quiet")
        batch.add_column(sa.Column("plan", plan, nullable=False, server_default="quiet"))
        batch.add_column(sa.Column("chain", sa.JSON(), nullable=False, server_default="[]"))
    with op.batch_alter_table("callouts") as batch:
        for column in ("opened_position", "plan", "chain"):
            batch.alter_column(column, server_default=None)
    with op.batch_alter_table("callout_slots") as batch:
        _enum(batch, "callout_slots", "state", "slot_state", (*SLOT_STATES, "told"))
        batch.add_column(sa.Column("skill", sa.String(80)))
        batch.add_column(sa.Column("department", sa.String(200)))
        batch.add_column(sa.Column("wanted_by", UtcDateTime()))
        batch.add_column(sa.Column("use_later_at", UtcDateTime()))
        batch.add_column(sa.Column("any_yes", sa.Boolean(), nullable=False, server_default=sa.true()))
    with op.batch_alter_table("callout_slots") as batch:
        batch.alter_column("any_yes", server_default=None)
        _where_not_null(batch, "callout_slots", "use_later_at")
    with op.batch_alter_table("questions") as batch:
        _enum(batch, "questions", "outcome", "question_outcome", MORE_OUTCOMES)
        batch.add_column(sa.Column("chain", sa.JSON(), nullable=False, server_default="[]"))
        batch.add_column(sa.Column("tried", sa.JSON(), nullable=False, server_default="[]"))
        batch.add_column(sa.Column("next_channel_at", UtcDateTime()))
    with op.batch_alter_table("questions") as batch:
        batch.alter_column("chain", server_default=None)
        batch.alter_column("tried", server_default=None)
        _where_not_null(batch, "questions", "next_channel_at")
    with op.batch_alter_table("answers") as batch:
        _enum(batch, "answers", "outcome", "answer_outcome", MORE_OUTCOMES)
    op.create_table(
        "callout_messages",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("incident_id", sa.String(36), nullable=False),
        sa.Column("callout_id", sa.String(36), nullable=False),
        sa.Column("question_id", sa.String(36), nullable=False),
        sa.Column("person_id", sa.String(36), nullable=False),
        sa.Column("person_name", sa.String(200), nullable=False),
        sa.Column("channel", sa.String(80), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("read_at", UtcDateTime()),
        sa.Column("read_by", sa.String(200), nullable=False),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=op.f(f"fk_callout_messages_{column}_{table}")
            )
            for column, table in (
                ("incident_id", "incidents"),
                ("callout_id", "callouts"),
                ("question_id", "questions"),
                ("person_id", "people"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_callout_messages")),
    )
    op.create_index("ix_callout_messages_incident_id", "callout_messages", ["incident_id", "received_at"])


def downgrade() -> None:
    op.drop_table("callout_messages")
    with op.batch_alter_table("answers") as batch:
        _enum(batch, "answers", "outcome", "answer_outcome", OUTCOMES)
    with op.batch_alter_table("questions") as batch:
        batch.drop_index("ix_questions_next_channel_at")
        _enum(batch, "questions", "outcome", "question_outcome", OUTCOMES)
        for column in ("chain", "tried", "next_channel_at"):
            batch.drop_column(column)
    with op.batch_alter_table("callout_slots") as batch:
        batch.drop_index("ix_callout_slots_use_later_at")
        _enum(batch, "callout_slots", "state", "slot_state", SLOT_STATES)
        for column in ("skill", "department", "wanted_by", "use_later_at", "any_yes"):
            batch.drop_column(column)
    with op.batch_alter_table("callouts") as batch:
        batch.drop_constraint(op.f("ck_callouts_chain_plan"), type_="check")
        for column in ("opened_position", "plan", "chain"):
            batch.drop_column(column)


def _enum(batch: BatchOperations, table: str, column: str, name: str, values: tuple[str, ...]) -> None:
    batch.drop_constraint(op.f(f"ck_{table}_{name}"), type_="check")
    batch.alter_column(column, existing_type=sa.String(32), type_=one_of(name, *values))


def _where_not_null(batch: BatchOperations, table: str, column: str) -> None:
    condition = sa.text(f"{column} IS NOT NULL")
    batch.create_index(f"ix_{table}_{column}", [column], sqlite_where=condition, postgresql_where=condition)
