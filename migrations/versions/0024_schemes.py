"""When a hospital's triggers are next due, so that a look at all of them costs what has to be done; and its schemes of
escalation, each wording of them, and the values typed in for them.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.core.columns import Code, Id, Name, UtcDateTime

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    op.add_column("surge_hospitals", sa.Column("due_at", UtcDateTime(), nullable=True))
    op.create_index("ix_surge_hospitals_due_at", "surge_hospitals", ["due_at"])
    op.create_index("ix_surge_hospitals_fresh_until", "surge_hospitals", ["fresh_until"])
    # Nobody has worked it out for these yet: the next look does.
    op.execute("UPDATE surge_hospitals SET due_at = '2000-01-01 00:00:00'")
    op.create_table(
        "escalation_schemes",
        sa.Column("id", Id, nullable=False),
        sa.Column("facility_id", Id, nullable=False),
        sa.Column("title", Name, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facilities.id"], name="fk_escalation_schemes_facility_id_facilities"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_escalation_schemes"),
    )
    op.create_index("ix_escalation_schemes_facility_id", "escalation_schemes", ["facility_id"])
    op.create_table(
        "scheme_versions",
        sa.Column("scheme_id", Id, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("made_by", Name, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["scheme_id"], ["escalation_schemes.id"], name="fk_scheme_versions_scheme_id_escalation_schemes"
        ),
        sa.PrimaryKeyConstraint("scheme_id", "number", name="pk_scheme_versions"),
    )
    op.create_table(
        "scheme_values",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("scheme_id", Id, nullable=False),
        sa.Column("parameter", Code, nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("observed_at", UtcDateTime(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("entered_by", Name, nullable=False),
        sa.ForeignKeyConstraint(
            ["scheme_id"], ["escalation_schemes.id"], name="fk_scheme_values_scheme_id_escalation_schemes"
        ),
        sa.PrimaryKeyConstraint("seq", name="pk_scheme_values"),
    )
    op.create_index(
        "ix_scheme_values_newest", "scheme_values", ["scheme_id", "parameter", "observed_at", "seq"]
    )


def downgrade() -> None:
    op.drop_table("scheme_values")
    op.drop_table("scheme_versions")
    op.drop_table("escalation_schemes")
    op.drop_index("ix_surge_hospitals_fresh_until", "surge_hospitals")
    op.drop_index("ix_surge_hospitals_due_at", "surge_hospitals")
    op.drop_column("surge_hospitals", "due_at")
