"""Who is asked in the demo hospitals: somebody who works in the unit, and a bed manager for the rest."""

from __future__ import annotations

import sqlalchemy as sa

from app.core.db import UnitOfWork
from app.demo.filling import insert
from app.demo.parts import Filling, part
from app.facilities.models import Facility
from app.facilities.queries import units
from app.polls.models import BedManager, UnitContact
from app.staffing.models import ContactMethod, Person, Shift, Skill

SET_BY = "Demo data"


@part
def fill_contacts(filling: Filling) -> None:
    """The last unit of each hospital is left to the bed manager."""
    uow = filling.uow
    said = {"set_by": SET_BY, "set_at": uow.now}
    managers, contacts = [], []
    for place in uow.session.scalars(sa.select(Facility).order_by(Facility.code)):
        manager = _first(uow, place.id, set(), Skill.slug == "bed_management")
        if manager is None:
            continue
        managers.append({"facility_id": place.id, "person_id": manager} | said)
        taken = {manager}
        for unit in list(units(uow.session, place.id))[:-1]:
            works_there = Person.id.in_(sa.select(Shift.person_id).where(Shift.unit_id == unit.id))
            person = _first(uow, place.id, taken, works_there) or _first(
                uow, place.id, taken, Skill.slug == "rn"
            )
            if person is not None:
                taken.add(person)
                contacts.append({"unit_id": unit.id, "person_id": person} | said)
    insert(uow, BedManager, managers)
    insert(uow, UnitContact, contacts)


def _first(uow: UnitOfWork, facility_id: str, taken: set[str], *where: sa.ColumnElement[bool]) -> str | None:
    query = (
        sa.select(Person.id)
        .join(Skill, Skill.person_id == Person.id)
        .join(ContactMethod, ContactMethod.person_id == Person.id)
        .where(Person.facility_id == facility_id, Person.active, Person.id.not_in(taken))
        .where(ContactMethod.channel == "sms", ContactMethod.suspect_since.is_(None), *where)
    )
    return uow.session.scalar(query.order_by(Person.employee_number).limit(1))
