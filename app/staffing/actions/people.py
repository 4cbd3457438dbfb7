"""People on the roster, what they can do, and the depth lists."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.core.errors import Conflict, Invalid, NotFound
from app.core.packs import SLUG
from app.staffing import events
from app.staffing.actions.record import take_hospital, take_person, tell
from app.staffing.models import DepthEntry, Person, Skill

NAME_MOST = 200
LONGEST_TRAVEL_MINUTES = 24 * 60
LONGEST_DEPTH_LIST = 50


def add_person(
    uow: UnitOfWork,
    actor: Actor,
    *,
    facility_id: str,
    name: str,
    job_title: str,
    department: str = "",
    employee_number: str | None = None,
    travel_minutes: int | None = None,
) -> Person:
    """Put somebody on a hospital's roster. `travel_minutes` from home, 0 to 1440, None when not known."""
    take_hospital(uow, actor, facility_id)
    if travel_minutes is not None and not 0 <= travel_minutes <= LONGEST_TRAVEL_MINUTES:
        raise Invalid.field(
            "travel_minutes", f"must be a whole number from 0 to {LONGEST_TRAVEL_MINUTES}, or empty"
        )
    number = (employee_number or "").strip() or None
    taken = sa.select(Person.name).where(Person.employee_number == number)
    if number is not None and (holder := uow.session.scalar(taken)) is not None:
        raise Conflict(f"The employee number {number} belongs to {holder}.")
    person = Person(
        id=uow.new_id(),
        facility_id=facility_id,
        employee_number=number,
        name=_words("name", name),
        job_title=_words("job_title", job_title),
        department=department.strip()[:NAME_MOST],
        travel_minutes=travel_minutes,
    )
    uow.session.add(person)
    added = events.PersonAdded(
        person_id=person.id,
        person_name=person.name,
        job_title=person.job_title,
        department=person.department,
    )
    tell(uow, actor, facility_id, added)
    return person


def set_active(uow: UnitOfWork, actor: Actor, person_id: str, *, active: bool) -> Person:
    """Take somebody off the roster, or back on. Who is off is neither called in nor assigned."""
    person = take_person(uow, actor, person_id)
    person.active = active
    changed = events.PersonActivated(person_id=person.id, person_name=person.name, active=active)
    tell(uow, actor, person.facility_id, changed)
    return person


def set_skill(
    uow: UnitOfWork,
    actor: Actor,
    person_id: str,
    *,
    skill: str,
    has: bool = True,
    valid_until: datetime | None = None,
) -> Person:
    """Say that somebody has a skill, until when if it runs out, or that they have it no longer."""
    slug = "_".join(skill.lower().replace("_", " ").replace("-", " ").split())
    if len(slug) > 80 or not SLUG.fullmatch(slug):
        raise Invalid.field("skill", "must be letters and digits, such as ICU nurse")
    person = take_person(uow, actor, person_id)
    found = next((each for each in person.skills if each.slug == slug), None)
    if not has and found is None:
        raise NotFound(f"{person.name} has no such skill.")
    if not has:
        person.skills.remove(found)  # type: ignore[arg-type]
        uow.session.delete(found)
    elif found is not None:
        found.valid_until = valid_until
    else:
        person.skills.append(Skill(person_id=person.id, slug=slug, valid_until=valid_until))
    changed = events.SkillSet(
        person_id=person.id,
        person_name=person.name,
        skill=slug,
        has=has,
        valid_until=valid_until if has else None,
    )
    tell(uow, actor, person.facility_id, changed)
    return person


def set_depth_list(
    uow: UnitOfWork, actor: Actor, *, facility_id: str, position: str, person_ids: Sequence[str]
) -> None:
    """Replace who could hold a position at a hospital, best first."""
    take_hospital(uow, actor, facility_id)
    if len(person_ids) > LONGEST_DEPTH_LIST:
        raise Invalid.field("person_id", f"at most {LONGEST_DEPTH_LIST} people")
    on_roster = sa.select(Person.id, Person.name).where(Person.id.in_(person_ids), Person.active)
    known = dict(uow.session.execute(on_roster).all())
    if len(set(person_ids)) != len(person_ids):
        raise Invalid.field("person_id", "stands twice in the list")
    if len(known) != len(person_ids):
        raise Invalid.field("person_id", "is nobody on the roster")
    uow.session.execute(
        sa.delete(DepthEntry).where(
            DepthEntry.facility_id == facility_id, DepthEntry.position_slug == position
        )
    )
    for rank, person_id in enumerate(person_ids, 1):
        entry = DepthEntry(
            id=uow.new_id(), facility_id=facility_id, position_slug=position, rank=rank, person_id=person_id
        )
        uow.session.add(entry)
    changed = events.DepthListSet(
        position=position,
        person_ids=list(person_ids),
        person_names=[known[person_id] for person_id in person_ids],
    )
    tell(uow, actor, facility_id, changed)


def _words(field: str, text: str) -> str:
    cleaned = text.strip()
    if not 1 <= len(cleaned) <= NAME_MOST:
        raise Invalid.field(field, f"must have 1 to {NAME_MOST} characters")
    return cleaned
