"""The command and general staff that an activated incident still lacks: one thing for each incident, because a
text for each position would bury the commander."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.db import UnitOfWork
from app.escalation import deadlines
from app.escalation.kinds import Subject, escalates
from app.escalation.planner import Policy, Step
from app.incidents.events import IncidentDeclared, PositionAssigned, PositionOpened, PositionRelieved
from app.incidents.models import Assignment, Position
from app.journal import Entry, subscribe

KIND = "unfilled"
UNFILLED = Policy((Step(30, "tell_commander"),))
LEADING = ("commander", "officer", "section_chief")


def unfilled(session: Session, incident_id: str) -> list[str]:
    """Titles of the open positions of the command and general staff that nobody holds."""
    held = sa.select(Assignment.position_slug).where(
        Assignment.incident_id == incident_id, Assignment.ended_at.is_(None)
    )
    query = sa.select(Position.title).where(
        Position.incident_id == incident_id, Position.level.in_(LEADING), Position.slug.not_in(held)
    )
    return list(session.scalars(query.order_by(Position.title)))


def _about(session: Session, incident_id: str) -> Subject:
    titles = unfilled(session, incident_id)
    number = f"{len(titles)} leading position{'s' if len(titles) != 1 else ''} unfilled"
    return Subject(number, ", ".join(titles) + ".")


escalates(KIND, label="Leading positions unfilled", about=_about, default=UNFILLED, life_safety=True)


def declared(uow: UnitOfWork, event: IncidentDeclared) -> None:
    """Positions are opened after this, in the same transaction; whether any is left is seen when it is due."""
    deadlines.begin(uow, KIND, event.incident_id, event.incident_id, uow.now)


@subscribe(PositionAssigned)
def assigned(uow: UnitOfWork, entry: Entry) -> None:
    incident_id = entry.stream.removeprefix("incident:")
    event = entry.event
    assert isinstance(event, PositionAssigned)
    if event.source != "declared" and not unfilled(uow.session, incident_id):
        deadlines.end(uow, KIND, incident_id)


@subscribe(PositionOpened, PositionRelieved)
def wanted(uow: UnitOfWork, entry: Entry) -> None:
    incident_id, event = entry.stream.removeprefix("incident:"), entry.event
    if isinstance(event, PositionOpened) and event.level not in LEADING:
        return
    if unfilled(uow.session, incident_id):
        deadlines.begin(uow, KIND, incident_id, incident_id, uow.now)
