"""What a hospital's journal says about its schemes."""

from __future__ import annotations

from app.journal import Event, event


@event("scheme.saved", "scheme:{scheme_id}")
class SchemeSaved(Event):
    """A new scheme, a new version of one, or one retired (`change`). `source` is where its numbers come from."""

    scheme_id: str
    title: str
    number: int
    change: str
    source: str
    reason: str
