"""The pages of capacity: the house, a unit, the surge level, history, and files."""

from app.surge.pages import basis, beds, house, lab, levels, spaces, system, triggers, units, uploads
from app.surge.pages.frame import pages

__all__ = [
    "basis",
    "beds",
    "house",
    "lab",
    "levels",
    "pages",
    "spaces",
    "system",
    "triggers",
    "units",
    "uploads",
]
