"""Taking an answer: it counts once, for one question, however late, and the next step follows at once."""

from __future__ import annotations

from dataclasses import dataclass, field

import sqlalchemy as sa

from app.activation import candidates, events, texts
from app.activation.actions.asking import ask
from app.activation.actions.placing import coming, give_back, place
from app.activation.actions.reaching import lane
from app.activation.models import WANTING, Answer, Outcome, Question, QuestionState, Slot, SlotKind
from app.activation.queries import source_of
from app.activation.rules import (
    CANNOT_COME,
    DIGITS,
    ETA_MINUTES,
    MEANING,
    READ,
    READING,
    expected_at,
    in_time,
    outcome_of,
)
from app.activation.texts import Source
from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.core.errors import Forbidden, Invalid, NotFound
from app.core.permissions import Permission
from app.incidents.actions.positions import holder
from app.incidents.actions.record import positions_held, record, take
from app.incidents.models import Incident, IncidentState
from app.messaging.actions import Wish, request_all, supersede_all
from app.messaging.states import Purpose
from app.staffing.models import Person

CHANNELS = ("sms", "voice", "link", "by_hand")


@dataclass(frozen=True)
class Given:
    """What an answer led to, in a sentence for the person. `again`: the same had been answered before."""

    question: Question
    outcome: Outcome
    message: str
    again: bool = False


@dataclass
class Batch:
    """What several answers in one transaction have in common: thanks go out, and the next people are asked,
    together at the end."""

    uow: UnitOfWork
    answered: list[str] = field(default_factory=list)
    thanks: list[Wish] = field(default_factory=list)
    free: dict[str, tuple[Incident, Actor, int]] = field(default_factory=dict)
    sources: dict[str, Source] = field(default_factory=dict)
    coming: dict[str, int] = field(default_factory=dict)
    """By slot of a group, how many come; counted once, then kept in step."""
    held: dict[str, dict[str, str]] = field(default_factory=dict)
    """By incident, the positions that people hold; read anew when one has been given or taken."""

    def source(self, incident: Incident) -> Source:
        if incident.id not in self.sources:
            self.sources[incident.id] = source_of(self.uow.session, incident)
        return self.sources[incident.id]

    def positions(self, incident: Incident) -> dict[str, str]:
        if incident.id not in self.held:
            self.held[incident.id] = positions_held(self.uow, incident.id)
        return self.held[incident.id]

    def count(self, question: Question, slot: Slot, before: Outcome | None) -> int:
        """How many of a group come, now that this question has been answered."""
        if slot.id not in self.coming:
            self.coming[slot.id] = coming(self.uow, slot)
        else:
            now = question.outcome is Outcome.COMING
            self.coming[slot.id] += now - (before is Outcome.COMING)
        return self.coming[slot.id]

    def ask_instead(self, actor: Actor, incident: Incident, slot: Slot) -> None:
        _, _, number = self.free.get(slot.id, (incident, actor, 0))
        self.free[slot.id] = (incident, actor, number + 1)

    def take_over(self, other: Batch) -> None:
        """What has come of some answers more."""
        self.answered += other.answered
        self.thanks += other.thanks
        for slot_id, (incident, actor, number) in other.free.items():
            self.free[slot_id] = (incident, actor, number + self.free.get(slot_id, (None, None, 0))[2])

    def finish(self) -> None:
        supersede_all(self.uow, self.answered, Purpose.QUESTION)
        for slot_id in sorted(self.free):
            incident, actor, number = self.free[slot_id]
            slot = self.uow.session.get_one(Slot, slot_id)
            if slot.state in WANTING:
                ask(self.uow, actor, incident, slot, number, "cannot_come")
        request_all(self.uow, self.thanks)


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

    `digit` is one of 1, 2, 3, 9; `channel` one of sms, voice, link, by_hand (somebody took it down). A person
    answers for themselves; for others it needs callout.send. Yes fills the place if it is still free and
    they are there in time. After no the next is asked at once. A changed mind counts. An answer by text is
    acknowledged to the number it came from. Raises Invalid, NotFound, Forbidden.
    """
    batch = Batch(uow)
    incident, question, slot = _take(uow, actor, question_id)
    given = answer_in(
        batch,
        actor,
        incident,
        question,
        slot,
        digit=digit,
        channel=channel,
        text=text,
        from_number=from_number,
    )
    batch.finish()
    return given


def answer_in(
    batch: Batch,
    actor: Actor,
    incident: Incident,
    question: Question,
    slot: Slot,
    *,
    digit: str,
    channel: str,
    text: str = "",
    from_number: str | None = None,
) -> Given:
    """The same as one of several, for a caller who has taken the incident and checked who answers."""
    uow = batch.uow
    _check(slot, digit, channel)
    again = question.digit == digit and question.outcome is not Outcome.NOT_NEEDED
    before = question.outcome
    outcome = before if again and before else _outcome(uow, incident, question, slot, digit)
    uow.session.add(_row(uow, question, digit, channel, text, outcome))
    if not again:
        batch.answered.append(question.id)
        _settle(batch, actor, incident, question, slot, digit, channel, outcome)
        _follow(batch, actor, incident, question, slot, before)
    given = Given(question, outcome, _message(batch, incident, question, slot), again)
    if channel == "sms":
        acknowledge(batch, incident, question, given.message, from_number)
    return given


def acknowledge(
    batch: Batch, incident: Incident, question: Question, body: str, from_number: str | None
) -> None:
    """A text back, sent only if and when this transaction is committed."""
    person = batch.uow.session.get_one(Person, question.person_id)
    written = [c for c in person.contacts if c.address == from_number and c.channel == "sms"]
    contact = written[0] if written else candidates.phone(person)
    if contact is None:
        return
    thanks = Wish(
        purpose="ack",
        subject_id=question.id,
        stream=incident.stream,
        person_id=person.id,
        contact_id=contact.id,
        to=contact.address,
        body=body,
        key=f"ack:{batch.uow.new_id()}",
        lane=lane(incident, 0),
    )
    batch.thanks.append(thanks)


def _check(slot: Slot, digit: str, channel: str) -> None:
    allowed = (READ,) if slot.kind is SlotKind.INFORMATION else DIGITS
    if digit not in allowed:
        means = MEANING if allowed is DIGITS else {READ: "read"}
        raise Invalid.field("digit", f"must be one of {', '.join(f'{d} {m}' for d, m in means.items())}")
    if channel not in CHANNELS:
        raise Invalid.field("channel", f"must be one of {', '.join(CHANNELS)}")


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
    timely = slot.any_yes or in_time(digit, uow.now, slot.wanted_by)
    if question.outcome is Outcome.COMING and digit != CANNOT_COME and not over:
        # Has the place already, and tells another time of arrival.
        return Outcome.COMING if timely else Outcome.LATER
    taken = False
    if slot.position_slug is not None:
        held = holder(uow, incident.id, slot.position_slug)
        taken = held is not None and held.person_id != question.person_id
    return outcome_of(digit, slot.state, taken=taken, over=over, in_time=timely)


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
    batch: Batch,
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
    question.eta_minutes, question.answered_at = ETA_MINUTES.get(digit), batch.uow.now
    if slot.kind is SlotKind.INFORMATION:
        question.eta_minutes = None
    question.next_channel_at = None
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
    record(batch.uow, incident, actor, received, held=batch.positions(incident))


def _follow(
    batch: Batch, actor: Actor, incident: Incident, question: Question, slot: Slot, before: Outcome | None
) -> None:
    uow = batch.uow
    if slot.kind is SlotKind.POSITION:
        batch.held.pop(incident.id, None)
    number = batch.count(question, slot, before) if slot.kind is SlotKind.GROUP else 0
    if question.outcome is Outcome.COMING:
        place(uow, actor, incident, question, slot, number)
    elif question.outcome in (Outcome.CANNOT_COME, Outcome.LATER) and incident.state is IncidentState.ACTIVE:
        if before is Outcome.COMING:
            late = question.outcome is Outcome.LATER
            why = "Comes later than wanted" if late else "Cannot come after all"
            give_back(uow, actor, incident, question, slot, why)
        if slot.state in WANTING:
            batch.ask_instead(actor, incident, slot)


def _message(batch: Batch, incident: Incident, question: Question, slot: Slot) -> str:
    source = batch.source(incident)
    if question.outcome is Outcome.COMING:
        expected = expected_at(question)
        assert expected is not None
        return texts.coming(source, slot.title, expected)
    if question.outcome is Outcome.LATER:
        assert slot.wanted_by is not None
        return texts.later(source, slot.title, slot.wanted_by - READING)
    if question.outcome is Outcome.CANNOT_COME:
        return texts.cannot_come(source, slot.title)
    if question.outcome is Outcome.READ:
        return texts.read(source)
    if question.outcome is Outcome.OVER:
        return texts.over(source, slot.title)
    held = holder(batch.uow, incident.id, slot.position_slug) if slot.position_slug else None
    return texts.not_needed(source, slot.title, held.person_name if held else None)
