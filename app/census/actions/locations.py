"""Which unit a location is."""

from __future__ import annotations

from app.census.actions.feed import lock_feed
from app.census.models import AdtLocation
from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.core.errors import Invalid
from app.core.permissions import Permission
from app.facilities.models import Unit


def map_location(
    uow: UnitOfWork,
    actor: Actor,
    facility_id: str,
    point_of_care: str,
    *,
    unit_id: str | None,
    left_out: bool,
) -> None:
    """Say that a point of care (PV1-3.1) is a unit, or has no beds to count; with neither, unsay it."""
    actor.require(Permission.POLICY_EDIT, facility_id)
    point_of_care = point_of_care.strip().upper()
    if not 1 <= len(point_of_care) <= 80:
        raise Invalid.field("point_of_care", "must have 1 to 80 characters, as in PV1-3")
    if unit_id is not None and left_out:
        raise Invalid.field("unit", "a location is either a unit or left out")
    if unit_id is not None:
        unit = uow.session.get(Unit, unit_id)
        if unit is None or unit.facility_id != facility_id:
            raise Invalid.field("unit", "must be a unit of this hospital")
    feed = lock_feed(uow, facility_id)
    row = uow.session.get(AdtLocation, (facility_id, point_of_care))
    if unit_id is None and not left_out:
        if row is not None:
            uow.session.delete(row)
    else:
        values = {"unit_id": unit_id, "left_out": left_out, "changed_by": actor.name, "changed_at": uow.now}
        if row is None:
            uow.session.add(AdtLocation(facility_id=facility_id, point_of_care=point_of_care, **values))
        else:
            for name, value in values.items():
                setattr(row, name, value)
    feed.version += 1
    uow.announce("census", facility_id)
