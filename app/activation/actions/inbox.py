"""What comes from phones and carriers, turned into answers and into how far each text has come."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from app.activation import candidates, events, texts
from app.activation.actions.answers import acknowledge, answer
from app.activation.actions.asking import SYSTEM, ask, intent_key, link_to, wish
from app.activation.models import (
    WANTING,
    Answer,
    Callout,
    Outcome,
    Question,
    QuestionState,
    Slot,
    SlotState,
    Stage,
)
from app.activation.queries import source_of
from app.activation.replies import Known, Resolved, parse, resolve
from app.activation.rules import stage_after
from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.incidents.actions.record import record, take
from app.incidents.models import Incident, IncidentState
from app.messaging.actions import request_all
from app.messaging.inbox import Delivery, Inbound
from app.messaging.models import Intent
from app.messaging.texts import mark
from app.staffing.models import Person

REMEMBERED = timedelta(hours=24)
"""A reply is taken for a question no older than this."""

MOST_HINTS = 3
HINTS_WITHIN = timedelta(hours=1)
"""So many times in that time a phone is told what to reply: two machines must not write to each other."""


def take_reply(uow: UnitOfWork, inbound: Inbound) -> bool:
    """Answer the question that a text from a phone is for, or say what to reply (promise I6).

    False when its people were asked nothing lately: then it is no business of ours.
    """
    reply = parse(inbound.text)
    resolved = resolve(reply, _known(uow, inbound.person_ids))
    if resolved.question is None:
        return False
    question = uow.session.get_one(Question, resolved.question.id)
    if resolved.how == "answers" and reply is not None:
        actor = Actor.person(question.person_id, question.person_name)
        answer(
            uow,
            actor,
            question.id,
            digit=reply.digit,
            channel="sms",
            text=inbound.text,
            from_number=inbound.from_,
        )
        return True
    _hint(uow, inbound, question, resolved)
    return True


def take_deliveries(uow: UnitOfWork, deliveries: list[Delivery]) -> None:
    """Note how far texts have come, in one entry for each incident. The streams are locked.

    A text that failed goes to the person's next number; with none left, the next person is asked.
    """
    by_incident: dict[str, list[tuple[Question, Delivery]]] = defaultdict(list)
    for question, delivery in _questions(uow, deliveries):
        by_incident[question.incident_id].append((question, delivery))
    for incident_id in sorted(by_incident):
        _record_stages(uow, incident_id, by_incident[incident_id])


def _known(uow: UnitOfWork, person_ids: Sequence[str]) -> list[Known]:
    query = (
        sa.select(Question, Slot.title, Slot.state)
        .join(Slot, Slot.id == Question.slot_id)
        .where(
            Question.person_id.in_(person_ids),
            Question.state != QuestionState.REPLACED,
            sa.or_(Question.asked_at > uow.now - REMEMBERED, Question.state == QuestionState.OPEN),
        )
    )
    return [
        Known(
            id=question.id,
            code=question.code,
            reference=mark(intent_key(question)),
            title=title,
            open=question.state is QuestionState.OPEN,
            standing=question.outcome is Outcome.COMING and state is not SlotState.STOPPED,
            asked_at=question.asked_at,
        )
        for question, title, state in uow.session.execute(query)
    ]


def _hint(uow: UnitOfWork, inbound: Inbound, question: Question, resolved: Resolved) -> None:
    """Keep what was written, and say what to reply, unless this phone has been told often enough."""
    incident = take(uow, SYSTEM, None, question.incident_id, closed_too=True)
    told = sa.select(sa.func.count()).where(
        Answer.person_id == question.person_id,
        Answer.digit.is_(None),
        Answer.received_at > uow.now - HINTS_WITHIN,
    )
    often = (uow.session.scalar(told) or 0) >= MOST_HINTS
    uow.session.add(
        Answer(
            id=uow.new_id(),
            question_id=question.id,
            person_id=question.person_id,
            digit=None,
            channel="sms",
            text=inbound.text.replace("\x00", "")[:160],
            outcome=None,
            received_at=uow.now,
        )
    )
    uow.session.flush()
    if often or question.state is not QuestionState.OPEN:
        return
    source = source_of(uow.session, incident)
    assert resolved.question is not None
    if len(resolved.among) > 1:
        body = texts.which(source, resolved.among)
    else:
        body = texts.unreadable(source, resolved.question, "")
    acknowledge(uow, incident, question, body, inbound.from_)


def _questions(uow: UnitOfWork, deliveries: Sequence[Delivery]) -> list[tuple[Question, Delivery]]:
    ids = list({delivery.subject_id for delivery in deliveries})
    found: dict[str, Question] = {}
    for some in candidates.chunks(ids):
        query = sa.select(Question).where(Question.id.in_(some)).execution_options(populate_existing=True)
        found.update((question.id, question) for question in uow.session.scalars(query))
    return [(found[d.subject_id], d) for d in deliveries if d.subject_id in found]


def _record_stages(uow: UnitOfWork, incident_id: str, reports: list[tuple[Question, Delivery]]) -> None:
    incident = uow.session.get_one(Incident, incident_id, populate_existing=True)
    before = {question.id: question.stage for question, _ in reports}
    rerouted: list[Question] = []
    for question, delivery in reports:
        if not _of_current_phone(uow, question, delivery):
            continue
        if delivery.stage == "failed" and _reroute(uow, incident, question):
            rerouted.append(question)
        else:
            question.stage = stage_after(question.stage, Stage(delivery.stage))
    moved = {q.id: q for q, _ in reports if q.stage is not before[q.id]}
    if not moved and not rerouted:
        return
    uow.session.flush()
    ids = {stage: sorted(q.id for q in moved.values() if q.stage is stage) for stage in Stage}
    batch = events.QuestionsDelivered(
        sent=ids[Stage.SENT],
        delivered=ids[Stage.DELIVERED],
        failed=ids[Stage.FAILED],
        rerouted=sorted({q.id for q in rerouted}),
    )
    record(uow, incident, Actor.system("messaging"), batch, occurred_at=_last(reports, uow.now))
    _ask_instead(uow, incident, [q for q in moved.values() if q.stage is Stage.FAILED])


def _last(reports: list[tuple[Question, Delivery]], now: datetime) -> datetime:
    return min(max(delivery.at for _, delivery in reports), now)


def _of_current_phone(uow: UnitOfWork, question: Question, delivery: Delivery) -> bool:
    """A late word about a number that was given up says nothing about the next one."""
    intent = uow.session.get(Intent, delivery.intent_id)
    return intent is None or intent.key == intent_key(question)


def _reroute(uow: UnitOfWork, incident: Incident, question: Question) -> bool:
    """Text the person's next number, if the answer is still wanted and there is one."""
    if question.state is not QuestionState.OPEN or incident.state is IncidentState.CLOSED:
        return False
    person = uow.session.get_one(Person, question.person_id)
    tried = sa.select(Intent.contact_id).where(Intent.subject_id == question.id)
    after = {contact_id for contact_id in uow.session.scalars(tried) if contact_id}
    contact = candidates.reach(person, after)
    if contact is None:
        return False
    slot = uow.session.get_one(Slot, question.slot_id)
    callout = uow.session.get_one(Callout, question.callout_id)
    question.contact_id, question.stage = contact.id, Stage.ASKED
    body = texts.question(
        source_of(uow.session, incident),
        title=slot.title,
        code=question.code,
        tagged=True,
        key=intent_key(question),
        link=link_to(uow, callout, question),
        extra=callout.extra,
    )
    request_all(uow, [wish(uow, incident, question, person, body)])
    return True


def _ask_instead(uow: UnitOfWork, incident: Incident, failed: Sequence[Question]) -> None:
    if incident.state is IncidentState.CLOSED:
        return
    by_slot: dict[str, int] = defaultdict(int)
    for question in failed:
        if question.state is QuestionState.OPEN:
            by_slot[question.slot_id] += 1
    for slot_id in sorted(by_slot):
        slot = uow.session.get_one(Slot, slot_id, populate_existing=True)
        if slot.state in WANTING:
            ask(uow, SYSTEM, incident, slot, by_slot[slot_id], "failed")
