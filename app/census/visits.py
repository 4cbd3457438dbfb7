"""A visit: its events, its place, and what each event did to the census."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class State(StrEnum):
    UNKNOWN = "unknown"
    EXPECTED = "expected"
    REGISTERED = "registered"
    IN_HOUSE = "in_house"
    ON_LEAVE = "on_leave"
    DISCHARGED = "discharged"
    CANCELLED = "cancelled"
    MERGED = "merged"


PRESENT = (State.REGISTERED, State.IN_HOUSE, State.ON_LEAVE)
ENDED = (State.DISCHARGED, State.CANCELLED)


class Effect(StrEnum):
    """What an event did to the census. UNDONE: it counted until a later event took it back."""

    ADMITTED = "admitted"
    REGISTERED = "registered"
    EXPECTED = "expected"
    MOVED = "moved"
    DISCHARGED = "discharged"
    LEFT = "left"
    ON_LEAVE = "on_leave"
    RETURNED = "returned"
    RECLASSIFIED = "reclassified"
    MERGED = "merged"
    CANCELLED = "cancelled"
    CORRECTED = "corrected"
    REPEATED = "repeated"
    UNDONE = "undone"
    UNMATCHED = "unmatched"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Place:
    """PV1-3: point of care (nursing unit), room and bed, in capitals; "" where not given."""

    point_of_care: str
    room: str = ""
    bed: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """One reduced message for one visit. `absorbs` is the visit that a merge ends."""

    visit: str
    kind: str
    at: datetime
    sent_at: datetime
    ident: str
    place: Place | None = None
    prior: Place | None = None
    patient_class: str = ""
    absorbs: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """Something that can be taken back: which event, and the visit before it."""

    event: Event
    before: Visit


@dataclass(frozen=True, slots=True)
class Visit:
    key: str
    state: State = State.UNKNOWN
    place: Place | None = None
    patient_class: str = ""
    admitted_at: datetime | None = None
    ended_at: datetime | None = None
    done: tuple[Done, ...] = ()

    @property
    def inpatient(self) -> bool:
        """Admitted here, or said to be an inpatient by a feed that began after the admission."""
        return self.admitted_at is not None or self.patient_class == "I"


@dataclass(frozen=True, slots=True)
class Base:
    """A visit whose events are no longer kept: how it ended, and up to when they reached."""

    visit: Visit
    until: datetime


@dataclass(frozen=True, slots=True)
class Result:
    effect: Effect
    why: str = ""


def same_place(one: Place, other: Place) -> bool:
    """The same unit, and nothing that both say about room and bed speaks against it."""
    pairs = ((one.room, other.room), (one.bed, other.bed))
    return one.point_of_care == other.point_of_care and all(a == b or not a or not b for a, b in pairs)
