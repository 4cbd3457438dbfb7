"""Areas that can become beds: when each could be open, and what it adds once it is. All pure.

A space that is not open is never available, whatever it could be; one that is open is available only for as many
patients as the nurses counted there can look after.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from app.core.packs import SLUG
from app.facilities.models import SpaceState, SurgeSpace
from app.facilities.ratios import Ratio
from app.staffing.skills import readable
from app.surge.available import Available, available
from app.surge.metrics import NURSES, fresh

MOST_PEOPLE = 200
STAFF_HELP = "one a line, number first, such as: 4 ICU nurse"


class Need(msgspec.Struct, frozen=True):
    """So many people with a skill."""

    skill: str
    number: int

    @property
    def words(self) -> str:
        return f"{self.number} {readable(self.skill)}"


@dataclass(frozen=True)
class Counted:
    """What was last counted in an open space."""

    value: int
    fresh: bool


def needs(space: SurgeSpace) -> list[Need]:
    return msgspec.json.decode(space.staff, type=list[Need])


def written(found: Iterable[Need]) -> str:
    return msgspec.json.encode(list(found)).decode()


def ready_at(space: SurgeSpace, now: datetime) -> datetime | None:
    """When it could be open: from now, or from when its opening began. None while it is open."""
    if space.state is SpaceState.OPEN:
        return None
    begun = space.state_since if space.state is SpaceState.OPENING else now
    return max(now, begun + timedelta(hours=space.hours_to_open))


def openable(spaces: Iterable[SurgeSpace], hours: int, now: datetime) -> int:
    """Beds of spaces that are not open and could be within so many hours."""
    until = now + timedelta(hours=hours)
    return sum(
        space.beds for space in spaces if (ready := ready_at(space, now)) is not None and ready <= until
    )


def overdue(space: SurgeSpace, now: datetime) -> bool:
    """Its opening should have been done by now."""
    ready = ready_at(space, now)
    return space.state is SpaceState.OPENING and ready is not None and ready <= now


def room(space: SurgeSpace, ratio: Ratio, now: datetime) -> Available:
    """Its beds that can take a patient now."""
    if space.state is not SpaceState.OPEN:
        return Available(0, "it is not open")
    if space.nurses is None or space.counted_at is None:
        return Available(None, "it is open, but nobody has said how many nurses are there")
    if not fresh(NURSES, space.counted_at, now):
        return Available(None, "the nurses there were counted too long ago")
    seen = {NURSES: Counted(space.nurses, fresh=True), "blocked_beds": Counted(0, fresh=True)}
    if space.patients is not None:
        still = fresh("occupied_beds", space.counted_at, now)
        seen["occupied_beds"] = Counted(space.patients, still)
    if ratio.patients is None:
        return Available(None, ratio.words)
    return available(space.beds, 0, ratio, seen)


def read_needs(text: str) -> list[Need]:
    """From what is typed. Raises ValueError saying which line cannot be read, and what is allowed."""
    found: dict[str, int] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        number, _, words = line.partition(" ")
        skill = "_".join(words.casefold().replace("_", " ").split())
        if not number.isdecimal() or not 1 <= int(number[:4]) <= MOST_PEOPLE or not SLUG.fullmatch(skill):
            raise ValueError(f"{line!r} cannot be read: {STAFF_HELP}; up to {MOST_PEOPLE} of one skill")
        found[skill] = found.get(skill, 0) + int(number)
    return [Need(skill, number) for skill, number in found.items()]
