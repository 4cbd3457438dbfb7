"""What waits for somebody has an owner, can be shelved, and whoever is told of it can answer."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from app.core.columns import UtcDateTime

revision = "0017"
down_revision = "0016"

Moment = UtcDateTime
ID = sa.String(36)
NAME = sa.String(200)
CODE = sa.String(80)


def one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def belongs(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}_{other}")
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=name)


def upgrade() -> None:
    _escalations()
    _notices()
    op.create_table(
        "escalation_turns",
        sa.Column("facility_id", ID, nullable=False),
        sa.Column("list", NAME, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("last_at", Moment()),
        belongs("escalation_turns", "facility_id", "facilities"),
        belongs("escalation_turns", "person_id", "people"),
        sa.PrimaryKeyConstraint("facility_id", "list", "person_id", name=op.f("pk_escalation_turns")),
    )
    with op.batch_alter_table("deadlines") as batch:
        batch.drop_constraint(op.f("uq_deadlines_kind_subject_id_step_round"), type_="unique")
        batch.drop_index(op.f("ix_deadlines_incident_id"))
    _one_open_at_most()
    op.create_index("ix_deadlines_open_incident", "deadlines", ["incident_id"], **where("state = 'open'"))
    op.create_index(
        "uq_deadlines_open_subject",
        "deadlines",
        ["kind", "subject_id"],
        unique=True,
        **where("state = 'open'"),
    )
    # What waits already is taken over; its id is that of its first deadline.
    op.execute(
        "INSERT INTO escalations (id, kind, subject_id, incident_id, title, began_at, ended_at, round, told,"
        " acks, needs) SELECT min(id), kind, subject_id, min(incident_id), '', min(due_at),"
        " CASE WHEN max(CASE WHEN state = 'open' THEN 1 ELSE 0 END) = 1 THEN NULL"
        " ELSE max(COALESCE(ended_at, due_at)) END, max(round), '', 0, 1"
        " FROM deadlines GROUP BY kind, subject_id"
    )


def _one_open_at_most() -> None:
    op.execute(
        "UPDATE deadlines SET state = 'cancelled', ended_at = due_at WHERE state = 'open' AND EXISTS"
        " (SELECT 1 FROM deadlines AS other WHERE other.kind = deadlines.kind AND other.state = 'open'"
        " AND other.subject_id = deadlines.subject_id AND other.id < deadlines.id)"
    )


def _escalations() -> None:
    op.create_table(
        "escalations",
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", CODE, nullable=False),
        sa.Column("subject_id", ID, nullable=False),
        sa.Column("incident_id", ID, nullable=False),
        sa.Column("title", NAME, nullable=False),
        sa.Column("began_at", Moment(), nullable=False),
        sa.Column("ended_at", Moment()),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("told_at", Moment()),
        sa.Column("told", sa.Text(), nullable=False),
        sa.Column("acks", sa.Integer(), nullable=False),
        sa.Column("needs", sa.Integer(), nullable=False),
        sa.Column("owner_id", ID),
        sa.Column("owner", NAME),
        sa.Column("held_until", Moment()),
        sa.Column("shelved_until", Moment()),
        sa.Column("shelved_by", NAME),
        sa.Column("shelved_reason", NAME),
        belongs("escalations", "incident_id", "incidents"),
        belongs("escalations", "owner_id", "people"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_escalations")),
        sa.UniqueConstraint("kind", "subject_id", name=op.f("uq_escalations_kind_subject_id")),
    )
    op.create_index("ix_escalations_open", "escalations", ["incident_id"], **where("ended_at IS NULL"))


def _notices() -> None:
    table = "escalation_notices"
    op.create_table(
        table,
        sa.Column("id", ID, nullable=False),
        sa.Column("escalation_id", ID, nullable=False),
        sa.Column("incident_id", ID, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("person_name", NAME, nullable=False),
        sa.Column("role", NAME, nullable=False),
        sa.Column("title", NAME, nullable=False),
        sa.Column("words", NAME, nullable=False),
        sa.Column("channels", CODE, nullable=False),
        sa.Column("turn", NAME),
        sa.Column("code", sa.String(4), nullable=False),
        sa.Column("asked", sa.Boolean(), nullable=False),
        sa.Column("state", one_of("notice_state", "gathering", "open", "answered", "over"), nullable=False),
        sa.Column("answer", one_of("notice_answer", "sees_to_it", "handed_on", "cannot")),
        sa.Column("told_at", Moment(), nullable=False),
        sa.Column("send_at", Moment()),
        sa.Column("answered_at", Moment()),
        belongs(table, "escalation_id", "escalations"),
        belongs(table, "incident_id", "incidents"),
        belongs(table, "person_id", "people"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
    op.create_index("ix_escalation_notices_person", table, ["person_id", "told_at"])
    op.create_index("ix_escalation_notices_escalation", table, ["escalation_id"])
    op.create_index("ix_escalation_notices_gathering", table, ["send_at"], **where("state = 'gathering'"))
    op.create_index(
        "ix_escalation_notices_open", table, ["person_id"], **where("state IN ('gathering', 'open')")
    )


def downgrade() -> None:
    op.drop_index("uq_deadlines_open_subject", "deadlines")
    op.drop_index("ix_deadlines_open_incident", "deadlines")
    op.execute("DELETE FROM deadlines WHERE \"do\" = 'come_back'")
    with op.batch_alter_table("deadlines") as batch:
        batch.create_index(op.f("ix_deadlines_incident_id"), ["incident_id"])
        batch.create_unique_constraint(
            op.f("uq_deadlines_kind_subject_id_step_round"), ["kind", "subject_id", "step", "round"]
        )
    op.drop_table("escalation_turns")
    op.drop_table("escalation_notices")
    op.drop_table("escalations")
