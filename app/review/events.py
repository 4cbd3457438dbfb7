"""What an incident's journal can say about its after-action findings."""

from __future__ import annotations

from datetime import date

from app.journal import Event, event


@event("finding.added", "finding:{finding_id}")
class FindingAdded(Event):
    """`due_on` is a day at the hospital."""

    finding_id: str
    number: int
    text: str
    action: str
    owner: str
    due_on: date | None


@event("finding.done", "finding:{finding_id}")
class FindingDone(Event):
    """`note` says what shows that the action was carried out."""

    finding_id: str
    number: int
    note: str


@event("finding.reopened", "finding:{finding_id}")
class FindingReopened(Event):
    finding_id: str
    number: int
    reason: str
