"""What the journals of a hospital, and of the incident that a bed run belongs to, say about it."""

from __future__ import annotations

from datetime import datetime

import msgspec

from app.journal import Event, event


class UnitAtStart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """See BedRunUnit."""

    unit_id: str
    code: str
    name: str
    unit_class: str
    staffed_beds: int
    occupied_beds: int | None
    source: str
    observed_at: datetime


class UnitResult(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    freed: int
    cleaned: int
    staffed: int
    counted: int


class QuarterResult(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`minutes` None: not reached."""

    percent: int
    beds: int
    minutes: int | None


@event("bedrun.started", "bedrun:{run_id}")
class BedRunStarted(Event):
    run_id: str
    exercise: bool
    reason: str
    percent: int
    staffed_beds: int
    target: int
    started_at: datetime
    deadline_at: datetime
    units: list[UnitAtStart]


@event("bedrun.counted", "bedrun:{run_id}", routine=True)
class BedsCounted(Event):
    """`step` is identified, freed, cleaned or staffed; `kind_of` the class of reverse triage or the way out."""

    run_id: str
    count_id: str
    unit_id: str
    unit: str
    step: str
    kind_of: str
    change: int
    undoes: str


@event("bedrun.ended", "bedrun:{run_id}")
class BedRunEnded(Event):
    """`state` is reached, over or stopped."""

    run_id: str
    exercise: bool
    state: str
    reason: str
    ended_at: datetime
    counted: int
    target: int
    quarters: list[QuarterResult]
    units: list[UnitResult]
