"""Whose turn it is on a list that takes turns, over all incidents. Pure.

Who has had the fewest turns comes first, of those who has waited longest, of those the first on the list. Who is
passed over (cannot be reached, is told already) keeps their place and comes first the next time. Who is new to
the list begins with as many as whoever has the fewest, and so is not asked for everything.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Had:
    """So many turns, the last one then."""

    taken: int
    last_at: datetime | None


def whose(order: Sequence[str], had: Mapping[str, Had], skip: Collection[str] = ()) -> str | None:
    """The next in turn; None when all are to be passed over."""
    free = [person for person in order if person not in skip]
    return min(free, key=lambda person: _place(person, order, had), default=None)


def taken_by(person: str, order: Sequence[str], had: Mapping[str, Had]) -> int:
    """How many turns somebody counts as having had."""
    if person in had:
        return had[person].taken
    return min((had[other].taken for other in order if other in had), default=0)


def _place(person: str, order: Sequence[str], had: Mapping[str, Had]) -> tuple[int, datetime, int]:
    last = had[person].last_at if person in had else None
    return taken_by(person, order, had), last or LONG_AGO, order.index(person)
