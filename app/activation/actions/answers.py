"""Taking an answer: it counts once, for one question, however late, and the next step follows at once."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from app.activation import events, texts
from app.activation.actions.asking import ask, lane
from app.activation.actions.standing_down import stand_down
from app.activation.candidates import phone
from app.activation.models import (
    WANTING,
    Answer,
    Outcome,
    Question,
    QuestionState,
    Slot,
    SlotKind,
    SlotState,
)
from app.activation.queries import source_of
from app.activation.rules import CANNOT_COME, DIGITS, ETA_MINUTES, MEANING, expected_at, outcome_of
from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.core.errors import Forbidden, Invalid, NotFound
from app.core.permissions import Permission
from app.incidents.actions.positions import end, give, holder
from app.incidents.actions.record import record, take
from app.incidents.models import Incident, IncidentState
from app.messaging.actions import request
from app.staffing.models import Person

CHANNELS = ("sms", "voice", "link", "by_hand")


@dataclass(frozen=True)
class Given:
    """What an answer led to, in a sentence for the person. `again`: the same had been answered before."""

    question: Question
    outcome: Outcome
    message: str
    again: bool = False


def answer(
    uow: UnitOfWork,
    actor: Actor,
    question_id: str,
    *,
    digit: str,
    channel: str,
    text: str = "",
    from_number: str | None = None,
) -> Given:
    """Record an answer and do what follows from it.

    `digit` is one of 1, 2, 3, 9; `channel` one of sms, voice (a key), link, by_hand (somebody took it down). A person
    answers for themselves; for others it needs callout.send. Yes fills the place if it is still free.
    After no the next is asked at once. A changed mind counts. An answer by text is acknowledged to the
    number it came from. Raises Invalid, NotFound, Forbidden.
    """
    incident, question, slot = _take(uow, actor, question_id)
    if digit not in DIGITS:
        allowed = ", ".join(f"{d} {meaning}" for d, meaning in MEANING.items())
        raise Invalid.field("digit", f"must be one of {allowed}")
    if channel not in CHANNELS:
        raise Invalid.field("channel", f"must be one of {', '.join(CHANNELS)}")
    again = question.digit == digit and question.outcome is not Outcome.NOT_NEEDED
    before = question.outcome
    outcome = before if again and before else _outcome(uow, incident, question, slot, digit)
    uow.session.add(_row(uow, question, digit, channel, text, outcome))
    if not again:
        _settle(uow, actor, incident, question, slot, digit, channel, outcome)
        _follow(uow, actor, incident, question, slot, before)
    given = Given(question, outcome, _message(uow, incident, question, slot), again)
    if channel == "sms":
        acknowledge(uow, incident, question, given.message, from_number)
    return given


def fill(
    uow: UnitOfWork, actor: Actor, incident: Incident, slot: Slot, by: str, *, filler: str | None = None
) -> None:
    """The slot has what it wanted; whoever has not answered is stood down."""
    slot.state = SlotState.FILLED
    source = source_of(uow.session, incident)
    number = stand_down(uow, incident, slot, texts.filled(source, slot.title), filler=filler)
    uow.session.flush()
    filled = events.SlotFilled(
        callout_id=slot.callout_id, slot_id=slot.id, title=slot.title, by=by, stood_down=number
    )
    record(uow, incident, actor, filled)


def acknowledge(
    uow: UnitOfWork, incident: Incident, question: Question, body: str, from_number: str | None
) -> None:
    """A text back, sent only if and when this transaction is committed."""
    person = uow.session.get_one(Person, question.person_id)
    written = [c for c in person.contacts if c.address == from_number]
    contact = written[0] if written else phone(person)
    if contact is None:
        return
    request(
        uow,
        purpose="ack",
        subject_id=question.id,
        stream=incident.stream,
        person_id=person.id,
        contact_id=contact.id,
        to=contact.address,
        body=body,
        key=f"ack:{uow.new_id()}",
        lane=lane(incident, 0),
    )


def _take(uow: UnitOfWork, actor: Actor, question_id: str) -> tuple[Incident, Question, Slot]:
    """The newest question to that person for that slot: what was asked again is answered there."""
    found = uow.session.get(Question, question_id)
    if found is None:
        raise NotFound("There is no such question.")
    incident = take(uow, actor, Permission.CALLOUT_ANSWER, found.incident_id, closed_too=True)
    if actor.person_id != found.person_id and not actor.may(Permission.CALLOUT_SEND, incident.facility_id):
        raise Forbidden("You can only answer for yourself.")
    newest = (
        sa.select(Question)
        .where(Question.slot_id == found.slot_id, Question.person_id == found.person_id)
        .order_by(Question.round.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    )
    question = uow.session.scalars(newest).one()
    slot = uow.session.get_one(Slot, found.slot_id, populate_existing=True)
    return incident, question, slot


def _outcome(uow: UnitOfWork, incident: Incident, question: Question, slot: Slot, digit: str) -> Outcome:
    over = incident.state is IncidentState.CLOSED
    if question.outcome is Outcome.COMING and digit != CANNOT_COME and not over:
        return Outcome.COMING  # has the place already, and tells another time of arrival
    taken = False
    if slot.position_slug is not None:
        held = holder(uow, incident.id, slot.position_slug)
        taken = held is not None and held.person_id != question.person_id
    return outcome_of(digit, slot.state, taken=taken, over=over)


def _row(
    uow: UnitOfWork, question: Question, digit: str | None, channel: str, text: str, outcome: Outcome | None
) -> Answer:
    return Answer(
        id=uow.new_id(),
        question_id=question.id,
        person_id=question.person_id,
        digit=digit,
        channel=channel,
        text=text.replace("\x00", "")[:160],
        outcome=outcome,
        received_at=uow.now,
    )


def _settle(
    uow: UnitOfWork,
    actor: Actor,
    incident: Incident,
    question: Question,
    slot: Slot,
    digit: str,
    channel: str,
    outcome: Outcome,
) -> None:
    late = question.state is not QuestionState.OPEN
    question.state, question.digit, question.outcome = QuestionState.ANSWERED, digit, outcome
    question.eta_minutes, question.answered_at = ETA_MINUTES.get(digit), uow.now
    uow.session.flush()
    received = events.AnswerReceived(
        question_id=question.id,
        slot_id=slot.id,
        callout_id=slot.callout_id,
        title=slot.title,
        person_id=question.person_id,
        person_name=question.person_name,
        digit=digit,
        eta_minutes=question.eta_minutes,
        channel=channel,
        outcome=outcome.value,
        late=late,
    )
    record(uow, incident, actor, received)


def _follow(
    uow: UnitOfWork, actor: Actor, incident: Incident, question: Question, slot: Slot, before: Outcome | None
) -> None:
    if question.outcome is Outcome.COMING:
        _place(uow, actor, incident, question, slot)
    elif question.outcome is Outcome.CANNOT_COME and incident.state is IncidentState.ACTIVE:
        if before is Outcome.COMING:
            _give_back(uow, actor, incident, question, slot)
        if slot.state in WANTING:
            ask(uow, actor, incident, slot, 1, "cannot_come")


def _place(uow: UnitOfWork, actor: Actor, incident: Incident, question: Question, slot: Slot) -> None:
    """A position is given, and is filled by that (see subscribers); a group is filled by its last yes."""
    if slot.kind is SlotKind.POSITION:
        assert slot.position_slug is not None
        held = holder(uow, incident.id, slot.position_slug)
        if held is not None:
            if held.eta_minutes == question.eta_minutes:
                return
            end(uow, incident, actor, held, "Tells another time of arrival")
        person = uow.session.get_one(Person, question.person_id)
        give(
            uow,
            incident,
            actor,
            slot.position_slug,
            person,
            source="callout",
            eta_minutes=question.eta_minutes,
        )
    elif slot.state in WANTING and (number := _coming(uow, slot)) >= slot.needed:
        fill(uow, actor, incident, slot, f"{number} coming")


def _give_back(uow: UnitOfWork, actor: Actor, incident: Incident, question: Question, slot: Slot) -> None:
    """Somebody who had said yes cannot come after all: the place is free again."""
    if slot.kind is SlotKind.POSITION:
        assert slot.position_slug is not None
        held = holder(uow, incident.id, slot.position_slug)
        if held is None or held.person_id != question.person_id:
            return
        end(uow, incident, actor, held, "Cannot come after all")
    if slot.state is not SlotState.FILLED:
        return
    slot.state = SlotState.OPEN
    uow.session.flush()
    reopened = events.SlotReopened(
        callout_id=slot.callout_id, slot_id=slot.id, title=slot.title, person_name=question.person_name
    )
    record(uow, incident, actor, reopened)


def _coming(uow: UnitOfWork, slot: Slot) -> int:
    query = sa.select(sa.func.count()).where(
        Question.slot_id == slot.id,
        Question.outcome == Outcome.COMING,
        Question.state != QuestionState.REPLACED,
    )
    return uow.session.scalar(query) or 0


def _message(uow: UnitOfWork, incident: Incident, question: Question, slot: Slot) -> str:
    source = source_of(uow.session, incident)
    if question.outcome is Outcome.COMING:
        expected = expected_at(question)
        assert expected is not None
        return texts.coming(source, slot.title, expected)
    if question.outcome is Outcome.CANNOT_COME:
        return texts.cannot_come(source, slot.title)
    if question.outcome is Outcome.OVER:
        return texts.over(source, slot.title)
    held = holder(uow, incident.id, slot.position_slug) if slot.position_slug else None
    return texts.not_needed(source, slot.title, held.person_name if held else None)
