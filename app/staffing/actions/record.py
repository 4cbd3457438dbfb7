"""What every change of the roster begins and ends with: the hospital's journal."""

from __future__ import annotations

from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.core.errors import Invalid, NotFound
from app.core.permissions import Permission
from app.facilities.models import Facility
from app.facilities.stream import stream_of, take_hospitals
from app.journal import Event, append
from app.staffing.models import Person


def take_hospital(uow: UnitOfWork, actor: Actor, facility_id: str) -> Facility:
    """Who changes a hospital's roster queues here. Raises Invalid when there is no such hospital."""
    actor.require(Permission.ROSTER_EDIT, facility_id)
    found = uow.session.get(Facility, facility_id)
    if found is None:
        raise Invalid.field("facility", "there is no such hospital")
    take_hospitals(uow, [facility_id])
    return found


def take_person(uow: UnitOfWork, actor: Actor, person_id: str) -> Person:
    """Somebody on a roster, as they stand once it is our turn."""
    person = uow.session.get(Person, person_id)
    if person is None:
        raise NotFound("There is no such person on the roster.")
    actor.require(Permission.ROSTER_EDIT, person.facility_id)
    take_hospitals(uow, [person.facility_id])
    uow.session.refresh(person, with_for_update=True)
    return person


def tell(uow: UnitOfWork, actor: Actor, facility_id: str, event: Event) -> None:
    uow.session.flush()
    append(uow, stream_of(facility_id), actor, event)
