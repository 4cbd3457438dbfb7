"""Everything that a person or the program does to an incident. Nothing else writes its tables."""

from app.incidents.actions.command import (
    accept_command,
    decline_command,
    offer_command,
    take_over_command,
    withdraw_command,
)
from app.incidents.actions.lifecycle import (
    change_level,
    close,
    correct,
    declare,
    note,
    report_situation,
)
from app.incidents.actions.objectives import end_objective, set_objective
from app.incidents.actions.positions import assign, end_assignment, open_position, relieve
from app.incidents.actions.tasks import add_task, finish_task, mark_overdue, reopen_task, set_aside_task

__all__ = [
    "accept_command",
    "add_task",
    "assign",
    "change_level",
    "close",
    "correct",
    "declare",
    "decline_command",
    "end_assignment",
    "end_objective",
    "finish_task",
    "mark_overdue",
    "note",
    "offer_command",
    "open_position",
    "relieve",
    "reopen_task",
    "report_situation",
    "set_aside_task",
    "set_objective",
    "take_over_command",
    "withdraw_command",
]
