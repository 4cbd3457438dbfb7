"""Asking: the next people of a slot's list, in a transaction that has taken the incident."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from app.activation import candidates, chain, events
from app.activation.actions.reaching import Reach
from app.activation.codes import codes_of
from app.activation.models import (
    Callout,
    Candidate,
    Outcome,
    Question,
    QuestionState,
    Slot,
    SlotKind,
    SlotState,
    Stage,
)
from app.activation.standing import NO_HOLDS
from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.incidents.actions.record import record
from app.incidents.models import Incident
from app.messaging.actions import Wish, request_all, supersede_all
from app.messaging.states import Purpose
from app.staffing.models import Person


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
    """Who is left of the list: not asked in this round yet, and not settled by a no or a yes. A no holds for
    some hours."""
    done = {q.person_id for q in asked if q.round == slot.round}
    done |= {q.person_id for q in asked if q.state is not QuestionState.REPLACED and _settled(q, uow.now)}
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


def _settled(question: Question, now: datetime) -> bool:
    if question.outcome is Outcome.CANNOT_COME and question.answered_at is not None:
        return question.answered_at > now - NO_HOLDS
    return question.outcome in (Outcome.COMING, Outcome.LATER, Outcome.READ)


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
    plan = chain.INFORMATION if slot.kind is SlotKind.INFORMATION else chain.read_plan(callout.chain)
    reach = Reach(uow, incident)
    codes = codes_of(uow.session, chosen, uow.now, slot.id)
    older = {q.person_id: q for q in asked if q.state is not QuestionState.REPLACED}
    made: list[Question] = []
    wishes: list[Wish] = []
    for person in chosen:
        old = older.get(person.id)
        code, tagged = codes.give(person, old.code if old else None)
        question = _question(uow, slot, person, code, chain.build(person.contacts, plan))
        made.append(question)
        addresses = {contact.id: contact.address for contact in person.contacts}
        wishes += reach.wishes(question, addresses, question.tried, tagged=tagged)
        if old is not None:
            old.state, old.next_channel_at = QuestionState.REPLACED, None
    supersede_all(uow, [older[p.id].id for p in chosen if p.id in older], Purpose.QUESTION)
    slot.state = SlotState.OPEN
    uow.session.add_all(made)
    uow.session.flush()
    request_all(uow, wishes)
    listed = [
        events.Asked(
            q.id,
            q.person_id,
            q.person_name,
            q.code,
            _id(older.get(q.person_id)),
            q.channels,
            q.next_channel_at,
        )
        for q in made
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


def _question(
    uow: UnitOfWork, slot: Slot, person: Person, code: str, steps: tuple[chain.Step, ...]
) -> Question:
    tried = chain.at_once(steps)
    return Question(
        id=uow.new_id(),
        slot_id=slot.id,
        callout_id=slot.callout_id,
        incident_id=slot.incident_id,
        person_id=person.id,
        person_name=person.name,
        contact_id=steps[tried[0]].contact,
        round=slot.round,
        code=code,
        state=QuestionState.OPEN,
        stage=Stage.ASKED,
        asked_at=uow.now,
        chain=chain.plain(steps),
        tried=tried,
        next_channel_at=chain.next_at(steps, tried, uow.now, uow.now),
    )


def _exhaust(uow: UnitOfWork, actor: Actor, incident: Incident, slot: Slot, unanswered: int) -> None:
    slot.state = SlotState.EXHAUSTED
    uow.session.flush()
    exhausted = events.SlotExhausted(
        callout_id=slot.callout_id, slot_id=slot.id, title=slot.title, unanswered=unanswered
    )
    record(uow, incident, actor, exhausted)


def told(uow: UnitOfWork, actor: Actor, incident: Incident, slot: Slot, number: int) -> None:
    """What is for information has been sent to everybody on the list; nobody else will be asked."""
    slot.state = SlotState.TOLD
    uow.session.flush()
    event = events.SlotTold(callout_id=slot.callout_id, slot_id=slot.id, title=slot.title, number=number)
    record(uow, incident, actor, event)


def _id(question: Question | None) -> str | None:
    return question.id if question else None
