"""All that writes in this room."""

from app.census.actions.entering import enter_census
from app.census.actions.intake import Outcome, take_in
from app.census.actions.lists import settle_list, take_list
from app.census.actions.locations import map_location
from app.census.actions.pruning import prune
from app.census.actions.refusals import keep_refused, mark_seen
from app.census.actions.settings import set_census

__all__ = [
    "Outcome",
    "enter_census",
    "keep_refused",
    "map_location",
    "mark_seen",
    "prune",
    "set_census",
    "settle_list",
    "take_in",
    "take_list",
]
