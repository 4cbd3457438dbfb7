"""The pages of requests and stock."""

from app.resources.pages import lists, one, raising, stock
from app.resources.pages.frame import pages

__all__ = ["lists", "one", "pages", "raising", "stock"]
