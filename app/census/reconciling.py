"""A hospital's own census list against the running census: what differs, visit by visit."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.census.visits import Place, same_place

LEAST_SHARE_SAME = 0.5
"""A list that agrees in fewer of its patients is more likely another hospital's, or in other numbers, than right;
no rule accepts it. Our choice."""


class ListState(StrEnum):
    """OPEN waits for a person; SUPERSEDED: a newer list came first."""

    OPEN = "open"
    AGREED = "agreed"
    ACCEPTED = "accepted"
    LEFT = "left"
    SUPERSEDED = "superseded"


class Difference(StrEnum):
    """OURS: we count somebody whom the list has not, as after a missed discharge. THEIRS: the list has somebody
    whom we do not count, as after a missed admission. ELSEWHERE: both, in different places."""

    OURS = "ours"
    THEIRS = "theirs"
    ELSEWHERE = "elsewhere"


@dataclass(frozen=True, slots=True)
class Listed:
    """A patient on the list; `line` counts from 1, so that the list's owner finds it."""

    visit: str
    place: Place
    line: int


@dataclass(frozen=True, slots=True)
class Found:
    kind: Difference
    visit: str
    ours: Place | None
    theirs: Place | None
    line: int | None


def compare(
    ours: Mapping[str, Place | None], listed: Sequence[Listed], *, away: Collection[str] = ()
) -> tuple[int, list[Found]]:
    """How many agree, and every visit that differs: of the list in its order, then those it has not.

    `away` are on leave: a list may have them or not.
    """
    found: list[Found] = []
    same = 0
    for row in listed:
        if row.visit not in ours:
            found.append(Found(Difference.THEIRS, row.visit, None, row.place, row.line))
            continue
        here = ours[row.visit]
        if here is not None and same_place(here, row.place):
            same += 1
        else:
            found.append(Found(Difference.ELSEWHERE, row.visit, here, row.place, row.line))
    on_list = {row.visit for row in listed}
    for visit, place in ours.items():
        if visit not in on_list and visit not in away:
            found.append(Found(Difference.OURS, visit, place, None, None))
    return same, found


def may_accept_itself(patients: int, same: int, differences: int, up_to: int) -> bool:
    """Whether the hospital's rule accepts a list without a person."""
    return differences <= up_to and same >= patients * LEAST_SHARE_SAME


def hint(patients: int, same: int) -> str:
    """What a person should think of first, when there is something."""
    if same < patients * LEAST_SHARE_SAME:
        return (
            f"Only {same} of {patients} patients on the list agree. Is it this hospital's list, taken at this time, "
            "with the same numbers as the messages (PV1-19)?"
        )
    return ""
