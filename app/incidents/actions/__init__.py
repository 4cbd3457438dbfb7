"""Everything that a person or the program does to an incident. Nothing else writes its tables."""

from app.incidents.actions.lifecycle import change_level, close, correct, declare, note
from app.incidents.actions.positions import assign, open_position, relieve
from app.incidents.actions.tasks import add_task, finish_task, mark_overdue, reopen_task, set_aside_task

__all__ = [
    "add_task",
    "assign",
    "change_level",
    "close",
    "correct",
    "declare",
    "finish_task",
    "mark_overdue",
    "note",
    "open_position",
    "relieve",
    "reopen_task",
    "set_aside_task",
]
