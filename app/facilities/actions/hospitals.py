"""Adding hospitals and units."""

from __future__ import annotations

import re
from zoneinfo import available_timezones

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.core.errors import Conflict, Invalid, NotFound
from app.core.permissions import Permission
from app.facilities.actions.setup import check_beds
from app.facilities.models import Facility, SetUpNumber, Unit
from app.facilities.unit_classes import UNIT_CLASSES

CODE = re.compile(r"[A-Z0-9]{2,12}")


def create_facility(
    uow: UnitOfWork, actor: Actor, *, code: str, name: str, system_name: str, zone: str
) -> Facility:
    """Add a hospital. `code`: 2 to 12 capital letters and digits, as said on the radio; `zone`: IANA name."""
    actor.require(Permission.FACILITY_EDIT)
    if not CODE.fullmatch(code):
        raise Invalid.field("code", "must be 2 to 12 capital letters and digits, such as SBMC")
    if zone not in available_timezones():
        raise Invalid.field("zone", "must be the name of a time zone, such as America/New_York")
    if uow.session.scalar(sa.select(Facility.id).where(Facility.code == code)):
        raise Conflict(f"There is already a hospital with the code {code}.")
    facility = Facility(
        id=uow.new_id(),
        code=code,
        name=_words("name", name),
        system_name=_words("system_name", system_name),
        zone=zone,
    )
    uow.session.add(facility)
    uow.session.flush()
    return facility


def create_unit(
    uow: UnitOfWork,
    actor: Actor,
    *,
    facility_id: str,
    code: str,
    name: str,
    unit_class: str,
    licensed_beds: int,
    physical_beds: int,
    staffed_beds: int,
    patients_per_nurse: int | None = None,
) -> Unit:
    """Add a place with beds to a hospital. Bed counts are 0 to 2000; no more are staffed than stand there."""
    actor.require(Permission.FACILITY_EDIT, facility_id)
    if uow.session.get(Facility, facility_id) is None:
        raise NotFound("There is no such hospital.")
    if unit_class not in UNIT_CLASSES:
        raise Invalid.field("unit_class", f"must be one of {', '.join(UNIT_CLASSES)}")
    check_beds(licensed_beds, physical_beds, staffed_beds, patients_per_nurse)
    beds = {"licensed_beds": licensed_beds, "physical_beds": physical_beds, "staffed_beds": staffed_beds}
    code = _words("code", code)
    if uow.session.scalar(sa.select(Unit.id).where(Unit.facility_id == facility_id, Unit.code == code)):
        raise Conflict(f"There is already a unit with the code {code} at this hospital.")
    unit = Unit(
        id=uow.new_id(),
        facility_id=facility_id,
        code=code,
        name=_words("name", name),
        unit_class=unit_class,
        patients_per_nurse=patients_per_nurse,
        **beds,
    )
    uow.session.add(unit)
    uow.session.flush()
    held = {**beds, "patients_per_nurse": patients_per_nurse}
    for number in (name for name, value in held.items() if value is not None):
        uow.session.add(SetUpNumber(
            unit_id=unit.id, name=number, since=uow.now, set_by=actor.name, set_at=uow.now,
            reason="The unit was added",
        ))  # fmt: skip
    uow.session.flush()
    return unit


def _words(field: str, text: str) -> str:
    cleaned = text.strip()
    if not 1 <= len(cleaned) <= 200:
        raise Invalid.field(field, "must have 1 to 200 characters")
    return cleaned
