"""Reading call-outs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from app.activation.models import Answer, Callout, Candidate, Question, QuestionState, Slot
from app.activation.texts import Source
from app.core.actor import Actor
from app.core.errors import NotFound
from app.facilities.models import Facility
from app.incidents.models import Incident
from app.incidents.queries import visible_incident

LATELY = timedelta(hours=24)

_WHOLE = selectinload(Callout.slots).selectinload(Slot.questions)


def source_of(session: Session, incident: Incident) -> Source:
    """Who the texts of an incident are from."""
    facility = session.get_one(Facility, incident.facility_id)
    return Source(facility.code, incident.name, incident.number, incident.exercise, facility.zone)


def visible_callout(
    session: Session, actor: Actor, incident_id: str, callout_id: str, *, whole: bool = True
) -> Callout:
    """The call-out with its slots, if this actor may see boards there; `whole`: with all its questions too.
    Raises NotFound."""
    incident = visible_incident(session, actor, incident_id)
    callout = session.get(Callout, callout_id, options=[_WHOLE if whole else selectinload(Callout.slots)])
    if callout is None or callout.incident_id != incident.id:
        raise NotFound(f"There is no such call-out in {incident.number}.")
    return callout


def callouts_of(incident_id: str, *, whole: bool = True) -> sa.Select[Callout]:
    """Call-outs with their slots; `whole`: with all their questions too."""
    wanted = _WHOLE if whole else selectinload(Callout.slots)
    return sa.select(Callout).where(Callout.incident_id == incident_id).options(wanted).order_by(Callout.id)


def list_sizes(session: Session, callout_id: str) -> dict[str, int]:
    """How many people are on each slot's frozen list."""
    query = (
        sa.select(Candidate.slot_id, sa.func.count())
        .join(Slot, Slot.id == Candidate.slot_id)
        .where(Slot.callout_id == callout_id)
        .group_by(Candidate.slot_id)
    )
    return dict(session.execute(query).all())


def answers(session: Session, question_id: str) -> Sequence[Answer]:
    """All that came back for a question, oldest first, with what could not be read."""
    query = sa.select(Answer).where(Answer.question_id == question_id)
    return session.scalars(query.order_by(Answer.received_at, Answer.id)).all()


def newest_question(session: Session, question_id: str) -> tuple[Question, Slot, Incident]:
    """The question, or the one that replaced it, with its slot and incident. Raises NotFound."""
    asked = session.get(Question, question_id)
    if asked is None:
        raise NotFound("There is no such question.")
    query = sa.select(Question).where(
        Question.slot_id == asked.slot_id, Question.person_id == asked.person_id
    )
    newest = session.scalars(query.order_by(Question.round.desc()).limit(1)).one()
    return newest, session.get_one(Slot, newest.slot_id), session.get_one(Incident, newest.incident_id)


@dataclass(frozen=True)
class Put:
    """A question as the person who is asked sees it."""

    question: Question
    slot: Slot
    incident: Incident
    callout: Callout


def put_to(session: Session, person_id: str, now: datetime) -> list[Put]:
    """What a person is asked: what is open, then what they answered or were stood down from lately."""
    query = _put().where(
        Question.person_id == person_id,
        Question.state != QuestionState.REPLACED,
        sa.or_(Question.state == QuestionState.OPEN, Question.asked_at > now - LATELY),
    )
    found = [Put(*row) for row in session.execute(query.order_by(Question.asked_at.desc(), Question.id))]
    return sorted(found, key=lambda put: put.question.state is not QuestionState.OPEN)


def put(session: Session, question: Question) -> Put:
    return Put(*session.execute(_put().where(Question.id == question.id)).one())


def _put() -> sa.Select[Question, Slot, Incident, Callout]:
    return (
        sa.select(Question, Slot, Incident, Callout)
        .join(Slot, Slot.id == Question.slot_id)
        .join(Incident, Incident.id == Question.incident_id)
        .join(Callout, Callout.id == Question.callout_id)
    )
