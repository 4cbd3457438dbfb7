"""A trigger's state between its row and the pure rule."""

from __future__ import annotations

import msgspec

from app.surge.models import TriggerState
from app.surge.triggers import State
from app.surge.windows import Memory

_PLAIN = ("status", "as_of", "beyond_since", "clear_since", "fired_at", "acknowledged_at", "shelved_until",
          "known", "value")  # fmt: skip


def state_of(row: TriggerState) -> State:
    memory = () if row.memory == "[]" else msgspec.json.decode(row.memory, type=Memory)
    return State(**{name: getattr(row, name) for name in _PLAIN}, memory=memory)


def keep(row: TriggerState, state: State) -> None:
    for name in _PLAIN:
        setattr(row, name, getattr(state, name))
    row.memory = "[]" if not state.memory else msgspec.json.encode(state.memory).decode()
    show(row, state)


def show(row: TriggerState, state: State) -> None:
    """What people see of it as of this look; nothing that the next look begins with."""
    row.shown, row.provisional = state.status, state.provisional
