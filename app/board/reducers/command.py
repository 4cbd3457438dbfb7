"""Command, positions, objectives."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.board.picture import EVERY_CARD, Picture, on, reads_tables
from app.board.sections.command import Holder, ObjectiveView, OfferView, PositionView
from app.facilities.models import Facility
from app.incidents import events
from app.incidents.models import Assignment, CommandOffer, Incident, Objective, OfferState, Position
from app.journal import Entry


@on(events.IncidentDeclared, cards=(EVERY_CARD,))
def declared(picture: Picture, entry: Entry, event: events.IncidentDeclared) -> None:
    command = picture.command
    command.id, command.number, command.name, command.guide = (
        event.incident_id,
        event.number,
        event.name,
        event.guide,
    )
    command.facility_id, command.facility_code = event.facility_id, event.facility_code
    command.facility_name, command.zone, command.exercise = event.facility_name, event.zone, event.exercise
    command.activation_level, command.reason = event.activation_level, event.reason
    command.started_at, command.declared_at = event.started_at, entry.occurred_at


@on(events.ActivationLevelChanged, cards=("header",))
def level_changed(picture: Picture, _entry: Entry, event: events.ActivationLevelChanged) -> None:
    picture.command.activation_level = event.activation_level


@on(events.IncidentClosed, cards=(EVERY_CARD,))
def closed(picture: Picture, entry: Entry, _event: events.IncidentClosed) -> None:
    picture.command.state = "closed"
    picture.command.closed_at = entry.occurred_at


@on(events.PositionOpened)
def opened(picture: Picture, _entry: Entry, event: events.PositionOpened) -> list[str]:
    picture.command.positions[event.slug] = PositionView(
        event.slug, event.title, event.section, event.branch, event.reports_to, event.level
    )
    return [position_card(event.section)]


@on(events.PositionAssigned)
def assigned(picture: Picture, entry: Entry, event: events.PositionAssigned) -> list[str]:
    position = picture.command.positions[event.slug]
    position.holder = Holder(
        event.assignment_id,
        event.person_id,
        event.person_name,
        entry.occurred_at,
        event.source,
        event.eta_minutes,
    )
    return _touched(picture, position)


@on(events.PositionRelieved)
def relieved(picture: Picture, _entry: Entry, event: events.PositionRelieved) -> list[str]:
    position = picture.command.positions[event.slug]
    position.holder = None
    return _touched(picture, position)


@on(events.CommandOffered, cards=("header",))
def offered(picture: Picture, entry: Entry, event: events.CommandOffered) -> None:
    picture.command.offer = OfferView(
        event.offer_id, event.to_person_id, event.to_person_name, event.briefing, entry.occurred_at
    )


@on(events.CommandOfferEnded, cards=("header",))
def offer_ended(picture: Picture, _entry: Entry, _event: events.CommandOfferEnded) -> None:
    picture.command.offer = None


@on(events.ObjectiveSet, cards=("objectives",))
def objective_set(picture: Picture, _entry: Entry, event: events.ObjectiveSet) -> None:
    picture.command.objectives[event.objective_id] = ObjectiveView(
        event.objective_id, event.priority, event.text
    )


@on(events.ObjectiveEnded, cards=("objectives",))
def objective_ended(picture: Picture, _entry: Entry, event: events.ObjectiveEnded) -> None:
    picture.command.objectives[event.objective_id].state = event.state


def position_card(section: str) -> str:
    return f"positions-{section}"


def _touched(picture: Picture, position: PositionView) -> list[str]:
    """Its own section, and those up the line of command: how many people a supervisor leads shows there."""
    cards = ["header"] if position.slug == "incident_commander" else []
    superior: PositionView | None = position
    while superior is not None:
        cards.append(position_card(superior.section))
        superior = picture.command.positions.get(superior.reports_to or "")
    return cards


@reads_tables
def read(session: Session, incident_id: str, picture: Picture) -> None:
    row = session.execute(
        sa.select(Incident, Facility).join(Facility).where(Incident.id == incident_id)
    ).one()
    incident, facility = row
    command = picture.command
    command.id, command.number, command.name, command.guide = (
        incident.id,
        incident.number,
        incident.name,
        incident.guide,
    )
    command.facility_id, command.facility_code = facility.id, facility.code
    command.facility_name, command.zone, command.exercise = facility.name, facility.zone, incident.exercise
    command.activation_level, command.reason = incident.activation_level.value, incident.reason
    command.state, command.started_at = incident.state.value, incident.started_at
    command.declared_at, command.closed_at = incident.declared_at, incident.closed_at
    for position in session.scalars(sa.select(Position).where(Position.incident_id == incident_id)):
        command.positions[position.slug] = PositionView(
            position.slug,
            position.title,
            position.section,
            position.branch,
            position.reports_to,
            position.level,
        )
    active = sa.select(Assignment).where(Assignment.incident_id == incident_id, Assignment.ended_at.is_(None))
    for a in session.scalars(active):
        command.positions[a.position_slug].holder = Holder(
            a.id, a.person_id, a.person_name, a.started_at, a.source, a.eta_minutes
        )
    for o in session.scalars(sa.select(Objective).where(Objective.incident_id == incident_id)):
        command.objectives[o.id] = ObjectiveView(o.id, o.priority, o.text, o.state.value)
    query = sa.select(CommandOffer).where(
        CommandOffer.incident_id == incident_id, CommandOffer.state == OfferState.OPEN
    )
    for offer in session.scalars(query):
        command.offer = OfferView(
            offer.id, offer.to_person_id, offer.to_person_name, offer.briefing, offer.offered_at
        )
