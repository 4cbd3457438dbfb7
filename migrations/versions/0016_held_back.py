"""A call-out remembers from how many messages in a day on it leaves people in peace."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.add_column("callouts", sa.Column("hold_over", sa.Integer()))


def downgrade() -> None:
    op.drop_column("callouts", "hold_over")
