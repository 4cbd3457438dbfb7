"""The roster's pages."""

from app.staffing.pages import depth, duty, people, person, upload
from app.staffing.pages.depth import moved
from app.staffing.pages.frame import pages

__all__ = ["depth", "duty", "moved", "pages", "people", "person", "upload"]
