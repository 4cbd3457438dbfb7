"""What a hospital wants of its census, said by a person."""

from __future__ import annotations

from typing import Any

from app.census.events import CensusSet
from app.census.models import CensusSetting
from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.core.errors import Invalid
from app.core.permissions import Permission
from app.facilities.queries import facility
from app.facilities.stream import stream_of, take_hospitals
from app.journal import append

ALLOWED = {
    "every_seconds": (10, 900),
    "differs_by": (0, 50),
    "accepts_up_to": (0, 50),
    "silent_days": (2, 365),
}


def set_census(
    uow: UnitOfWork,
    actor: Actor,
    facility_id: str,
    *,
    feeds: bool,
    every_seconds: int,
    differs_by: int,
    accepts_up_to: int,
    silent_days: int,
    list_daily: bool,
) -> CensusSetting:
    """Switch the hospital's counts on or off as readings, and say how its lists are dealt with."""
    actor.require(Permission.POLICY_EDIT, facility_id)
    facility(uow.session, facility_id)
    numbers = {
        "every_seconds": every_seconds,
        "differs_by": differs_by,
        "accepts_up_to": accepts_up_to,
        "silent_days": silent_days,
    }
    for name, value in numbers.items():
        low, high = ALLOWED[name]
        if not low <= value <= high:
            raise Invalid.field(name, f"must be a whole number from {low} to {high}")
    take_hospitals(uow, [facility_id])
    said: dict[str, Any] = {"feeds": feeds, "list_daily": list_daily, **numbers}
    row = uow.session.merge(
        CensusSetting(facility_id=facility_id, changed_by=actor.name, changed_at=uow.now, **said)
    )
    append(uow, stream_of(facility_id), actor, CensusSet(**said))
    uow.session.flush()
    return row
