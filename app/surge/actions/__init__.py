"""Everything that a person, a feed or the program does about capacity. Nothing else writes its tables."""

from app.surge.actions.firing import look_again
from app.surge.actions.levels import confirm, decline, set_level
from app.surge.actions.readings import Entered, Given, Refused, enter
from app.surge.actions.uploads import check_columns, drop_old_uploads, keep_upload, take_upload

__all__ = [
    "Entered",
    "Given",
    "Refused",
    "check_columns",
    "confirm",
    "decline",
    "drop_old_uploads",
    "enter",
    "keep_upload",
    "look_again",
    "set_level",
    "take_upload",
]
