"""Resource requests, their lines, and what is on its way."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from app.resources.rules import ENDED, Line, outstanding, urgency


@dataclass
class LineView:
    id: str
    number: int
    sku: str | None
    description: str
    unit: str
    asked: int
    approved: int | None = None
    filled: int = 0
    received: int = 0

    @property
    def line(self) -> Line:
        return Line(self.asked, self.approved, self.filled, self.received)


@dataclass
class FillView:
    id: str
    number: int
    line_id: str
    quantity: int
    source: str
    source_name: str
    expected_at: datetime | None
    filled_at: datetime
    filled_by: str
    received: int = 0
    fell_through: int = 0


@dataclass
class RequestView:
    id: str
    number: int
    priority: str
    position: str | None
    position_title: str
    why: str
    deliver_to: str
    needed_by: datetime | None
    raised_by: str
    raised_at: datetime
    changed_by: str
    changed_at: datetime
    version: int = 1
    state: str = "submitted"
    overdue: bool = False
    reason: str = ""
    ended_at: datetime | None = None
    lines: dict[str, LineView] = field(default_factory=dict)
    fills: dict[str, FillView] = field(default_factory=dict)

    @property
    def outstanding(self) -> int:
        return outstanding(line.line for line in self.lines.values())


@dataclass
class Requests:
    items: dict[str, RequestView] = field(default_factory=dict)

    def open(self) -> list[RequestView]:
        """Those that have not ended: overdue ones first, then by urgency, then the oldest."""
        waiting = [request for request in self.items.values() if request.state not in ENDED]
        return sorted(waiting, key=lambda r: (not r.overdue, urgency(r.priority), r.raised_at, r.number))
