"""The pages of capacity: the house, a unit, the surge level, history, and files."""

from app.surge.pages import house, levels, uploads
from app.surge.pages.frame import pages

__all__ = ["house", "levels", "pages", "uploads"]
