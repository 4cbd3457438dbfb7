"""Surge spaces: set up by an administrator, opened and closed by whoever may set the level, counted while open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.core.errors import Conflict, Invalid, NotFound
from app.core.permissions import Permission
from app.facilities.actions.record import reason_of
from app.facilities.events import Changed, SpaceAdded, SpaceChanged, SpaceMoved
from app.facilities.models import SpaceState, SurgeSpace
from app.facilities.stream import stream_of
from app.facilities.unit_classes import CLASS_WORDS, UNIT_CLASSES
from app.journal import append
from app.surge.actions.hospitals import note_change, open_incidents_locked, take, tell
from app.surge.spaces import Need, needs, written

MOST_BEDS = 500
LONGEST_HOURS = 24 * 14
LONGEST_TEXT = 2000
NEXT = {
    SpaceState.CLOSED: (SpaceState.OPENING, SpaceState.OPEN),
    SpaceState.OPENING: (SpaceState.OPEN, SpaceState.CLOSED),
    SpaceState.OPEN: (SpaceState.CLOSED,),
}
WORDS = {
    "area": "area",
    "unit_class": "becomes",
    "beds": "beds",
    "hours_to_open": "hours to open",
    "licensed": "licensed",
    "staff": "staff",
    "stuff": "material",
}


def add_space(
    uow: UnitOfWork,
    actor: Actor,
    facility_id: str,
    *,
    area: str,
    unit_class: str,
    beds: int,
    hours_to_open: int,
    licensed: bool,
    staff: Sequence[Need] = (),
    stuff: str = "",
) -> SurgeSpace:
    """Add an area that can become beds; it is closed. Raises Conflict for an area that is there already."""
    actor.require(Permission.FACILITY_EDIT, facility_id)
    take(uow, [facility_id])
    values = _checked(area, unit_class, beds, hours_to_open, licensed, staff, stuff)
    _free_name(uow, facility_id, values["area"])
    space = SurgeSpace(
        id=uow.new_id(),
        facility_id=facility_id,
        state=SpaceState.CLOSED,
        state_since=uow.now,
        state_by=actor.name,
        state_reason="Added",
        **values,
    )
    uow.session.add(space)
    uow.session.flush()
    event = SpaceAdded(space.id, space.area, space.unit_class, space.beds, space.hours_to_open)
    append(uow, stream_of(facility_id), actor, event)
    return space


def change_space(
    uow: UnitOfWork,
    actor: Actor,
    space_id: str,
    *,
    area: str,
    unit_class: str,
    beds: int,
    hours_to_open: int,
    licensed: bool,
    staff: Sequence[Need] = (),
    stuff: str = "",
) -> SurgeSpace:
    """Say anew what the area becomes and what it takes."""
    space = _taken(uow, actor, Permission.FACILITY_EDIT, space_id)
    values = _checked(area, unit_class, beds, hours_to_open, licensed, staff, stuff)
    if values["area"] != space.area:
        _free_name(uow, space.facility_id, values["area"])
    changes = []
    for name, value in values.items():
        before = getattr(space, name)
        if value != before:
            told = [_said(name, before, space), _said(name, value, space, staff)]
            changes.append(Changed(WORDS[name], *told))
            setattr(space, name, value)
    if not changes:
        raise Invalid.field("area", "nothing is different from what is set up now")
    uow.session.flush()
    append(uow, stream_of(space.facility_id), actor, SpaceChanged(space.id, space.area, changes))
    return space


def move_space(uow: UnitOfWork, actor: Actor, space_id: str, *, state: str, reason: str) -> SurgeSpace:
    """Begin to open it, say that it is open, or close it. Raises Conflict when it is there already."""
    space = _taken(uow, actor, Permission.SURGE_CONFIRM, space_id)
    if state not in list(SpaceState):
        raise Invalid.field("state", f"must be one of {', '.join(SpaceState)}")
    why, before, after = reason_of(reason), space.state, SpaceState(state)
    if after not in NEXT[before]:
        raise Conflict(
            f"{space.area} is {before.value} since {space.state_since:%Y-%m-%d %H:%M} UTC, by {space.state_by}."
        )
    space.state, space.state_since, space.state_by, space.state_reason = after, uow.now, actor.name, why
    space.nurses = space.patients = space.counted_at = space.counted_by = None
    uow.session.flush()
    incidents = open_incidents_locked(uow, [space.facility_id])
    real = [incident for incident in incidents if not incident.exercise]
    event = SpaceMoved(space.id, space.area, space.beds, before.value, after.value, why)
    tell(uow, actor, space.facility_id, real, event)
    note_change(uow, space.facility_id)
    return space


def count_space(uow: UnitOfWork, actor: Actor, space_id: str, *, nurses: int, patients: int) -> SurgeSpace:
    """How many nurses give direct care in an open space now, and how many patients are there."""
    space = _taken(uow, actor, Permission.READING_ENTER, space_id)
    if space.state is not SpaceState.OPEN:
        raise Conflict(f"{space.area} is {space.state.value}: nobody is counted in it until it is open.")
    for field, value in (("nurses", nurses), ("patients", patients)):
        if not 0 <= value <= MOST_BEDS:
            raise Invalid.field(field, f"must be a whole number from 0 to {MOST_BEDS}")
    space.nurses, space.patients = nurses, patients
    space.counted_at, space.counted_by = uow.now, actor.name
    uow.session.flush()
    note_change(uow, space.facility_id)
    return space


def _taken(uow: UnitOfWork, actor: Actor, permission: Permission, space_id: str) -> SurgeSpace:
    space = uow.session.get(SurgeSpace, space_id)
    if space is None:
        raise NotFound("There is no such surge space.")
    actor.require(permission, space.facility_id)
    take(uow, [space.facility_id])
    uow.session.refresh(space)
    return space


def _free_name(uow: UnitOfWork, facility_id: str, area: str) -> None:
    same = sa.select(SurgeSpace.id).where(SurgeSpace.facility_id == facility_id, SurgeSpace.area == area)
    if uow.session.scalar(same):
        raise Conflict(f"There is already a surge space called {area}.")


def _checked(
    area: str,
    unit_class: str,
    beds: int,
    hours_to_open: int,
    licensed: bool,
    staff: Sequence[Need],
    stuff: str,
) -> dict[str, Any]:
    errors = {}
    if not 1 <= len(area.strip()) <= 200:
        errors["area"] = ["must have 1 to 200 characters"]
    if unit_class not in UNIT_CLASSES:
        errors["unit_class"] = [f"must be one of {', '.join(UNIT_CLASSES)}"]
    if not 1 <= beds <= MOST_BEDS:
        errors["beds"] = [f"must be a whole number from 1 to {MOST_BEDS}"]
    if not 0 <= hours_to_open <= LONGEST_HOURS:
        errors["hours_to_open"] = [f"must be a whole number from 0 to {LONGEST_HOURS}"]
    if len(stuff) > LONGEST_TEXT:
        errors["stuff"] = [f"must have at most {LONGEST_TEXT} characters"]
    if errors:
        raise Invalid("; ".join(f"{name}: {found[0]}" for name, found in errors.items()), errors)
    return {
        "area": area.strip(),
        "unit_class": unit_class,
        "beds": beds,
        "hours_to_open": hours_to_open,
        "licensed": licensed,
        "staff": written(staff),
        "stuff": stuff.strip(),
    }


def _said(name: str, value: object, space: SurgeSpace, staff: Sequence[Need] | None = None) -> str:
    if name == "staff":
        return ", ".join(need.words for need in (needs(space) if staff is None else staff)) or "none"
    if name == "unit_class":
        return CLASS_WORDS.get(str(value), str(value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) or "none"
