"""Changing the roster: the only code that writes it. Every change stands in the hospital's journal."""

from app.staffing.actions.contacts import (
    add_contact,
    add_phone,
    move_contact,
    remove_phone,
    verify_phone,
)
from app.staffing.actions.leave import add_leave, remove_leave
from app.staffing.actions.people import add_person, set_active, set_depth_list, set_skill
from app.staffing.actions.rules import set_floor, set_hours
from app.staffing.actions.shifts import Put, put_shifts, remove_shift

__all__ = [
    "Put",
    "add_contact",
    "add_leave",
    "add_person",
    "add_phone",
    "move_contact",
    "put_shifts",
    "remove_leave",
    "remove_phone",
    "remove_shift",
    "set_active",
    "set_depth_list",
    "set_floor",
    "set_hours",
    "set_skill",
    "verify_phone",
]
