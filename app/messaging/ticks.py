"""What messaging does by the clock, beside the sender."""

from __future__ import annotations

from app.jobs import Tick
from app.messaging import lookout

TICKS = [
    Tick("messaging.look", 2, lookout.look),
    Tick("messaging.backlog", 1, lookout.backlog),
    Tick("messaging.phones", 1, lookout.answer),
]
