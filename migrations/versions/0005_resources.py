"""Stock, resource requests, findings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.core.columns import UtcDateTime

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "stock_levels",
        sa.Column("facility_id", sa.String(length=36), nullable=False),
        sa.Column("sku", sa.String(length=80), nullable=False),
        sa.Column("on_hand", sa.Integer(), nullable=False),
        sa.Column("par", sa.Integer(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("changed_by", sa.String(length=200), nullable=False),
        sa.Column("why", sa.String(length=200), nullable=False),
        sa.CheckConstraint("on_hand >= 0", name=op.f("ck_stock_levels_on_hand")),
        sa.CheckConstraint("par >= 0", name=op.f("ck_stock_levels_par")),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facilities.id"], name=op.f("fk_stock_levels_facility_id_facilities")
        ),
        sa.PrimaryKeyConstraint("facility_id", "sku", name=op.f("pk_stock_levels")),
    )
    op.create_table(
        "findings",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("incident_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("owner", sa.String(length=200), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incidents.id"], name=op.f("fk_findings_incident_id_incidents")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_findings")),
    )
    with op.batch_alter_table("findings", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_findings_incident_id"), ["incident_id"], unique=False)

    op.create_table(
        "resource_requests",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("incident_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "submitted",
                "approved",
                "partly_filled",
                "en_route",
                "received",
                "closed",
                "denied",
                "cancelled",
                name="request_state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "priority",
            sa.Enum(
                "urgent",
                "routine",
                "low",
                name="request_priority",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("position", sa.String(length=80), nullable=True),
        sa.Column("position_title", sa.String(length=200), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("deliver_to", sa.String(length=200), nullable=False),
        sa.Column("needed_by", UtcDateTime(), nullable=True),
        sa.Column("overdue", sa.Boolean(), nullable=False),
        sa.Column("raised_by", sa.String(length=200), nullable=False),
        sa.Column("raised_at", UtcDateTime(), nullable=False),
        sa.Column("changed_by", sa.String(length=200), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incidents.id"], name=op.f("fk_resource_requests_incident_id_incidents")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resource_requests")),
        sa.UniqueConstraint("incident_id", "number", name=op.f("uq_resource_requests_incident_id_number")),
    )
    with op.batch_alter_table("resource_requests", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_resource_requests_incident_id"), ["incident_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_resource_requests_state"), ["state"], unique=False)

    op.create_table(
        "request_lines",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("request_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("sku", sa.String(length=80), nullable=True),
        sa.Column("description", sa.String(length=200), nullable=False),
        sa.Column("unit", sa.String(length=80), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("approved", sa.Integer(), nullable=True),
        sa.Column("filled", sa.Integer(), nullable=False),
        sa.Column("received", sa.Integer(), nullable=False),
        sa.CheckConstraint("approved >= 0 AND approved <= asked", name=op.f("ck_request_lines_approved")),
        sa.CheckConstraint("filled >= 0 AND filled <= asked", name=op.f("ck_request_lines_filled")),
        sa.CheckConstraint("received >= 0 AND received <= filled", name=op.f("ck_request_lines_received")),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["resource_requests.id"],
            name=op.f("fk_request_lines_request_id_resource_requests"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_lines")),
        sa.UniqueConstraint("request_id", "number", name=op.f("uq_request_lines_request_id_number")),
    )
    with op.batch_alter_table("request_lines", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_request_lines_request_id"), ["request_id"], unique=False)

    op.create_table(
        "request_fills",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("request_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("line_id", sa.String(length=36), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("received", sa.Integer(), nullable=False),
        sa.Column("fell_through", sa.Integer(), nullable=False),
        sa.Column(
            "source",
            sa.Enum(
                "stock",
                "system",
                "vendor",
                "mutual_aid",
                "authority",
                name="fill_source",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("source_name", sa.String(length=200), nullable=False),
        sa.Column("expected_at", UtcDateTime(), nullable=True),
        sa.Column("filled_at", UtcDateTime(), nullable=False),
        sa.Column("filled_by", sa.String(length=200), nullable=False),
        sa.CheckConstraint("received + fell_through <= quantity", name=op.f("ck_request_fills_quantity")),
        sa.ForeignKeyConstraint(
            ["line_id"], ["request_lines.id"], name=op.f("fk_request_fills_line_id_request_lines")
        ),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["resource_requests.id"],
            name=op.f("fk_request_fills_request_id_resource_requests"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_fills")),
        sa.UniqueConstraint("request_id", "number", name=op.f("uq_request_fills_request_id_number")),
    )
    with op.batch_alter_table("request_fills", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_request_fills_request_id"), ["request_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("request_fills", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_request_fills_request_id"))

    op.drop_table("request_fills")
    with op.batch_alter_table("request_lines", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_request_lines_request_id"))

    op.drop_table("request_lines")
    with op.batch_alter_table("resource_requests", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_resource_requests_state"))
        batch_op.drop_index(batch_op.f("ix_resource_requests_incident_id"))

    op.drop_table("resource_requests")
    with op.batch_alter_table("findings", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_findings_incident_id"))

    op.drop_table("findings")
    op.drop_table("stock_levels")
