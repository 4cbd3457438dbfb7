"""Telling a supervisor or the commander, by a text that wants no answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from app.activation.actions.reaching import lane
from app.activation.candidates import chunks, phone
from app.activation.queries import source_of
from app.activation.texts import in_gsm, trimmed
from app.core.db import UnitOfWork
from app.escalation.kinds import Subject
from app.escalation.models import Deadline
from app.incidents.catalogue import COMMANDER
from app.incidents.models import Assignment, Incident, Position
from app.messaging.actions import Wish, request_all
from app.staffing.models import Person


def tell(uow: UnitOfWork, incident: Incident, deadline: Deadline, subject: Subject) -> list[str]:
    """Send the notice that a step asks for, and return the names of those it goes to, sorted.

    Supervisors of the people waited for come first; without any, whoever holds the nearest filled
    position above; without one who can be reached, the commander.
    """
    commander = _holders(uow, incident, [COMMANDER])
    if deadline.do == "tell_commander":
        return _send(uow, incident, deadline, subject, commander, "incident commander")
    supervisors = _supervisors(uow, subject.waiting_for) or _above(uow, incident, subject.position)
    told = _send(uow, incident, deadline, subject, supervisors, "supervisor")
    return told or _send(uow, incident, deadline, subject, commander, "incident commander")


def _send(
    uow: UnitOfWork,
    incident: Incident,
    deadline: Deadline,
    subject: Subject,
    people: Iterable[Person],
    role: str,
) -> list[str]:
    reached = [(person, contact) for person in people if (contact := phone(person)) is not None]
    title, words = trimmed(in_gsm(subject.title), 60), trimmed(in_gsm(subject.words), 120)
    body = source_of(uow.session, incident).says(f"{title}: {words} You are told as {role}; no reply needed.")
    request_all(
        uow,
        [
            Wish(
                purpose="notice",
                subject_id=deadline.id,
                stream=incident.stream,
                person_id=person.id,
                contact_id=contact.id,
                to=contact.address,
                body=body,
                key=f"escalation:{deadline.id}:{person.id}",
                lane=lane(incident, 0),
            )
            for person, contact in reached
        ],
    )
    return sorted(person.name for person, _ in reached)


def _supervisors(uow: UnitOfWork, waiting_for: Sequence[str]) -> list[Person]:
    """Their supervisors on the roster; not one who is among those waited for."""
    found: dict[str, Person] = {}
    for some in chunks(waiting_for):
        ids = sa.select(Person.supervisor_id).where(Person.id.in_(some), Person.supervisor_id.is_not(None))
        for person in uow.session.scalars(sa.select(Person).where(Person.id.in_(ids), Person.active)):
            found[person.id] = person
    return [person for person in found.values() if person.id not in waiting_for]


def _above(uow: UnitOfWork, incident: Incident, slug: str | None) -> list[Person]:
    """The holder of the nearest filled position above, so long as the chart goes up."""
    seen: set[str] = set()
    while slug is not None and slug not in seen:
        seen.add(slug)
        position = uow.session.get(Position, (incident.id, slug))
        slug = position.reports_to if position else None
        if slug is not None and (holders := _holders(uow, incident, [slug])):
            return holders
    return []


def _holders(uow: UnitOfWork, incident: Incident, slugs: Sequence[str]) -> list[Person]:
    query = sa.select(Person).join(Assignment, Assignment.person_id == Person.id)
    held = query.where(
        Assignment.incident_id == incident.id,
        Assignment.position_slug.in_(slugs),
        Assignment.ended_at.is_(None),
    )
    return list(uow.session.scalars(held))
