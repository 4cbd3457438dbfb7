"""Triggers are versioned rules with windows, holds and shelving; firings say what they saw; the lab keeps its runs."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

from app.core.columns import UtcDateTime

revision = "0018"
down_revision = "0017"

BEFORE = ("normal", "pending", "active", "unknown")
STATUSES = ("normal", "pending", "active", "acknowledged", "shelved", "unknown")
OLD_RULE = (
    "metric",
    "comparison",
    "threshold_percent",
    "for_minutes",
    "clear_percent",
    "clear_for_minutes",
    "source",
)
NO_SOURCE = "Set up before rules had versions."


def one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def upgrade() -> None:
    _new_tables()
    with op.batch_alter_table("triggers") as batch:
        batch.add_column(sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
        batch.add_column(sa.Column("definition", sa.Text(), nullable=False, server_default=""))
        batch.add_column(sa.Column("retired", sa.Boolean(), nullable=False, server_default=sa.false()))
    _write_definitions()
    with op.batch_alter_table("triggers") as batch:
        for name in ("version", "definition", "retired"):
            batch.alter_column(name, server_default=None)
        for name in OLD_RULE:
            batch.drop_column(name)
    with op.batch_alter_table("trigger_states") as batch:
        batch.drop_constraint(op.f("ck_trigger_states_trigger_status"), type_="check")
        batch.alter_column("status", existing_type=sa.String(32), type_=one_of("trigger_status", *STATUSES))
        batch.add_column(sa.Column("acknowledged_at", UtcDateTime()))
        batch.add_column(sa.Column("shelved_until", UtcDateTime()))
        batch.add_column(sa.Column("known", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch.add_column(sa.Column("value", sa.Double()))
        batch.add_column(sa.Column("memory", sa.Text(), nullable=False, server_default="[]"))
        shown = one_of("trigger_shown", *STATUSES)
        batch.add_column(sa.Column("shown", shown, nullable=False, server_default="unknown"))
        batch.add_column(sa.Column("provisional", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute(
        "UPDATE trigger_states SET status = 'active' WHERE status = 'unknown' AND fired_at IS NOT NULL"
    )
    op.execute("UPDATE trigger_states SET shown = status")
    with op.batch_alter_table("trigger_states") as batch:
        for name in ("known", "memory", "shown", "provisional"):
            batch.alter_column(name, server_default=None)
    with op.batch_alter_table("trigger_firings") as batch:
        batch.add_column(sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
        batch.add_column(sa.Column("title", sa.String(200), nullable=False, server_default=""))
        batch.add_column(sa.Column("said", sa.Text(), nullable=False, server_default=""))
        batch.add_column(sa.Column("rule", sa.Text(), nullable=False, server_default=""))
        batch.add_column(sa.Column("severity", sa.String(80), nullable=False, server_default="medium"))
        batch.add_column(sa.Column("action", sa.Text(), nullable=False, server_default=""))
        batch.add_column(sa.Column("acknowledged_at", UtcDateTime()))
        batch.add_column(sa.Column("acknowledged_by", sa.String(200)))
    op.execute(
        "UPDATE trigger_firings SET said = used || ' of ' || \"of\" || ' beds in use', "
        "title = (SELECT title FROM triggers WHERE triggers.id = trigger_firings.trigger_id)"
    )
    with op.batch_alter_table("trigger_firings") as batch:
        for name in ("version", "title", "said", "rule", "severity", "action"):
            batch.alter_column(name, server_default=None)
        batch.drop_column("used")
        batch.drop_column("of")


def downgrade() -> None:
    with op.batch_alter_table("trigger_firings") as batch:
        batch.add_column(sa.Column("used", sa.Integer(), nullable=False, server_default="0"))
        batch.add_column(sa.Column("of", sa.Integer(), nullable=False, server_default="0"))
        for name in (
            "version",
            "title",
            "said",
            "rule",
            "severity",
            "action",
            "acknowledged_at",
            "acknowledged_by",
        ):
            batch.drop_column(name)
    op.execute("UPDATE trigger_states SET status = 'active' WHERE status IN ('acknowledged', 'shelved')")
    with op.batch_alter_table("trigger_states") as batch:
        batch.drop_constraint(op.f("ck_trigger_states_trigger_shown"), type_="check")
        batch.drop_constraint(op.f("ck_trigger_states_trigger_status"), type_="check")
        batch.alter_column("status", existing_type=sa.String(32), type_=one_of("trigger_status", *BEFORE))
        for name in ("acknowledged_at", "shelved_until", "known", "value", "memory", "shown", "provisional"):
            batch.drop_column(name)
    with op.batch_alter_table("triggers") as batch:
        for name in ("metric", "comparison"):
            batch.add_column(sa.Column(name, sa.String(80), nullable=False, server_default="at_least"))
        for name in ("threshold_percent", "for_minutes", "clear_percent", "clear_for_minutes"):
            batch.add_column(sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
        batch.add_column(sa.Column("source", sa.Text(), nullable=False, server_default=NO_SOURCE))
    _read_definitions()
    with op.batch_alter_table("triggers") as batch:
        for name in ("version", "definition", "retired"):
            batch.drop_column(name)
        for name in OLD_RULE:
            batch.alter_column(name, server_default=None)
    with op.batch_alter_table("trigger_shelvings") as batch:
        batch.drop_index(
            "uq_trigger_shelvings_open",
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
    op.drop_table("trigger_shelvings")
    op.drop_table("trigger_versions")
    with op.batch_alter_table("lab_runs") as batch:
        batch.drop_index(op.f("ix_lab_runs_facility_id"))
    op.drop_table("lab_runs")


def _new_tables() -> None:
    op.create_table(
        "trigger_versions",
        sa.Column("trigger_id", sa.String(36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("made_by", sa.String(200), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["trigger_id"], ["triggers.id"], name=op.f("fk_trigger_versions_trigger_id_triggers")
        ),
        sa.PrimaryKeyConstraint("trigger_id", "version", name=op.f("pk_trigger_versions")),
    )
    op.create_table(
        "trigger_shelvings",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("trigger_id", sa.String(36), nullable=False),
        sa.Column("shelved_at", UtcDateTime(), nullable=False),
        sa.Column("shelved_by", sa.String(200), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("ended_at", UtcDateTime()),
        sa.ForeignKeyConstraint(
            ["trigger_id"], ["triggers.id"], name=op.f("fk_trigger_shelvings_trigger_id_triggers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trigger_shelvings")),
    )
    with op.batch_alter_table("trigger_shelvings") as batch:
        batch.create_index(
            "uq_trigger_shelvings_open",
            ["trigger_id"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
    op.create_table(
        "lab_runs",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("facility_id", sa.String(36), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("made_by", sa.String(200), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facilities.id"], name=op.f("fk_lab_runs_facility_id_facilities")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lab_runs")),
    )
    with op.batch_alter_table("lab_runs") as batch:
        batch.create_index(op.f("ix_lab_runs_facility_id"), ["facility_id"])


def _triggers(*columns: str) -> sa.TableClause:
    return sa.table("triggers", *(sa.column(name) for name in ("id", *columns)))


def _write_definitions() -> None:
    """Each old rule becomes version 1 of itself."""
    old = _triggers("title", "unit_class", "recommends_rank", "definition", *OLD_RULE)
    versions = sa.table(
        "trigger_versions",
        *(sa.column(name) for name in ("trigger_id", "version", "definition", "made_by", "reason")),
        sa.column("made_at", UtcDateTime()),
    )
    connection = op.get_bind()
    for row in connection.execute(sa.select(old)).mappings().all():
        definition = json.dumps(_definition(row))
        connection.execute(sa.update(old).where(old.c.id == row["id"]).values(definition=definition))
        connection.execute(
            sa.insert(versions).values(
                trigger_id=row["id"],
                version=1,
                definition=definition,
                made_at=sa.func.current_timestamp(),
                made_by="Muster",
                reason=NO_SOURCE,
            )
        )


def _definition(row: sa.RowMapping) -> dict[str, object]:
    return {
        "title": row["title"],
        "measure": "occupancy",
        "unit_class": row["unit_class"],
        "rule": {
            "comparison": row["comparison"],
            "threshold": row["threshold_percent"],
            "on_delay": row["for_minutes"],
            "off_delay": row["clear_for_minutes"],
            "deadband": abs(row["threshold_percent"] - row["clear_percent"]),
        },
        "recommends_rank": row["recommends_rank"],
        "source": row["source"],
    }


def _read_definitions() -> None:
    """What the old form can say of each rule; windows, holds and other measures are lost."""
    table = _triggers("definition", *OLD_RULE)
    connection = op.get_bind()
    for row in connection.execute(sa.select(table.c.id, table.c.definition)).all():
        found = json.loads(row.definition)
        rule = found["rule"]
        upward = rule["comparison"] in ("above", "at_least")
        gap = rule.get("deadband", 0)
        connection.execute(
            sa.update(table)
            .where(table.c.id == row.id)
            .values(
                metric="occupancy",
                comparison="at_least" if upward else "at_most",
                threshold_percent=round(rule["threshold"]),
                for_minutes=rule.get("on_delay", 0),
                clear_percent=round(rule["threshold"] + (-gap if upward else gap)),
                clear_for_minutes=rule.get("off_delay", 0),
                source=found.get("source") or NO_SOURCE,
            )
        )
