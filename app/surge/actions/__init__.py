"""Everything that a person, a feed or the program does about capacity. Nothing else writes its tables."""

from app.surge.actions.care import acknowledge, shelve, unshelve
from app.surge.actions.editing import create_trigger, edit_trigger, retire_trigger
from app.surge.actions.firing import look_again
from app.surge.actions.ladder import add_level, change_level, remove_level
from app.surge.actions.levels import confirm, decline, set_band, set_level
from app.surge.actions.readings import Entered, Given, Refused, enter
from app.surge.actions.trying import keep_run
from app.surge.actions.uploads import check_columns, drop_old_uploads, keep_upload, take_upload

__all__ = [
    "Entered",
    "Given",
    "Refused",
    "acknowledge",
    "add_level",
    "change_level",
    "check_columns",
    "confirm",
    "create_trigger",
    "decline",
    "drop_old_uploads",
    "edit_trigger",
    "enter",
    "keep_run",
    "keep_upload",
    "look_again",
    "remove_level",
    "retire_trigger",
    "set_band",
    "set_level",
    "shelve",
    "take_upload",
    "unshelve",
]
