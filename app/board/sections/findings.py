"""What the incident taught, for the after-action record. No card shows it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime


@dataclass
class FindingView:
    id: str
    number: int
    text: str
    action: str
    owner: str
    due_on: date | None
    done_at: datetime | None = None
    note: str = ""

    def late(self, today: date) -> bool:
        """Whether the action is open after the day it was due."""
        return self.done_at is None and self.due_on is not None and self.due_on < today


@dataclass
class Findings:
    items: dict[str, FindingView] = field(default_factory=dict)
