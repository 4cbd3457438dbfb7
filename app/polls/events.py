"""What the journals of hospitals, and of an incident, say about polls."""

from __future__ import annotations

from datetime import datetime

from app.journal import Event, event


@event("poll.started", "poll:{poll_id}")
class PollStarted(Event):
    """`asked`: units in it at this hospital; `nobody`: those of which nobody could be asked."""

    poll_id: str
    title: str
    whom: str
    metrics: list[str]
    due_at: datetime
    asked: int
    nobody: int
    exercise: bool


@event("poll.answered", "poll:{poll_id}")
class PollAnswered(Event):
    """Numbers of one unit, by metric. `how` is link, text or hand."""

    poll_id: str
    title: str
    unit_id: str
    unit: str
    numbers: dict[str, int]
    how: str


@event("poll.chased", "poll:{poll_id}")
class PollChased(Event):
    """Asked again, for the `nth` time; `by_hand`: not by the clock."""

    poll_id: str
    title: str
    nth: int
    people: int
    by_hand: bool


@event("poll.closed", "poll:{poll_id}")
class PollClosed(Event):
    poll_id: str
    title: str
    result: str


@event("poll.contact_set", "polls")
class PollContactSet(Event):
    """Who is asked for a unit, or as the hospital's bed manager (`unit` empty); `person_name` empty: nobody."""

    unit: str
    person_name: str
