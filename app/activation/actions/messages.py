"""What people who were asked write in their own words: kept for the one who opened the call-out."""

from __future__ import annotations

from app.activation import events
from app.activation.models import Callout, Message, Question, Slot
from app.activation.replies import without_numbers
from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.core.errors import Forbidden, Invalid, NotFound
from app.core.permissions import Permission
from app.incidents.actions.record import record, take
from app.incidents.models import Incident
from app.incidents.rules import required_text

MOST_CHARACTERS = 1000


def write(uow: UnitOfWork, actor: Actor, question_id: str, *, text: str, channel: str = "link") -> Message:
    """A person who was asked writes to the one who asks. Raises Invalid, NotFound, Forbidden."""
    question = uow.session.get(Question, question_id)
    if question is None:
        raise NotFound("There is no such question.")
    incident = take(uow, actor, Permission.CALLOUT_ANSWER, question.incident_id, closed_too=True)
    if actor.person_id != question.person_id:
        raise Forbidden("You can only write for yourself.")
    if channel not in ("link", "sms"):
        raise Invalid.field("channel", "must be link or sms")
    return keep(uow, actor, incident, question, required_text("text", text, MOST_CHARACTERS), channel)


def keep(
    uow: UnitOfWork, actor: Actor, incident: Incident, question: Question, text: str, channel: str
) -> Message:
    """The same for a caller who has taken the incident. The journal gets it without phone numbers."""
    message = Message(
        id=uow.new_id(),
        incident_id=incident.id,
        callout_id=question.callout_id,
        question_id=question.id,
        person_id=question.person_id,
        person_name=question.person_name,
        channel=channel,
        text=text.replace("\x00", "").strip()[:MOST_CHARACTERS],
        received_at=uow.now,
        read_by="",
    )
    uow.session.add(message)
    uow.session.flush()
    callout = uow.session.get_one(Callout, question.callout_id)
    received = events.MessageReceived(
        message_id=message.id,
        callout_id=message.callout_id,
        question_id=question.id,
        title=uow.session.get_one(Slot, question.slot_id).title,
        person_id=message.person_id,
        person_name=message.person_name,
        channel=channel,
        text=without_numbers(message.text),
        to=callout.opened_by,
        position=callout.opened_position,
    )
    record(uow, incident, actor, received)
    return message


def mark_read(uow: UnitOfWork, actor: Actor, incident_id: str, message_id: str) -> Message:
    """Somebody has read it, and sees to it. The first who says so stands; a second press changes nothing."""
    incident = take(uow, actor, Permission.CALLOUT_SEND, incident_id, closed_too=True)
    message = uow.session.get(Message, message_id, populate_existing=True)
    if message is None or message.incident_id != incident.id:
        raise NotFound(f"There is no such message in {incident.number}.")
    if message.read_at is None:
        message.read_at, message.read_by = uow.now, actor.name
        uow.session.flush()
        record(uow, incident, actor, events.MessageRead(message_id=message.id, person_name=actor.name))
    return message
