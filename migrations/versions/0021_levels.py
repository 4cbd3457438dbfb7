"""Each of the four S has a band; levels belong to one; a hospital has levels of its own; recommendations keep why."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

from app.core.columns import UtcDateTime

revision = "0021"
down_revision = "0020"

# The levels as they were while every hospital had the same.
BANDS = {0: "conventional", 1: "conventional", 2: "contingency", 3: "contingency", 4: "contingency"}
COLOURS = {0: "grey", 1: "blue", 2: "amber", 3: "orange", 4: "red"}


def upgrade() -> None:
    _new_tables()
    _add("trigger_firings", sa.Column("resource", sa.String(80), nullable=False, server_default="space"))
    _write_resources()
    _add(
        "surge_recommendations",
        sa.Column("band", sa.String(80), nullable=False, server_default="conventional"),
        sa.Column("drivers", sa.String(200), nullable=False, server_default=""),
        sa.Column("reasons", sa.Text(), nullable=False, server_default="[]"),
    )
    _add(
        "surge_levels",
        sa.Column("meaning", sa.Text(), nullable=False, server_default=""),
        sa.Column("colour", sa.String(80), nullable=False, server_default="grey"),
        sa.Column("band", sa.String(80), nullable=False, server_default="conventional"),
        sa.Column("version", sa.Integer(), nullable=False, server_default="0"),
    )
    for name in ("surge_levels", "surge_recommendations"):
        table = sa.table(name, sa.column("rank"), sa.column("band"))
        for rank, band in BANDS.items():
            op.execute(table.update().where(table.c.rank == rank).values(band=band))
    for rank, colour in COLOURS.items():
        levels = sa.table("surge_levels", sa.column("rank"), sa.column("colour"))
        op.execute(levels.update().where(levels.c.rank == rank).values(colour=colour))
    _assume_drivers()
    for table, names in (
        ("trigger_firings", ["resource"]),
        ("surge_recommendations", ["band", "drivers", "reasons"]),
        ("surge_levels", ["meaning", "colour", "band", "version"]),
    ):
        with op.batch_alter_table(table) as batch:
            for name in names:
                batch.alter_column(name, server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("surge_levels") as batch:
        for name in ("version", "band", "colour", "meaning"):
            batch.drop_column(name)
    with op.batch_alter_table("surge_recommendations") as batch:
        for name in ("reasons", "drivers", "band"):
            batch.drop_column(name)
    with op.batch_alter_table("trigger_firings") as batch:
        batch.drop_column("resource")
    op.drop_table("level_sets")
    op.drop_table("surge_bands")


def _new_tables() -> None:
    op.create_table(
        "surge_bands",
        sa.Column("stream", sa.String(length=60), nullable=False),
        sa.Column("resource", sa.String(length=80), nullable=False),
        sa.Column("band", sa.String(length=80), nullable=False),
        sa.Column("set_at", UtcDateTime(), nullable=False),
        sa.Column("set_by", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("assumed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["stream"], ["journal_streams.id"], name=op.f("fk_surge_bands_stream_journal_streams")
        ),
        sa.PrimaryKeyConstraint("stream", "resource", name=op.f("pk_surge_bands")),
    )
    op.create_table(
        "level_sets",
        sa.Column("facility_id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("levels", sa.Text(), nullable=False),
        sa.Column("change", sa.Text(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("made_by", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facilities.id"], name=op.f("fk_level_sets_facility_id_facilities")
        ),
        sa.PrimaryKeyConstraint("facility_id", "version", name=op.f("pk_level_sets")),
    )


def _add(table: str, *columns: sa.Column[object]) -> None:
    with op.batch_alter_table(table) as batch:
        for column in columns:
            batch.add_column(column)


def _write_resources() -> None:
    """Which of the four S a firing was about stands in the version of the rule that fired."""
    connection = op.get_bind()
    versions = connection.execute(sa.text("SELECT trigger_id, version, definition FROM trigger_versions"))
    update = sa.text(
        "UPDATE trigger_firings SET resource = :resource WHERE trigger_id = :trigger AND version = :version"
    )
    for trigger_id, version, definition in versions.all():
        resource = json.loads(definition).get("resource", "space")
        connection.execute(update, {"resource": resource, "trigger": trigger_id, "version": version})


def _assume_drivers() -> None:
    """A level in force above the usual had no S named with it."""
    op.execute(
        "INSERT INTO surge_bands (stream, resource, band, set_at, set_by, reason, assumed) "
        "SELECT stream, 'space', band, set_at, set_by, reason, true FROM surge_levels "
        "WHERE band <> 'conventional'"
    )
