"""Bed polls: what is asked by when, of whom, and what came back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.core.columns import UtcDateTime

revision = "0023"
down_revision = "0022"

OPEN = {"sqlite_where": sa.text("closed_at IS NULL"), "postgresql_where": sa.text("closed_at IS NULL")}


def one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def upgrade() -> None:
    for table, column, target in (
        ("unit_contacts", "unit_id", "units"),
        ("bed_managers", "facility_id", "facilities"),
    ):
        op.create_table(
            table,
            sa.Column(column, sa.String(36), nullable=False),
            sa.Column("person_id", sa.String(36), nullable=False),
            sa.Column("set_by", sa.String(200), nullable=False),
            sa.Column("set_at", UtcDateTime(), nullable=False),
            _to(table, column, target),
            _to(table, "person_id", "people"),
            sa.PrimaryKeyConstraint(column, name=op.f(f"pk_{table}")),
        )
    op.create_table(
        "polls",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("scope", sa.String(80), nullable=False),
        sa.Column("facility_id", sa.String(36)),
        sa.Column("incident_id", sa.String(36)),
        sa.Column("exercise", sa.Boolean(), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("whom", one_of("poll_whom", "units", "managers"), nullable=False),
        sa.Column("metrics", sa.Text(), nullable=False),
        sa.Column("chase", sa.String(80), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("started_by", sa.String(200), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("next_chase_at", UtcDateTime()),
        sa.Column("chased", sa.Integer(), nullable=False),
        sa.Column("chased_at", UtcDateTime()),
        sa.Column("closed_at", UtcDateTime()),
        sa.Column("closed_by", sa.String(200)),
        sa.Column("result", sa.Text(), nullable=False),
        sa.CheckConstraint("due_at > started_at", name=op.f("ck_polls_poll_due_after_start")),
        _to("polls", "facility_id", "facilities"),
        _to("polls", "incident_id", "incidents"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_polls")),
    )
    op.create_index("uq_polls_open", "polls", ["scope"], unique=True, **OPEN)
    op.create_index(op.f("ix_polls_facility_id"), "polls", ["facility_id"])
    op.create_table(
        "poll_asks",
        sa.Column("poll_id", sa.String(36), nullable=False),
        sa.Column("unit_id", sa.String(36), nullable=False),
        sa.Column("facility_id", sa.String(36), nullable=False),
        sa.Column("person_id", sa.String(36)),
        sa.Column("person_name", sa.String(200), nullable=False),
        sa.Column("trouble", sa.String(200), nullable=False),
        sa.Column("state", one_of("poll_ask_state", "open", "partly", "answered"), nullable=False),
        sa.Column("answered_at", UtcDateTime()),
        sa.Column("answered_by", sa.String(200)),
        sa.Column("how", sa.String(80)),
        _to("poll_asks", "poll_id", "polls"),
        _to("poll_asks", "unit_id", "units"),
        _to("poll_asks", "facility_id", "facilities"),
        _to("poll_asks", "person_id", "people"),
        sa.PrimaryKeyConstraint("poll_id", "unit_id", name=op.f("pk_poll_asks")),
    )
    op.create_index("ix_poll_asks_person_id", "poll_asks", ["person_id", "poll_id"])
    op.create_table(
        "poll_answers",
        sa.Column("poll_id", sa.String(36), nullable=False),
        sa.Column("unit_id", sa.String(36), nullable=False),
        sa.Column("metric", sa.String(80), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("answered_at", UtcDateTime(), nullable=False),
        _to("poll_answers", "poll_id", "polls"),
        _to("poll_answers", "unit_id", "units"),
        sa.PrimaryKeyConstraint("poll_id", "unit_id", "metric", name=op.f("pk_poll_answers")),
    )


def downgrade() -> None:
    op.drop_table("poll_answers")
    op.drop_index("ix_poll_asks_person_id", "poll_asks")
    op.drop_table("poll_asks")
    op.drop_index(op.f("ix_polls_facility_id"), "polls")
    op.drop_index("uq_polls_open", "polls", **OPEN)
    op.drop_table("polls")
    op.drop_table("bed_managers")
    op.drop_table("unit_contacts")


def _to(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}"))
