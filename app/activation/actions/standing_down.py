"""Telling those who have not answered, or would come later, that they are not needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from app.activation import chain
from app.activation.actions.reaching import lane
from app.activation.candidates import chunks
from app.activation.models import Outcome, Question, QuestionState, Slot, Stage
from app.core.db import UnitOfWork
from app.incidents.models import Incident
from app.messaging.actions import Wish, request_all, supersede_all
from app.messaging.channels import Channel
from app.messaging.states import Purpose
from app.staffing.models import ContactMethod

_BY_PREFERENCE = (Channel.SMS, Channel.EMAIL, Channel.VOICE)


@dataclass(frozen=True)
class Address:
    contact_id: str
    channel: Channel
    to: str


def stand_down(
    uow: UnitOfWork,
    incident: Incident,
    slot: Slot,
    body: str,
    *,
    over: bool = False,
    filler: str | None = None,
) -> int:
    """Close the slot's open questions and return how many. Messages that have not left are taken back (I4);
    who has one, or may have it, or is on the telephone, hears once, politely, that it no longer matters; so
    does who would come later. Not so `filler`, the person who was given the place by hand."""
    open_ = _questions(uow, slot, Question.state == QuestionState.OPEN)
    waiting = _questions(
        uow, slot, Question.state == QuestionState.ANSWERED, Question.outcome == Outcome.LATER
    )
    heard = supersede_all(uow, [question.id for question in open_], Purpose.QUESTION)
    for question in open_:
        question.state, question.next_channel_at = QuestionState.STOOD_DOWN, None
    for question in waiting:
        question.outcome = Outcome.OVER if over else Outcome.NOT_NEEDED
    slot.use_later_at = None
    uow.session.flush()
    told = [q for q in open_ if q.id in heard and q.stage is not Stage.FAILED and q.person_id != filler]
    notify(uow, incident, [*told, *waiting], body, "stood-down")
    return len(open_)


def no_further(uow: UnitOfWork, slot: Slot) -> None:
    """What was told for information is not sent to anybody any more; it can still be read."""
    open_ = _questions(uow, slot, Question.state == QuestionState.OPEN)
    supersede_all(uow, [question.id for question in open_], Purpose.QUESTION)
    for question in open_:
        question.next_channel_at = None


def notify(
    uow: UnitOfWork, incident: Incident, questions: Sequence[Question], body: str, why: str, urgency: int = 2
) -> None:
    """Tell the people of these questions something, once for each `why`: by text or mail, or else by call."""
    addresses = _addresses(uow, questions)
    request_all(
        uow,
        [
            Wish(
                purpose="notice",
                subject_id=question.id,
                stream=incident.stream,
                person_id=question.person_id,
                contact_id=at.contact_id,
                to=at.to,
                body=body,
                key=f"{why}:{question.id}",
                lane=lane(incident, urgency),
                channel=at.channel,
                title=body[:120] if at.channel is Channel.EMAIL else None,
            )
            for question in questions
            if (at := addresses.get(question.id)) is not None
        ],
    )


def _questions(uow: UnitOfWork, slot: Slot, *conditions: sa.ColumnElement[bool]) -> list[Question]:
    query = sa.select(Question).where(Question.slot_id == slot.id, *conditions).order_by(Question.id)
    return list(uow.session.scalars(query))


def _addresses(uow: UnitOfWork, questions: Sequence[Question]) -> dict[str, Address]:
    """By question: of the ways that have been tried, the one that disturbs least and still arrives."""
    usable: dict[str, ContactMethod] = {}
    for some in chunks(sorted({_contact(q, i) for q in questions for i in q.tried})):
        query = sa.select(ContactMethod).where(ContactMethod.id.in_(some))
        usable.update((c.id, c) for c in uow.session.scalars(query) if chain.usable(c))
    found: dict[str, Address] = {}
    for question in questions:
        tried = [usable[c] for c in (_contact(question, i) for i in question.tried) if c in usable]
        if tried:
            best = min(tried, key=lambda c: _BY_PREFERENCE.index(Channel(c.channel)))
            found[question.id] = Address(best.id, Channel(best.channel), best.address)
    return found


def _contact(question: Question, index: int) -> str:
    return str(question.chain[index]["contact"])
