"""What a hospital's journal says about its set-up: beds, ratios, how it counts, and its surge spaces."""

from __future__ import annotations

from datetime import datetime

import msgspec

from app.journal import Event, event


class Changed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that was changed, in words."""

    what: str
    before: str
    after: str


@event("unit.numbers_set", "unit:{unit_id}")
class UnitNumbersSet(Event):
    unit_id: str
    unit_name: str
    changes: list[Changed]
    since: datetime
    reason: str


@event("hospital.counting_said", "hospital")
class CountingSaid(Event):
    """How the hospital counts, from `since` on."""

    changes: list[Changed]
    since: datetime
    reason: str


@event("hospital.ratios_chosen", "hospital")
class RatiosChosen(Event):
    """`title` "" means none: each unit goes by its own."""

    ratio_set: str
    title: str
    before: str
    reason: str


@event("hospital.ratios_waived", "waiver:{waiver_id}")
class RatiosWaived(Event):
    waiver_id: str
    unit_class: str
    patients_per_nurse: int
    ends_at: datetime
    reason: str


@event("hospital.waiver_ended", "waiver:{waiver_id}")
class WaiverEnded(Event):
    """A person took it back before its time."""

    waiver_id: str
    unit_class: str
    reason: str


@event("space.added", "space:{space_id}")
class SpaceAdded(Event):
    space_id: str
    area: str
    unit_class: str
    beds: int
    hours_to_open: int


@event("space.changed", "space:{space_id}")
class SpaceChanged(Event):
    space_id: str
    area: str
    changes: list[Changed]


@event("space.moved", "space:{space_id}")
class SpaceMoved(Event):
    """`state` is opening, open or closed."""

    space_id: str
    area: str
    beds: int
    before: str
    state: str
    reason: str
