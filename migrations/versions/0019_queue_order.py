"""What waits to be sent is found in its order: however many wait, the next few cost the same."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"

PENDING = {"sqlite_where": sa.text("state = 'pending'"), "postgresql_where": sa.text("state = 'pending'")}


def upgrade() -> None:
    op.drop_index("ix_intents_pending", "intents")
    op.create_index("ix_intents_pending", "intents", ["channel", "turn_at", "id"], **PENDING)


def downgrade() -> None:
    op.drop_index("ix_intents_pending", "intents")
    op.create_index("ix_intents_pending", "intents", ["turn_at"], **PENDING)
