"""When a hospital's triggers are next due, so that a look at all of them costs what has to be done."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.core.columns import UtcDateTime

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    op.add_column("surge_hospitals", sa.Column("due_at", UtcDateTime(), nullable=True))
    op.create_index("ix_surge_hospitals_due_at", "surge_hospitals", ["due_at"])
    op.create_index("ix_surge_hospitals_fresh_until", "surge_hospitals", ["fresh_until"])
    # Nobody has worked it out for these yet: the next look does.
    op.execute("UPDATE surge_hospitals SET due_at = '2000-01-01 00:00:00'")


def downgrade() -> None:
    op.drop_index("ix_surge_hospitals_fresh_until", "surge_hospitals")
    op.drop_index("ix_surge_hospitals_due_at", "surge_hospitals")
    op.drop_column("surge_hospitals", "due_at")
