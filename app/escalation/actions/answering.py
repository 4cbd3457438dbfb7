"""Taking the answer of somebody who was told: I see to it, hand on, cannot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.activation.actions.reaching import lane
from app.activation.queries import source_of
from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.core.errors import Forbidden, Invalid, NotFound
from app.core.permissions import Permission
from app.escalation import people, queries, texts
from app.escalation.actions.owning import own, pass_on
from app.escalation.events import NoticeAnswered
from app.escalation.models import Escalation, Notice, NoticeAnswer, NoticeState
from app.incidents.actions.record import record, take
from app.incidents.models import Incident, IncidentState
from app.messaging.actions import request, supersede
from app.messaging.channels import Channel
from app.staffing.models import Person

CHANNELS = ("sms", "voice", "link", "by_hand")


@dataclass(frozen=True)
class Said:
    """What an answer led to, in a sentence for the person; `counts` is False when it was settled already."""

    notice: Notice
    message: str
    counts: bool


def answer(
    uow: UnitOfWork,
    actor: Actor,
    notice_id: str,
    *,
    digit: str,
    channel: str,
    from_number: str | None = None,
) -> Said:
    """1 I see to it, 2 hand on, 9 cannot. For others than oneself it needs callout.send.

    An answer counts once; to what is settled it changes nothing and is thanked for. An answer by text is
    acknowledged to the number it came from.
    """
    notice = uow.session.get(Notice, notice_id)
    if notice is None:
        raise NotFound("There is no such notice.")
    incident = take(uow, actor, None, notice.incident_id, closed_too=True)
    if actor.person_id != notice.person_id and not actor.may(Permission.CALLOUT_SEND, incident.facility_id):
        raise Forbidden("You can only answer for yourself.")
    if digit not in texts.ANSWERS:
        raise Invalid.field("digit", f"must be one of {texts.choices('')}")
    if channel not in CHANNELS:
        raise Invalid.field("channel", f"must be one of {', '.join(CHANNELS)}")
    uow.session.refresh(notice)
    escalation = uow.session.get_one(Escalation, notice.escalation_id, populate_existing=True)
    said = _settle(uow, actor, incident, escalation, notice, texts.ANSWERS[digit], channel)
    if channel == "sms":
        _acknowledge(uow, incident, notice, said.message, from_number)
    return said


def say_which(
    uow: UnitOfWork, found: Sequence[Notice], from_number: str, more: Sequence[tuple[str, str]]
) -> None:
    """Say what to reply, when a digit alone could mean several of these, or `more`: (letter, name)."""
    incident = uow.session.get_one(Incident, found[0].incident_id)
    named = [(notice.code, notice.title) for notice in found] + list(more)
    _acknowledge(uow, incident, found[0], texts.which(source_of(uow.session, incident), named), from_number)


def _settle(
    uow: UnitOfWork,
    actor: Actor,
    incident: Incident,
    escalation: Escalation,
    notice: Notice,
    given: NoticeAnswer,
    channel: str,
) -> Said:
    source = source_of(uow.session, incident)
    closed = incident.state is IncidentState.CLOSED or escalation.ended_at is not None
    if closed or notice.state not in (NoticeState.OPEN, NoticeState.GATHERING):
        return Said(notice, texts.over(source, notice.title), counts=False)
    notice.state, notice.answer = NoticeState.ANSWERED, given
    notice.answered_at, notice.send_at = uow.now, None
    supersede(uow, subject_id=notice.id)
    escalation.acks += given is NoticeAnswer.SEES_TO_IT
    uow.session.flush()
    answered = NoticeAnswered(
        what=escalation.kind,
        subject_id=escalation.subject_id,
        escalation_id=escalation.id,
        title=notice.title,
        person_name=notice.person_name,
        answer=given.value,
        channel=channel,
        acks=escalation.acks,
        needs=escalation.needs,
    )
    record(uow, incident, actor, answered)
    return Said(notice, _follow(uow, actor, incident, escalation, notice), counts=True)


def _follow(uow: UnitOfWork, actor: Actor, incident: Incident, escalation: Escalation, notice: Notice) -> str:
    source = source_of(uow.session, incident)
    if notice.answer is NoticeAnswer.SEES_TO_IT:
        if escalation.acks < escalation.needs:
            return texts.counted(source, notice.title, escalation.acks, escalation.needs)
        person = uow.session.get_one(Person, notice.person_id)
        own(uow, actor, incident, escalation, person)
        assert escalation.held_until is not None
        return texts.sees_to_it(source, notice.title, escalation.held_until)
    if notice.turn is not None and notice.answer is NoticeAnswer.CANNOT:
        people.give_turn_back(uow, incident.facility_id, notice.turn, notice.person_id)
    # With others told who may still answer, a no is theirs to hear of only when its time comes.
    if notice.answer is NoticeAnswer.HANDED_ON or not queries.still_told(uow.session, escalation.id):
        pass_on(uow, actor, incident, escalation)
    return texts.handed_on(source, notice.title)


def _acknowledge(
    uow: UnitOfWork, incident: Incident, notice: Notice, body: str, from_number: str | None
) -> None:
    """A text back, sent only if and when this transaction is committed."""
    person = uow.session.get_one(Person, notice.person_id)
    written = [c for c in person.contacts if c.address == from_number]
    contact = written[0] if written else people.address(person, Channel.SMS)
    if contact is None:
        return
    request(
        uow,
        purpose="ack",
        subject_id=notice.id,
        stream=incident.stream,
        person_id=person.id,
        contact_id=contact.id,
        to=contact.address,
        body=body,
        key=f"ack:{uow.new_id()}",
        lane=lane(incident, 0),
    )
