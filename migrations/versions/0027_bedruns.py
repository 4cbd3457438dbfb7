"""Runs for immediate bed availability; tasks that ask for evidence."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.core.columns import UtcDateTime

revision = "0027"
down_revision = "0026"

OPEN = {"sqlite_where": sa.text("state = 'open'"), "postgresql_where": sa.text("state = 'open'")}


def one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def upgrade() -> None:
    op.create_table(
        "bed_runs",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("facility_id", sa.String(36), nullable=False),
        sa.Column("incident_id", sa.String(36)),
        sa.Column("exercise", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.Column("staffed_beds", sa.Integer(), nullable=False),
        sa.Column("target", sa.Integer(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("started_by", sa.String(200), nullable=False),
        sa.Column("deadline_at", UtcDateTime(), nullable=False),
        sa.Column("state", one_of("bed_run_state", "open", "reached", "over", "stopped"), nullable=False),
        sa.Column("ended_at", UtcDateTime()),
        sa.Column("ended_by", sa.String(200)),
        sa.Column("end_reason", sa.Text()),
        sa.Column("counted", sa.Integer()),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facilities.id"], name=op.f("fk_bed_runs_facility_id_facilities")
        ),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incidents.id"], name=op.f("fk_bed_runs_incident_id_incidents")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bed_runs")),
    )
    with op.batch_alter_table("bed_runs") as batch:
        batch.create_index(op.f("ix_bed_runs_facility_id"), ["facility_id"])
        batch.create_index(op.f("ix_bed_runs_incident_id"), ["incident_id"])
        batch.create_index("uq_bed_runs_open", ["facility_id"], unique=True, **OPEN)
    op.create_table(
        "bed_run_units",
        sa.Column("run_id", sa.String(36), nullable=False),
        sa.Column("unit_id", sa.String(36), nullable=False),
        sa.Column("code", sa.String(80), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("unit_class", sa.String(80), nullable=False),
        sa.Column("staffed_beds", sa.Integer(), nullable=False),
        sa.Column("occupied_beds", sa.Integer()),
        sa.Column("source", sa.String(200), nullable=False),
        sa.Column("observed_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["bed_runs.id"], name=op.f("fk_bed_run_units_run_id_bed_runs")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_bed_run_units_unit_id_units")),
        sa.PrimaryKeyConstraint("run_id", "unit_id", name=op.f("pk_bed_run_units")),
    )
    op.create_table(
        "bed_run_counts",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("run_id", sa.String(36), nullable=False),
        sa.Column("unit_id", sa.String(36), nullable=False),
        sa.Column("step", sa.String(80), nullable=False),
        sa.Column("kind", sa.String(80), nullable=False),
        sa.Column("change", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.String(200), nullable=False),
        sa.Column("undoes", sa.String(36)),
        sa.ForeignKeyConstraint(["run_id"], ["bed_runs.id"], name=op.f("fk_bed_run_counts_run_id_bed_runs")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_bed_run_counts_unit_id_units")),
        sa.ForeignKeyConstraint(
            ["undoes"], ["bed_run_counts.id"], name=op.f("fk_bed_run_counts_undoes_bed_run_counts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bed_run_counts")),
        sa.UniqueConstraint("undoes", name=op.f("uq_bed_run_counts_undoes")),
    )
    with op.batch_alter_table("bed_run_counts") as batch:
        batch.create_index(op.f("ix_bed_run_counts_run_id"), ["run_id"])
    with op.batch_alter_table("tasks") as batch:
        batch.add_column(sa.Column("evidence_asked", sa.Text(), nullable=False, server_default=""))
        batch.add_column(sa.Column("evidence", sa.Text(), nullable=False, server_default=""))
    with op.batch_alter_table("tasks") as batch:
        batch.alter_column("evidence_asked", server_default=None)
        batch.alter_column("evidence", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("tasks") as batch:
        batch.drop_column("evidence")
        batch.drop_column("evidence_asked")
    with op.batch_alter_table("bed_run_counts") as batch:
        batch.drop_index(op.f("ix_bed_run_counts_run_id"))
    op.drop_table("bed_run_counts")
    op.drop_table("bed_run_units")
    with op.batch_alter_table("bed_runs") as batch:
        batch.drop_index("uq_bed_runs_open", **OPEN)
        batch.drop_index(op.f("ix_bed_runs_incident_id"))
        batch.drop_index(op.f("ix_bed_runs_facility_id"))
    op.drop_table("bed_runs")
