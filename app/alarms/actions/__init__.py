"""Keeping alarms, following floods, and calling whoever decides while no incident is open."""

from app.alarms.actions.calling import call, take_back
from app.alarms.actions.keeping import (
    all_over,
    answered,
    back,
    engine_alarmed,
    follow_flood,
    follow_floods,
    forget,
    over,
    put_aside,
    raise_alarm,
)

__all__ = [
    "all_over",
    "answered",
    "back",
    "call",
    "engine_alarmed",
    "follow_flood",
    "follow_floods",
    "forget",
    "over",
    "put_aside",
    "raise_alarm",
    "take_back",
]
