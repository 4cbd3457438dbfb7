"""A trigger's state between its row and the pure rule."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.bulk import update_rows
from app.surge.models import TriggerState
from app.surge.triggers import State
from app.surge.windows import Memory

_PLAIN = ("status", "as_of", "beyond_since", "clear_since", "fired_at", "acknowledged_at", "shelved_until",
          "known", "value")  # fmt: skip


def state_of(row: TriggerState | sa.Row[Any]) -> State:
    memory = () if row.memory == "[]" else msgspec.json.decode(row.memory, type=Memory)
    return State(**{name: getattr(row, name) for name in _PLAIN}, memory=memory)


def keep(row: TriggerState, state: State) -> None:
    for name in _PLAIN:
        setattr(row, name, getattr(state, name))
    row.memory = _memory(state)
    show(row, state)


def show(row: TriggerState, state: State) -> None:
    """What people see of it as of this look; nothing that the next look begins with."""
    row.shown, row.provisional = state.status, state.provisional


def keep_many(session: Session, states: Sequence[tuple[str, State]]) -> None:
    """`keep` for many at once, by the ids of the triggers."""
    names = ("trigger_id", *_PLAIN, "memory", "shown", "provisional")
    rows = [
        (id, *(getattr(state, name) for name in _PLAIN), _memory(state), state.status, state.provisional)
        for id, state in states
    ]
    update_rows(session, TriggerState.__table__, names, rows)


def show_many(session: Session, states: Sequence[tuple[str, State]]) -> None:
    rows = [(id, state.status, state.provisional) for id, state in states]
    update_rows(session, TriggerState.__table__, ("trigger_id", "shown", "provisional"), rows)


def _memory(state: State) -> str:
    return "[]" if not state.memory else msgspec.json.encode(state.memory).decode()
