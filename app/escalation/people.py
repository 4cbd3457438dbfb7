"""Whom a step means, and how they can be reached."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from app.activation.candidates import chunks
from app.activation.reach import reach
from app.core.db import UnitOfWork
from app.core.insert import insert_once
from app.escalation.kinds import Subject
from app.escalation.models import Turn
from app.escalation.steps import Step
from app.escalation.turns import Had, taken_by, whose
from app.incidents.catalogue import COMMANDER
from app.incidents.models import Assignment, Incident, Position
from app.messaging.channels import Channel
from app.staffing.models import ContactMethod, Person, Skill
from app.staffing.queries import depth_list, on_duty

MOST_OF_A_LIST = 60
HOLDERS = "escalation holders"
"""Where a transaction that makes many steps keeps who holds what."""


@dataclass(frozen=True)
class Meant:
    """Who is told, as what they are told, and the list on which it is their turn."""

    people: tuple[Person, ...]
    role: str
    turn: str | None = None


def meant(
    uow: UnitOfWork, incident: Incident, step: Step, subject: Subject, told: Collection[str] = ()
) -> Meant:
    """Who is to be told by a step and can be reached; where nobody is, the commander. `told`: ids of those
    who have been told of it already, for steps that take turns."""
    for found in _candidates(uow, incident, step, subject, told):
        reached = tuple(p for p in found.people if any(address(p, c) for c in _channels(step)))
        if reached:
            return Meant(reached, found.role, found.turn)
    return Meant((), "incident commander")


def address(person: Person, channel: Channel) -> ContactMethod | None:
    """The best way to reach somebody over a channel, those that failed lately last."""
    return reach(person, channels=(channel,))


def members(uow: UnitOfWork, facility_id: str, name: str) -> list[Person]:
    """The active people of a list such as depth:safety_officer, skill:icu_nurse or department:Surgery."""
    by, _, what = name.partition(":")
    if by == "depth":
        return depth_list(uow.session, facility_id, what)[:MOST_OF_A_LIST]
    query = sa.select(Person).where(Person.facility_id == facility_id, Person.active)
    if by == "skill":
        query = query.join(Skill, Skill.person_id == Person.id).where(Skill.slug == what)
    else:
        query = query.where(Person.department == what)
    return list(uow.session.scalars(query.order_by(Person.name, Person.id).limit(MOST_OF_A_LIST)))


def take_turn(uow: UnitOfWork, facility_id: str, name: str, person: Person) -> None:
    """This was the person's turn on the list."""
    order = [each.id for each in members(uow, facility_id, name)]
    had = _had(uow, facility_id, name)
    key = {"facility_id": facility_id, "list": name, "person_id": person.id}
    insert_once(uow.session, Turn, [key | {"taken": 0, "last_at": None}])
    turn = uow.session.get_one(Turn, (facility_id, name, person.id), populate_existing=True)
    turn.taken, turn.last_at = taken_by(person.id, order, had) + 1, uow.now
    uow.session.flush()


def give_turn_back(uow: UnitOfWork, facility_id: str, name: str, person_id: str) -> None:
    """It could not be taken: the next time this person comes before those who have."""
    turn = uow.session.get(Turn, (facility_id, name, person_id), populate_existing=True)
    if turn is not None:
        turn.taken, turn.last_at = max(0, turn.taken - 1), None
        uow.session.flush()


def holders(uow: UnitOfWork, incident: Incident, slug: str) -> tuple[Person, ...]:
    """Who holds a position now; within steps of one transaction, which assign nobody, it is asked once."""
    known: dict[tuple[str, str], tuple[Person, ...]] = uow.scratch.get(HOLDERS, {})
    if (incident.id, slug) in known:
        return known[incident.id, slug]
    query = (
        sa.select(Person)
        .join(Assignment, Assignment.person_id == Person.id)
        .where(
            Assignment.incident_id == incident.id,
            Assignment.position_slug == slug,
            Assignment.ended_at.is_(None),
        )
    )
    known[incident.id, slug] = tuple(uow.session.scalars(query))
    return known[incident.id, slug]


def _channels(step: Step) -> list[Channel]:
    return [Channel(channel) for channel in step.channels]


def _candidates(
    uow: UnitOfWork, incident: Incident, step: Step, subject: Subject, told: Collection[str]
) -> list[Meant]:
    """Those meant, then who is told in their stead when none of them can be reached."""
    commander = Meant(holders(uow, incident, COMMANDER), "incident commander")
    if step.do == "tell_supervisor":
        people = _supervisors(uow, subject.waiting_for) or _above(uow, incident, subject.position)
        return [Meant(people, "supervisor"), commander]
    if step.do == "tell_role":
        people = holders(uow, incident, step.to)
        above = () if people else _above(uow, incident, step.to)
        return [Meant(people, _title(uow, incident, step.to)), Meant(above, "supervisor"), commander]
    if step.do == "tell_on_duty":
        unit = step.to or subject.unit
        people = tuple(on_duty(uow.session, incident.facility_id, unit, uow.now)) if unit else ()
        return [Meant(people[:MOST_OF_A_LIST], f"on duty in {unit}"), commander]
    if step.do == "tell_all":
        people = tuple(members(uow, incident.facility_id, step.to))
        return [Meant(people, f"one of {list_words(step.to)}"), commander]
    if step.do == "tell_in_turn":
        return [_in_turn(uow, incident, step, told), commander]
    return [commander]


def list_words(name: str) -> str:
    return name.partition(":")[2].replace("_", " ") or name


def _in_turn(uow: UnitOfWork, incident: Incident, step: Step, told: Collection[str]) -> Meant:
    listed = {person.id: person for person in members(uow, incident.facility_id, step.to)}
    out_of_reach = {p.id for p in listed.values() if not any(address(p, c) for c in _channels(step))}
    had = _had(uow, incident.facility_id, step.to)
    turn = whose(list(listed), had, {*told, *out_of_reach})
    people = (listed[turn],) if turn else ()
    return Meant(people, f"next of {list_words(step.to)}", step.to)


def _had(uow: UnitOfWork, facility_id: str, name: str) -> dict[str, Had]:
    query = sa.select(Turn).where(Turn.facility_id == facility_id, Turn.list == name)
    rows = uow.session.scalars(query.with_for_update().execution_options(populate_existing=True))
    return {row.person_id: Had(row.taken, row.last_at) for row in rows}


def _supervisors(uow: UnitOfWork, waiting_for: Sequence[str]) -> tuple[Person, ...]:
    """Their supervisors on the roster; not one who is among those waited for."""
    found: dict[str, Person] = {}
    for some in chunks(waiting_for):
        ids = sa.select(Person.supervisor_id).where(Person.id.in_(some), Person.supervisor_id.is_not(None))
        for person in uow.session.scalars(sa.select(Person).where(Person.id.in_(ids), Person.active)):
            found[person.id] = person
    return tuple(person for person in found.values() if person.id not in waiting_for)


def _above(uow: UnitOfWork, incident: Incident, slug: str | None) -> tuple[Person, ...]:
    """The holder of the nearest filled position above, so long as the chart goes up."""
    seen: set[str] = set()
    while slug is not None and slug not in seen:
        seen.add(slug)
        position = uow.session.get(Position, (incident.id, slug))
        slug = position.reports_to if position else None
        if slug is not None and (found := holders(uow, incident, slug)):
            return found
    return ()


def _title(uow: UnitOfWork, incident: Incident, slug: str) -> str:
    position = uow.session.get(Position, (incident.id, slug))
    return position.title if position else list_words(f":{slug}")
