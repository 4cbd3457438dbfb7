"""All that writes in this room."""

from app.census.actions.intake import Outcome, take_in
from app.census.actions.locations import map_location
from app.census.actions.refusals import keep_refused, mark_seen

__all__ = ["Outcome", "keep_refused", "map_location", "mark_seen", "take_in"]
