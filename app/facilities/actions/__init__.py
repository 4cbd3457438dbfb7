"""Everything that is done to hospitals and units themselves. Nothing else writes their tables."""

from app.facilities.actions.basis import choose_ratios, end_waiver, say_counting, waive_ratios
from app.facilities.actions.hospitals import create_facility, create_unit
from app.facilities.actions.setup import set_numbers

__all__ = [
    "choose_ratios",
    "create_facility",
    "create_unit",
    "end_waiver",
    "say_counting",
    "set_numbers",
    "waive_ratios",
]
