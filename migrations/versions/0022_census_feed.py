"""The census goes on as readings, is compared with the house's own list, and lets old messages go."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.core.columns import UtcDateTime

revision = "0022"
down_revision = "0021"

BEFORE = (
    "admitted",
    "registered",
    "expected",
    "moved",
    "discharged",
    "left",
    "on_leave",
    "returned",
    "reclassified",
    "merged",
    "cancelled",
    "repeated",
    "undone",
    "unmatched",
    "none",
)
AFTER = (*BEFORE[:11], "corrected", *BEFORE[11:])
ENDED = sa.text("pruned_until IS NULL AND ended_at IS NOT NULL")
UNPRUNED = {"sqlite_where": ENDED, "postgresql_where": ENDED}
OPEN = {"sqlite_where": sa.text("state = 'open'"), "postgresql_where": sa.text("state = 'open'")}


def one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def upgrade() -> None:
    _effects(AFTER)
    op.add_column("adt_visits", sa.Column("pruned_until", UtcDateTime()))
    op.create_index("ix_adt_visits_unpruned", "adt_visits", ["facility_id", "ended_at"], **UNPRUNED)
    op.create_table(
        "census_settings",
        sa.Column("facility_id", sa.String(36), nullable=False),
        sa.Column("feeds", sa.Boolean(), nullable=False),
        sa.Column("every_seconds", sa.Integer(), nullable=False),
        sa.Column("differs_by", sa.Integer(), nullable=False),
        sa.Column("accepts_up_to", sa.Integer(), nullable=False),
        sa.Column("silent_days", sa.Integer(), nullable=False),
        sa.Column("list_daily", sa.Boolean(), nullable=False),
        sa.Column("changed_by", sa.String(200), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        _hospital("census_settings"),
        sa.PrimaryKeyConstraint("facility_id", name=op.f("pk_census_settings")),
    )
    op.create_table(
        "census_entries",
        sa.Column("facility_id", sa.String(36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("event_at", UtcDateTime()),
        sa.Column("entered_at", UtcDateTime()),
        sa.Column("next_at", UtcDateTime(), nullable=False),
        _hospital("census_entries"),
        sa.PrimaryKeyConstraint("facility_id", name=op.f("pk_census_entries")),
    )
    op.create_table(
        "census_lists",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("facility_id", sa.String(36), nullable=False),
        sa.Column("taken_at", UtcDateTime(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("given_by", sa.String(200), nullable=False),
        sa.Column("form", sa.String(80), nullable=False),
        sa.Column("patients", sa.Integer(), nullable=False),
        sa.Column("same", sa.Integer(), nullable=False),
        sa.Column("faults", sa.Text(), nullable=False),
        sa.Column(
            "state",
            one_of("census_list_state", "open", "agreed", "accepted", "left", "superseded"),
            nullable=False,
        ),
        sa.Column("settled_at", UtcDateTime()),
        sa.Column("settled_by", sa.String(200)),
        sa.Column("reason", sa.Text(), nullable=False),
        _hospital("census_lists"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_census_lists")),
    )
    op.create_index("uq_census_lists_open", "census_lists", ["facility_id"], unique=True, **OPEN)
    op.create_index("ix_census_lists_facility_id", "census_lists", ["facility_id", "taken_at"])
    op.create_table(
        "census_differences",
        sa.Column("list_id", sa.String(36), nullable=False),
        sa.Column("visit", sa.String(64), nullable=False),
        sa.Column("kind", one_of("census_difference", "ours", "theirs", "elsewhere"), nullable=False),
        sa.Column("line", sa.Integer()),
        sa.Column("point_of_care", sa.String(80)),
        sa.Column("room", sa.String(80), nullable=False),
        sa.Column("bed", sa.String(80), nullable=False),
        sa.Column("listed_point_of_care", sa.String(80)),
        sa.Column("listed_room", sa.String(80), nullable=False),
        sa.Column("listed_bed", sa.String(80), nullable=False),
        sa.Column("admitted_at", UtcDateTime()),
        sa.Column("accepted", sa.Boolean()),
        sa.ForeignKeyConstraint(
            ["list_id"], ["census_lists.id"], name=op.f("fk_census_differences_list_id_census_lists")
        ),
        sa.PrimaryKeyConstraint("list_id", "visit", name=op.f("pk_census_differences")),
    )


def downgrade() -> None:
    op.drop_table("census_differences")
    op.drop_index("ix_census_lists_facility_id", "census_lists")
    op.drop_index("uq_census_lists_open", "census_lists", **OPEN)
    op.drop_table("census_lists")
    op.drop_table("census_entries")
    op.drop_table("census_settings")
    op.drop_index("ix_adt_visits_unpruned", "adt_visits", **UNPRUNED)
    op.drop_column("adt_visits", "pruned_until")
    # The old program would not know what such an event did; the visit shows it.
    op.execute("UPDATE adt_events SET effect = 'none' WHERE effect = 'corrected'")
    _effects(BEFORE)


def _effects(values: tuple[str, ...]) -> None:
    with op.batch_alter_table("adt_events") as batch:
        batch.drop_constraint(op.f("ck_adt_events_adt_effect"), type_="check")
        batch.alter_column("effect", existing_type=sa.String(32), type_=one_of("adt_effect", *values))


def _hospital(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_facility_id_facilities")
    return sa.ForeignKeyConstraint(["facility_id"], ["facilities.id"], name=name)
