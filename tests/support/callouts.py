"""An incident with a call-out, and how it stands."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from app.activation import actions
from app.activation.models import Callout, Question, Slot
from app.core.db import Database
from app.incidents.actions import declare
from app.incidents.models import Assignment, Incident
from app.journal import entries
from app.staffing.models import Person
from tests.support.hospital import Hospital

URL = "https://m.example"


def declared(db: Database, hospital: Hospital, **changed: Any) -> Incident:
    wanted = {
        "guide": "mass_casualty_incident",
        "facility_id": hospital.facility.id,
        "exercise": False,
        "activation_level": "partial",
        "reason": "Bus crash on Route 9",
    }
    return db.transact(declare, hospital.commander, **(wanted | changed))


def called(db: Database, hospital: Hospital, incident: Incident, *positions: str, **more: Any) -> Callout:
    return db.transact(
        actions.open_callout,
        hospital.command_staff,
        incident.id,
        positions=positions,
        public_url=URL,
        **more,
    )


def answered(db: Database, hospital: Hospital, question: Question, digit: str) -> actions.Given:
    return db.transact(actions.answer, hospital.commander, question.id, digit=digit, channel="by_hand")


def questions(db: Database, *states: str) -> list[Question]:
    """In the order in which they were asked; those of one moment by name."""
    query = sa.select(Question).order_by(Question.asked_at, Question.person_name)
    with db.read() as session:
        return [q for q in session.scalars(query) if not states or q.state in states]


def question_to(db: Database, person: Person) -> Question:
    """The newest question to a person."""
    return [q for q in questions(db) if q.person_id == person.id][-1]


def slots(db: Database) -> list[Slot]:
    with db.read() as session:
        query = sa.select(Slot).order_by(Slot.callout_id, Slot.place)
        return list(session.scalars(query.options(selectinload(Slot.questions))))


def holder(db: Database, incident: Incident, slug: str) -> Assignment | None:
    query = sa.select(Assignment).where(
        Assignment.incident_id == incident.id,
        Assignment.position_slug == slug,
        Assignment.ended_at.is_(None),
    )
    with db.read() as session:
        return session.scalar(query)


def kinds(db: Database, incident: Incident, *wanted: str) -> list[str]:
    """Kinds of journal entries in order; only those wanted."""
    with db.read() as session:
        return [e.kind for e in entries(session, incident.stream) if not wanted or e.kind in wanted]


def events(db: Database, incident: Incident, kind: str) -> list[dict[str, Any]]:
    with db.read() as session:
        return [e.data for e in entries(session, incident.stream) if e.kind == kind]
