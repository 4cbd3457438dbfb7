"""The polls' pages."""

from app.polls.pages import contacts, own, polls
from app.polls.pages.frame import pages

__all__ = ["contacts", "own", "pages", "polls"]
