"""Everything that changes a bed run."""

from app.bedruns.actions.counting import count, undo
from app.bedruns.actions.running import end, end_one_over, start

__all__ = ["count", "end", "end_one_over", "start", "undo"]
