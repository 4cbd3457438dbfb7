"""Telling those who have not answered that they are not needed."""

from __future__ import annotations

import sqlalchemy as sa

from app.activation.actions.asking import lane
from app.activation.candidates import chunks
from app.activation.models import Question, QuestionState, Slot, Stage
from app.core.db import UnitOfWork
from app.incidents.models import Incident
from app.messaging.actions import Wish, request_all, supersede
from app.staffing.models import ContactMethod


def stand_down(
    uow: UnitOfWork, incident: Incident, slot: Slot, body: str, *, filler: str | None = None
) -> int:
    """Close the slot's open questions and return how many. Texts that have not left are taken back (I4);
    who has the text, or may have it, hears once, politely, that it no longer matters; not so `filler`, the
    person who was given the place by hand."""
    query = sa.select(Question).where(Question.slot_id == slot.id, Question.state == QuestionState.OPEN)
    open_ = list(uow.session.scalars(query))
    told: list[Question] = []
    for question in open_:
        question.state = QuestionState.STOOD_DOWN
        taken_back = supersede(uow, subject_id=question.id) > 0
        if not taken_back and question.stage is not Stage.FAILED and question.person_id != filler:
            told.append(question)
    uow.session.flush()
    numbers = _numbers(uow, [question.contact_id for question in told if question.contact_id])
    request_all(
        uow,
        [
            Wish(
                purpose="notice",
                subject_id=question.id,
                stream=incident.stream,
                person_id=question.person_id,
                contact_id=question.contact_id,
                to=numbers[question.contact_id],
                body=body,
                key=f"stood-down:{question.id}",
                lane=lane(incident, 2),
            )
            for question in told
            if question.contact_id is not None and question.contact_id in numbers
        ],
    )
    return len(open_)


def _numbers(uow: UnitOfWork, contact_ids: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for some in chunks(contact_ids):
        query = sa.select(ContactMethod.id, ContactMethod.address).where(ContactMethod.id.in_(some))
        found.update(uow.session.execute(query).all())
    return found
