"""The set-up numbers of a unit: beds on the license, beds that stand there, beds usually staffed, its own ratio."""

from __future__ import annotations

from datetime import datetime

from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.core.errors import Invalid, NotFound
from app.core.permissions import Permission
from app.facilities.actions.record import reason_of, since_of, take
from app.facilities.events import Changed, UnitNumbersSet
from app.facilities.models import SetUpNumber, Unit
from app.facilities.stream import stream_of
from app.journal import append

MOST_BEDS = 2000
MOST_PATIENTS = 20
NUMBERS = {
    "licensed_beds": "licensed beds",
    "physical_beds": "physical beds",
    "staffed_beds": "beds usually staffed",
    "patients_per_nurse": "own patients for one nurse",
}


def set_numbers(
    uow: UnitOfWork,
    actor: Actor,
    unit_id: str,
    *,
    licensed_beds: int,
    physical_beds: int,
    staffed_beds: int,
    patients_per_nurse: int | None,
    reason: str,
    since: datetime | None = None,
) -> list[str]:
    """Change them, in words what was changed. Whoever changes nothing is told so by Invalid."""
    unit = uow.session.get(Unit, unit_id)
    if unit is None:
        raise NotFound("There is no such unit.")
    take(uow, actor, Permission.FACILITY_EDIT, unit.facility_id)
    uow.session.refresh(unit)
    wanted = {
        "licensed_beds": licensed_beds,
        "physical_beds": physical_beds,
        "staffed_beds": staffed_beds,
        "patients_per_nurse": patients_per_nurse,
    }
    check_beds(licensed_beds, physical_beds, staffed_beds, patients_per_nurse)
    why, from_when = reason_of(reason), since_of(since, uow.now)
    changes = []
    for name, value in wanted.items():
        before = getattr(unit, name)
        if value == before:
            continue
        setattr(unit, name, value)
        changes.append(Changed(NUMBERS[name], _said(before), _said(value)))
        uow.session.merge(SetUpNumber(
            unit_id=unit.id, name=name, since=from_when, set_by=actor.name, set_at=uow.now, reason=why,
        ))  # fmt: skip
    if not changes:
        raise Invalid.field("physical_beds", "nothing is different from what is set up now")
    uow.session.flush()
    event = UnitNumbersSet(unit.id, unit.name, changes, from_when, why)
    append(uow, stream_of(unit.facility_id), actor, event)
    return [f"{change.what} {change.after}" for change in changes]


def check_beds(licensed: int, physical: int, staffed: int, patients_per_nurse: int | None) -> None:
    """Raises Invalid. No more are staffed than stand there; a license may be for more or fewer than stand there."""
    counts = {"licensed_beds": licensed, "physical_beds": physical, "staffed_beds": staffed}
    for field, count in counts.items():
        if not 0 <= count <= MOST_BEDS:
            raise Invalid.field(field, f"must be a whole number from 0 to {MOST_BEDS}")
    if staffed > physical:
        raise Invalid.field("staffed_beds", f"must not be more than the {physical} physical beds")
    if patients_per_nurse is not None and not 1 <= patients_per_nurse <= MOST_PATIENTS:
        raise Invalid.field(
            "patients_per_nurse", f"must be a whole number from 1 to {MOST_PATIENTS}, or empty"
        )


def _said(value: int | None) -> str:
    return "none" if value is None else str(value)
