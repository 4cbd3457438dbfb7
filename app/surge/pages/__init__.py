"""The pages of capacity: the house, a unit, the surge level, history, and files."""

from app.surge.pages import house, lab, levels, system, triggers, units, uploads
from app.surge.pages.frame import pages

__all__ = ["house", "lab", "levels", "pages", "system", "triggers", "units", "uploads"]
