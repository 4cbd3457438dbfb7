"""What a hospital's journal says about its census: counts and who decided, never who the patients are."""

from __future__ import annotations

from datetime import datetime

from app.journal import Event, event


@event("census.set", "census")
class CensusSet(Event):
    """How the census goes on as readings, and how lists are dealt with."""

    feeds: bool
    every_seconds: int
    differs_by: int
    accepts_up_to: int
    silent_days: int
    list_daily: bool


@event("census.compared", "census_list:{list_id}")
class CensusCompared(Event):
    """A census list has come. `ours`: counted here and not on the list; `theirs`: the other way round."""

    list_id: str
    taken_at: datetime
    form: str
    patients: int
    same: int
    ours: int
    theirs: int
    elsewhere: int


@event("census.corrected", "census_list:{list_id}")
class CensusCorrected(Event):
    """Differences were accepted: so many visits ended, found and moved; `left` as they were. `by_rule`: without a
    person."""

    list_id: str
    ended: int
    found: int
    moved: int
    left: int
    by_rule: bool
    reason: str
