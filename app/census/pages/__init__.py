"""The census' pages."""

from app.census.pages import house, lists, settings
from app.census.pages.frame import pages

__all__ = ["house", "lists", "pages", "settings"]
