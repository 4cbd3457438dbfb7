"""What a hospital's journal says about its roster. Addresses and numbers never stand in it."""

from __future__ import annotations

from datetime import datetime

import msgspec

from app.journal import Event, event


class ShiftData(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    person_id: str
    person_name: str
    kind: str
    starts_at: datetime
    ends_at: datetime
    place: str


@event("person.added", "person:{person_id}")
class PersonAdded(Event):
    person_id: str
    person_name: str
    job_title: str
    department: str


@event("person.activated", "person:{person_id}")
class PersonActivated(Event):
    """`active` False: off the roster, neither called in nor assigned."""

    person_id: str
    person_name: str
    active: bool


@event("skill.set", "person:{person_id}")
class SkillSet(Event):
    """`has` False: taken away. `valid_until` is None for what does not run out."""

    person_id: str
    person_name: str
    skill: str
    has: bool
    valid_until: datetime | None


@event("contact.added", "person:{person_id}")
class ContactAdded(Event):
    person_id: str
    person_name: str
    contact_id: str
    channel: str


@event("contact.verified", "person:{person_id}")
class ContactVerified(Event):
    person_id: str
    person_name: str
    contact_id: str
    channel: str


@event("contact.removed", "person:{person_id}")
class ContactRemoved(Event):
    person_id: str
    person_name: str
    contact_id: str
    channel: str


@event("contact.ordered", "person:{person_id}")
class ContactsOrdered(Event):
    """The ways to reach somebody, the one tried first in front."""

    person_id: str
    person_name: str
    contact_ids: list[str]


@event("depth_list.set", "depth_list:{position}")
class DepthListSet(Event):
    """The whole list, the first choice in front."""

    position: str
    person_ids: list[str]
    person_names: list[str]


@event("shift.recorded", "shifts")
class ShiftsRecorded(Event):
    """One entry, however many. `shifts` names them when they are few; the others stand in the roster."""

    source: str
    added: int
    changed: int
    removed: int
    people: int
    first_at: datetime
    last_at: datetime
    shifts: list[ShiftData]


@event("shift.removed", "person:{person_id}")
class ShiftRemoved(Event):
    person_id: str
    person_name: str
    shift_kind: str
    starts_at: datetime
    ends_at: datetime


@event("leave.added", "person:{person_id}")
class LeaveAdded(Event):
    person_id: str
    person_name: str
    leave_id: str
    leave_kind: str
    starts_at: datetime
    ends_at: datetime


@event("leave.removed", "person:{person_id}")
class LeaveRemoved(Event):
    person_id: str
    person_name: str
    leave_id: str
    starts_at: datetime
    ends_at: datetime


@event("floor.set", "floor:{place}")
class FloorSet(Event):
    """`least` 0: there is no floor any more."""

    place: str
    skill: str
    least: int


@event("hour_rules.set", "hour_rules")
class HourRulesSet(Event):
    valid_from: datetime
    week_minutes: int
    stretch_minutes: int
    rest_minutes: int
    call_in_minutes: int
    source: str
