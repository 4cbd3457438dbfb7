"""Who is asked for a unit, and who is a hospital's bed manager."""

from __future__ import annotations

from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.core.errors import Invalid
from app.core.permissions import Permission
from app.facilities.models import Unit
from app.facilities.queries import facility
from app.facilities.stream import take_hospitals
from app.polls.actions.frame import tell
from app.polls.events import PollContactSet
from app.polls.models import BedManager, UnitContact
from app.staffing.models import Person


def set_contact(
    uow: UnitOfWork, actor: Actor, facility_id: str, *, unit_id: str | None, person_id: str | None
) -> None:
    """Say who is asked for a unit (`unit_id` None: as the bed manager); `person_id` None: nobody any more."""
    actor.require(Permission.ROSTER_EDIT, facility_id)
    facility(uow.session, facility_id)
    take_hospitals(uow, [facility_id])
    unit = uow.session.get(Unit, unit_id) if unit_id else None
    if unit_id and (unit is None or unit.facility_id != facility_id):
        raise Invalid.field("unit", "must be a unit of this hospital")
    person = uow.session.get(Person, person_id) if person_id else None
    if person_id and (person is None or person.facility_id != facility_id or not person.active):
        raise Invalid.field("person_id", "must be somebody active on this hospital's roster")
    said = {"set_by": actor.name, "set_at": uow.now}
    row: UnitContact | BedManager | None
    if person is None:
        row = uow.session.get(UnitContact, unit.id) if unit else uow.session.get(BedManager, facility_id)
        if row is not None:
            uow.session.delete(row)
    elif unit is not None:
        uow.session.merge(UnitContact(unit_id=unit.id, person_id=person.id, **said))
    else:
        uow.session.merge(BedManager(facility_id=facility_id, person_id=person.id, **said))
    event = PollContactSet(unit=unit.name if unit else "", person_name=person.name if person else "")
    tell(uow, actor, [facility_id], event)
    uow.session.flush()
