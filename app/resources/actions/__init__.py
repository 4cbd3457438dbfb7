"""Everything that a person or the program does to requests and stock. Nothing else writes their tables."""

from app.resources.actions.filling import close, fall_through, fill, receive
from app.resources.actions.requests import Wanted, approve, cancel, deny, mark_overdue, raise_request
from app.resources.actions.stock import count_stock, seed_stock

__all__ = [
    "Wanted",
    "approve",
    "cancel",
    "close",
    "count_stock",
    "deny",
    "fall_through",
    "fill",
    "mark_overdue",
    "raise_request",
    "receive",
    "seed_stock",
]
