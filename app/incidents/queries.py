"""Reading incidents."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.actor import Actor
from app.core.errors import NotFound
from app.core.permissions import Permission
from app.incidents import catalogue
from app.incidents.events import SituationReported
from app.incidents.models import (
    Assignment,
    CommandOffer,
    Incident,
    IncidentState,
    Objective,
    OfferState,
    Position,
    Task,
    TaskState,
)
from app.incidents.rules import Seat
from app.journal.models import JournalEntry


def incident(session: Session, incident_id: str) -> Incident:
    found = session.get(Incident, incident_id)
    if found is None:
        raise NotFound("There is no such incident.")
    return found


def visible_incident(session: Session, actor: Actor, incident_id: str) -> Incident:
    """The incident, if this actor may see boards at its hospital."""
    found = incident(session, incident_id)
    actor.require(Permission.BOARD_VIEW, found.facility_id)
    return found


def by_number_or_id(session: Session, text: str) -> Incident:
    query = sa.select(Incident).where(sa.or_(Incident.number == text, Incident.id == text))
    found = session.scalar(query)
    if found is None:
        raise NotFound(f"There is no incident {text!r}.")
    return found


def open_incidents(session: Session, facility_id: str | None = None) -> Sequence[Incident]:
    query = (
        sa.select(Incident)
        .where(Incident.state == IncidentState.ACTIVE)
        .order_by(Incident.declared_at.desc())
    )
    if facility_id is not None:
        query = query.where(Incident.facility_id == facility_id)
    return session.scalars(query).all()


def visible(actor: Actor) -> sa.Select[Incident]:
    """All incidents at the hospitals where this actor may see boards."""
    query = sa.select(Incident)
    if (places := actor.facilities(Permission.BOARD_VIEW)) is not None:
        query = query.where(Incident.facility_id.in_(places))
    return query


def holders(session: Session, incident_id: str) -> dict[str, Assignment]:
    """Position slug to its present holder's assignment."""
    query = sa.select(Assignment).where(Assignment.incident_id == incident_id, Assignment.ended_at.is_(None))
    return {held.position_slug: held for held in session.scalars(query)}


def positions(session: Session, incident_id: str) -> dict[str, Position]:
    """The open positions by slug, in the order of the chart."""
    query = sa.select(Position).where(Position.incident_id == incident_id)
    found = {each.slug: each for each in session.scalars(query)}
    order = [each.slug for each in catalogue.positions() if each.slug in found]
    return {slug: found[slug] for slug in [*order, *(found.keys() - set(order))]}


def chart(session: Session, incident_id: str) -> dict[str, Seat]:
    """The whole chart with this incident's positions and holders in it."""
    opened, held = positions(session, incident_id), holders(session, incident_id)
    seats = {p.slug: Seat(p.slug, p.title, p.reports_to) for p in catalogue.positions()}
    for slug, each in opened.items():
        name = held[slug].person_name if slug in held else None
        seats[slug] = Seat(slug, each.title, each.reports_to, name)
    return seats


def tasks_of(incident_id: str, *, state: str = "all", position: str | None = None) -> sa.Select[Task]:
    """`state` is open, overdue (open and late), ended or all."""
    query = sa.select(Task).where(Task.incident_id == incident_id)
    if state == "open":
        query = query.where(Task.state == TaskState.OPEN)
    if state == "overdue":
        query = query.where(Task.state == TaskState.OPEN, Task.overdue)
    if state == "ended":
        query = query.where(Task.state != TaskState.OPEN)
    return query if position is None else query.where(Task.position_slug == position)


def tasks(
    session: Session, incident_id: str, *, state: str = "all", position: str | None = None
) -> Sequence[Task]:
    """The earliest due first, those without a deadline last."""
    query = tasks_of(incident_id, state=state, position=position)
    return session.scalars(query.order_by(Task.due_at.is_(None), Task.due_at, Task.id)).all()


def last_report(session: Session, incident: Incident) -> datetime | None:
    """When the last situation report was given."""
    query = sa.select(sa.func.max(JournalEntry.occurred_at)).where(
        JournalEntry.stream == incident.stream, JournalEntry.kind == SituationReported.kind
    )
    return session.scalar(query)


def objectives(session: Session, incident_id: str) -> Sequence[Objective]:
    query = sa.select(Objective).where(Objective.incident_id == incident_id)
    return session.scalars(query.order_by(Objective.priority, Objective.id)).all()


def open_offer(session: Session, incident_id: str) -> CommandOffer | None:
    """The transfer of command that waits for an answer."""
    return session.scalar(
        sa.select(CommandOffer).where(
            CommandOffer.incident_id == incident_id, CommandOffer.state == OfferState.OPEN
        )
    )


def held_elsewhere(
    session: Session, person_ids: Collection[str], incident_id: str | None = None
) -> dict[str, list[str]]:
    """What these people hold in open incidents other than this one, in words, by person."""
    query = (
        sa.select(Assignment.person_id, Position.title, Incident.number)
        .join(Incident, Incident.id == Assignment.incident_id)
        .join(
            Position,
            sa.and_(
                Position.incident_id == Assignment.incident_id, Position.slug == Assignment.position_slug
            ),
        )
        .where(Assignment.ended_at.is_(None), Incident.state == IncidentState.ACTIVE)
        .where(Assignment.person_id.in_(person_ids))
        .order_by(Incident.number, Position.title)
    )
    if incident_id is not None:
        query = query.where(Incident.id != incident_id)
    found: dict[str, list[str]] = {}
    for person_id, title, number in session.execute(query):
        found.setdefault(person_id, []).append(f"{title} in {number}")
    return found
