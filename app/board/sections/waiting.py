"""What waits for somebody who has been told of it, or sees to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass
class WaitingView:
    """`told`: the names of those told last. `owner` sees to it until `held_until`. `next_do` happens at
    `next_at` unless somebody comes first; both are None when nothing more does."""

    id: str
    what: str
    subject_id: str
    title: str
    since: datetime
    told: str = ""
    acks: int = 0
    needs: int = 1
    owner: str | None = None
    held_until: datetime | None = None
    shelved_until: datetime | None = None
    shelved_by: str | None = None
    shelved_reason: str | None = None
    next_do: str | None = None
    next_at: datetime | None = None

    def let_go(self) -> None:
        self.owner = self.held_until = None
        self.shelved_until = self.shelved_by = self.shelved_reason = None

    def wait(self, do: str | None, at: datetime | None) -> None:
        self.next_do, self.next_at = do, at


@dataclass
class Waiting:
    """By kind and subject, such as "task:0192..."."""

    items: dict[str, WaitingView] = field(default_factory=dict)

    def longest_first(self) -> list[WaitingView]:
        return sorted(self.items.values(), key=lambda each: (each.since, each.id))
