"""Asking: the next people of a slot's list, in a transaction that has taken the incident."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import sqlalchemy as sa

from app.accounts import links
from app.activation import candidates, events, texts
from app.activation.codes import codes_of
from app.activation.models import (
    Callout,
    Candidate,
    Outcome,
    Question,
    QuestionState,
    Slot,
    SlotState,
    Stage,
)
from app.activation.queries import source_of
from app.activation.rules import LINK_LIFE
from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.incidents.actions.record import record
from app.incidents.models import Incident
from app.messaging.actions import Wish, request_all, supersede
from app.messaging.channels import Channel
from app.staffing.models import Person

QUESTION_LIFE = timedelta(hours=2)
"""A text that could not be sent for so long is not sent any more."""

SYSTEM = Actor.system("call-outs")


def lane(incident: Incident, urgency: int) -> int:
    """0 answers, 1 questions, 2 notices; an exercise never stands before something real."""
    return urgency + (4 if incident.exercise else 0)


def ask(
    uow: UnitOfWork,
    actor: Actor,
    incident: Incident,
    slot: Slot,
    count: int,
    why: str,
    *,
    waited: bool = False,
) -> int:
    """Ask up to `count` more people, best first, and return how many were.

    With nobody to ask, the slot is exhausted once nobody is expected to answer, and nobody to be free
    soon who is asked for something else now; or when the wait is over (`waited`).
    """
    asked = list(uow.session.scalars(sa.select(Question).where(Question.slot_id == slot.id)))
    left = _left(uow, slot, asked)
    chosen, busy = _choose(uow, slot, asked, left, count) if left else ([], False)
    if chosen:
        _ask(uow, actor, incident, slot, chosen, asked, why)
    elif slot.state is SlotState.OPEN:
        unanswered = sum(question.state is QuestionState.OPEN for question in asked)
        if waited or not (unanswered or busy):
            _exhaust(uow, actor, incident, slot, unanswered)
    return len(chosen)


def _left(uow: UnitOfWork, slot: Slot, asked: Sequence[Question]) -> list[str]:
    """Who is left of the list: not asked in this round yet, and not settled by a no or a yes."""
    done = {q.person_id for q in asked if q.round == slot.round}
    done |= {q.person_id for q in asked if q.state is not QuestionState.REPLACED and _settled(q)}
    query = sa.select(Candidate.person_id).where(Candidate.slot_id == slot.id).order_by(Candidate.rank)
    return [person_id for person_id in uow.session.scalars(query) if person_id not in done]


def _choose(
    uow: UnitOfWork, slot: Slot, asked: Sequence[Question], left: Sequence[str], count: int
) -> tuple[list[Person], bool]:
    """The first of those left who can be asked now, and whether others will be free to be asked."""
    now = candidates.standing(uow.session, slot.incident_id, uow.now)
    for question in asked:
        now.asked.discard(question.person_id)  # asking again replaces this slot's own question
    chosen: list[Person] = []
    for some in candidates.chunks(left, max(20, min(count * 2, candidates.AT_ONCE))):
        chosen += candidates.free(now, slot, candidates.people(uow.session, some), count - len(chosen))
        if len(chosen) == count:
            break
    return chosen, not now.asked.isdisjoint(left)


def _settled(question: Question) -> bool:
    return question.outcome in (Outcome.CANNOT_COME, Outcome.COMING)


def _ask(
    uow: UnitOfWork,
    actor: Actor,
    incident: Incident,
    slot: Slot,
    chosen: Sequence[Person],
    asked: Sequence[Question],
    why: str,
) -> None:
    callout = uow.session.get_one(Callout, slot.callout_id)
    source = source_of(uow.session, incident)
    codes = codes_of(uow.session, chosen, uow.now, slot.id)
    older = {q.person_id: q for q in asked if q.state is not QuestionState.REPLACED}
    made: list[Question] = []
    wishes: list[Wish] = []
    for person in chosen:
        old = older.get(person.id)
        code, tagged = codes.give(person, old.code if old else None)
        question = _question(uow, slot, person, code)
        made.append(question)
        link = link_to(uow, callout, question)
        body = texts.question(
            source,
            title=slot.title,
            code=code,
            tagged=tagged,
            key=intent_key(question),
            link=link,
            extra=callout.extra,
        )
        wishes.append(wish(uow, incident, question, person, body))
        if old is not None:
            old.state = QuestionState.REPLACED
            supersede(uow, subject_id=old.id)
    slot.state = SlotState.OPEN
    uow.session.add_all(made)
    uow.session.flush()
    request_all(uow, wishes)
    listed = [
        events.Asked(q.id, q.person_id, q.person_name, q.code, _id(older.get(q.person_id))) for q in made
    ]
    asked_now = events.QuestionsAsked(
        callout_id=slot.callout_id,
        slot_id=slot.id,
        title=slot.title,
        round=slot.round,
        why=why,
        questions=listed,
    )
    record(uow, incident, actor, asked_now)


def _question(uow: UnitOfWork, slot: Slot, person: Person, code: str) -> Question:
    contact = candidates.reach(person)
    assert contact is not None
    return Question(
        id=uow.new_id(),
        slot_id=slot.id,
        callout_id=slot.callout_id,
        incident_id=slot.incident_id,
        person_id=person.id,
        person_name=person.name,
        contact_id=contact.id,
        round=slot.round,
        code=code,
        state=QuestionState.OPEN,
        stage=Stage.ASKED,
        asked_at=uow.now,
    )


def link_to(uow: UnitOfWork, callout: Callout, question: Question) -> str:
    secret = links.make(
        uow,
        person_id=question.person_id,
        purpose="answer",
        subject_id=question.id,
        expires_at=uow.now + LINK_LIFE,
    )
    return f"{callout.public_url}/a/{secret}"


def wish(uow: UnitOfWork, incident: Incident, question: Question, person: Person, body: str) -> Wish:
    """The text of a question, to the number in `question.contact_id`."""
    contact = next(c for c in person.contacts if c.id == question.contact_id)
    return Wish(
        purpose="question",
        subject_id=question.id,
        stream=incident.stream,
        person_id=person.id,
        contact_id=contact.id,
        channel=Channel(contact.channel),
        to=contact.address,
        body=body,
        key=intent_key(question),
        lane=lane(incident, 1),
        expires_at=uow.now + QUESTION_LIFE,
    )


def intent_key(question: Question) -> str:
    """One text a question and phone: call-out, person and round are what a question is unique by (I1)."""
    return f"question:{question.id}:{question.contact_id}"


def _exhaust(uow: UnitOfWork, actor: Actor, incident: Incident, slot: Slot, unanswered: int) -> None:
    slot.state = SlotState.EXHAUSTED
    uow.session.flush()
    exhausted = events.SlotExhausted(
        callout_id=slot.callout_id, slot_id=slot.id, title=slot.title, unanswered=unanswered
    )
    record(uow, incident, actor, exhausted)


def _id(question: Question | None) -> str | None:
    return question.id if question else None
