"""Open positions, fill them, relieve their holders."""

from __future__ import annotations

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.clock import local
from app.core.db import UnitOfWork
from app.core.errors import Conflict, Invalid, NotFound
from app.core.permissions import Permission
from app.facilities.queries import facility as get_facility
from app.incidents import catalogue, events
from app.incidents.actions.record import record, take
from app.incidents.models import Assignment, Incident, Position
from app.incidents.rules import optional_text, required_text
from app.staffing.models import Person


def open_position(uow: UnitOfWork, actor: Actor, incident_id: str, *, slug: str) -> Position:
    incident = take(uow, actor, Permission.INCIDENT_COMMAND, incident_id)
    if uow.session.get(Position, (incident.id, slug)) is not None:
        raise Conflict("That position is open already.")
    return open_one(uow, incident, actor, slug)


def assign(uow: UnitOfWork, actor: Actor, incident_id: str, *, position: str, person_id: str) -> Assignment:
    """Give an unfilled position to a person. Raises Conflict naming the holder if somebody was first."""
    incident = take(uow, actor, Permission.POSITION_ASSIGN, incident_id)
    person = uow.session.get(Person, person_id)
    if person is None or not person.active:
        raise Invalid.field("person_id", "is nobody on the roster")
    return give(uow, incident, actor, position, person, source="by_hand")


def relieve(
    uow: UnitOfWork,
    actor: Actor,
    incident_id: str,
    *,
    position: str,
    reason: str,
    handover: str = "",
) -> Assignment:
    """End whatever assignment the position has. Command is never left vacant: it is transferred instead."""
    incident = take(uow, actor, Permission.POSITION_ASSIGN, incident_id)
    held = holder(uow, incident.id, position)
    if held is None:
        raise Conflict("Nobody holds that position.")
    return _relieve(uow, incident, actor, held, reason, handover)


def end_assignment(
    uow: UnitOfWork,
    actor: Actor,
    incident_id: str,
    assignment_id: str,
    *,
    reason: str,
    handover: str = "",
) -> Assignment:
    """End one assignment, and no later one of the same position."""
    incident = take(uow, actor, Permission.POSITION_ASSIGN, incident_id)
    held = uow.session.get(Assignment, assignment_id, populate_existing=True)
    if held is None or held.incident_id != incident.id:
        raise NotFound(f"There is no such assignment in {incident.number}.")
    if held.ended_at is not None:
        raise Conflict(f"{held.person_name} has been relieved already.")
    return _relieve(uow, incident, actor, held, reason, handover)


def _relieve(
    uow: UnitOfWork, incident: Incident, actor: Actor, held: Assignment, reason: str, handover: str
) -> Assignment:
    if held.position_slug == catalogue.COMMANDER:
        raise Conflict("Command is never vacant: transfer it to somebody instead.")
    return end(uow, incident, actor, held, reason, handover)


def open_one(uow: UnitOfWork, incident: Incident, actor: Actor, slug: str) -> Position:
    try:
        known = catalogue.position(slug)
    except KeyError:
        raise Invalid.field("position", f"there is no HICS position {slug!r}") from None
    position = Position(
        incident_id=incident.id,
        slug=known.slug,
        title=known.title,
        section=known.section,
        branch=known.branch or "",
        reports_to=known.reports_to or None,
        level=known.level,
        opened_at=uow.now,
    )
    uow.session.add(position)
    uow.session.flush()
    opened = events.PositionOpened(
        slug=position.slug,
        title=position.title,
        section=position.section,
        branch=position.branch,
        reports_to=position.reports_to,
        level=position.level,
    )
    record(uow, incident, actor, opened)
    return position


def give(
    uow: UnitOfWork,
    incident: Incident,
    actor: Actor,
    slug: str,
    person: Person,
    *,
    source: str,
    eta_minutes: int | None = None,
) -> Assignment:
    """Fill a position in an incident that the caller has taken. Raises Conflict naming the holder."""
    position = uow.session.get(Position, (incident.id, slug))
    if position is None:
        raise Invalid.field("position", f"{slug!r} is not open in {incident.number}; open it first")
    held = holder(uow, incident.id, slug)
    if held is not None:
        zone = get_facility(uow.session, incident.facility_id).zone
        since = local(held.started_at, zone)
        raise Conflict(f"{position.title} is held by {held.person_name} since {since:%H:%M}.")
    assignment = Assignment(
        id=uow.new_id(),
        incident_id=incident.id,
        position_slug=slug,
        person_id=person.id,
        person_name=person.name,
        source=source,
        eta_minutes=eta_minutes,
        started_at=uow.now,
    )
    uow.session.add(assignment)
    uow.session.flush()
    assigned = events.PositionAssigned(
        slug=slug,
        title=position.title,
        assignment_id=assignment.id,
        person_id=person.id,
        person_name=person.name,
        source=source,
        eta_minutes=eta_minutes,
    )
    record(uow, incident, actor, assigned)
    return assignment


def end(
    uow: UnitOfWork, incident: Incident, actor: Actor, held: Assignment, reason: str, handover: str = ""
) -> Assignment:
    """End an assignment in an incident that the caller has taken. `handover` is for whoever comes next."""
    position = uow.session.get_one(Position, (incident.id, held.position_slug))
    held.ended_at = uow.now
    uow.session.flush()
    relieved = events.PositionRelieved(
        slug=held.position_slug,
        title=position.title,
        assignment_id=held.id,
        person_id=held.person_id,
        person_name=held.person_name,
        reason=required_text("reason", reason, 2000),
        handover=optional_text("handover", handover, 4000),
    )
    record(uow, incident, actor, relieved)
    return held


def holder(uow: UnitOfWork, incident_id: str, slug: str) -> Assignment | None:
    query = sa.select(Assignment).where(
        Assignment.incident_id == incident_id, Assignment.position_slug == slug, Assignment.ended_at.is_(None)
    )
    return uow.session.scalar(query)
