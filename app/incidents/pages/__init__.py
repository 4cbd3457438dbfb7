"""The pages of incidents. The live board is a room of its own."""

from app.incidents.pages import closing, command, declare, lists, log, objectives, positions, tasks
from app.incidents.pages.frame import pages

__all__ = [
    "closing",
    "command",
    "declare",
    "lists",
    "log",
    "objectives",
    "pages",
    "positions",
    "tasks",
]
