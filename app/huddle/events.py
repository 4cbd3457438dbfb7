"""What a hospital's journal says about its huddles."""

from __future__ import annotations

from datetime import datetime

from app.journal import Event, event


@event("huddle.item_raised", "huddle-item:{item_id}")
class ItemRaised(Event):
    """`unit` is empty for the whole hospital."""

    item_id: str
    kind_of: str
    text: str
    unit: str
    owner: str
    due_at: datetime


@event("huddle.item_changed", "huddle-item:{item_id}")
class ItemChanged(Event):
    """Another owner, or another time."""

    item_id: str
    text: str
    owner: str
    due_at: datetime
    from_owner: str
    from_due_at: datetime


@event("huddle.item_done", "huddle-item:{item_id}")
class ItemDone(Event):
    item_id: str
    text: str
    outcome: str


@event("huddle.held", "huddle:{sheet_id}")
class HuddleHeld(Event):
    """`digest`: SHA-256 of the sheet as it is kept. `without`: units whose beds nobody could tell; `unsaid`: units that
    did not say what the day will bring.
    """

    sheet_id: str
    day: str
    digest: str
    units: int
    without: list[str]
    unsaid: list[str]
    open_items: int
    attendees: dict[str, int]
    note: str
