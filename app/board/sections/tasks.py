"""Tasks of positions."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass
class TaskView:
    id: str
    position: str
    text: str
    window: str
    due_at: datetime | None
    source: str
    state: str = "open"
    overdue: bool = False
    ended_at: datetime | None = None
    note: str = ""
    evidence_asked: str = ""
    evidence: str = ""


@dataclass
class Tasks:
    items: dict[str, TaskView] = field(default_factory=dict)

    def open(self) -> list[TaskView]:
        """Open ones, the earliest due first; those without a deadline last."""
        waiting = [task for task in self.items.values() if task.state == "open"]
        return sorted(waiting, key=lambda t: (t.due_at is None, t.due_at and t.due_at.timestamp(), t.id))
