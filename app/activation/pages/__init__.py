"""The pages of call-outs."""

from app.activation.pages import opening, personal, watching
from app.activation.pages.frame import pages

__all__ = ["opening", "pages", "personal", "watching"]
