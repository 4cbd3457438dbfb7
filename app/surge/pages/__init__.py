"""The pages of capacity: the house, a unit, the surge level, history, and files."""

from app.surge.pages import bands, house, lab, ladder, levels, triggers, uploads
from app.surge.pages.frame import pages

__all__ = ["bands", "house", "lab", "ladder", "levels", "pages", "triggers", "uploads"]
