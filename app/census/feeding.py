"""Which counts of the running census may stand as readings, and which may not, with the reason."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

SOURCE = "ADT feed"
COMPARED_WITHIN = timedelta(minutes=90)
"""A hand count is held against the feed's count of about the same time: bed counts are good for so long."""

_NO_SIGN = re.compile(r"[^0-9A-Z]")


@dataclass(frozen=True)
class UnitFeed:
    """What the feed says of one unit. `occupied` None: nothing is entered, `why` says so. `blocked` None: no bed
    status (A20) has ever come from there. `seen`: a message has named a location that is this unit."""

    code: str
    occupied: int | None
    blocked: int | None
    seen: bool
    why: str = ""


@dataclass(frozen=True)
class Counted:
    """A count of a unit: by whom, when, and what."""

    value: int
    at: datetime
    source: str


def unit_feed(
    code: str, name: str, *, occupied: int, blocked: int | None, seen: bool, unmapped: Iterable[str]
) -> UnitFeed:
    """`unmapped`: locations with patients that are no unit yet. One that looks like the unit may be a part of it,
    so its patients may be missing here."""
    alike = sorted(location for location in unmapped if looks_like(location, code, name))
    if alike:
        return UnitFeed(
            code, None, None, seen, f"{', '.join(alike)} may be part of it: say which unit that is"
        )
    if not seen:
        return UnitFeed(
            code, None, None, seen, "no message has named a place in it: empty, or called otherwise"
        )
    return UnitFeed(code, occupied, blocked, seen)


def looks_like(location: str, code: str, name: str) -> bool:
    """Whether a location's name could mean this unit: one begins like the other, signs left out."""
    here = _NO_SIGN.sub("", location.upper())
    names = [_NO_SIGN.sub("", text.upper()) for text in (code, name)]
    return bool(here) and any(n and (here.startswith(n) or n.startswith(here)) for n in names)


def observed_at(last_event_at: datetime, last_received_at: datetime, now: datetime) -> datetime:
    """When the census was as it is: at the newest event, which cannot be later than its message or than now."""
    return min(last_event_at, last_received_at, now)


def blocked_beds(out_of_use: Iterable[tuple[str, str, str]], taken: Collection[tuple[str, str, str]]) -> int:
    """Beds reported out of use in which nobody lies: an isolation bed with its patient is occupied, not blocked."""
    return sum(bed not in taken for bed in out_of_use)


def disagrees(hand: Counted | None, fed: Counted | None, by: int) -> bool:
    """Whether a hand count and the feed's of about the same time differ by more than `by`."""
    if hand is None or fed is None or abs(hand.at - fed.at) > COMPARED_WITHIN:
        return False
    return abs(hand.value - fed.value) > by
