"""What call-outs follow: positions that are filled, incidents that are closed, phones and carriers."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.activation.actions.asking import ask
from app.activation.actions.callouts import stop_all
from app.activation.actions.deliveries import take_deliveries
from app.activation.actions.later import use_later
from app.activation.actions.placing import fill
from app.activation.actions.reaching import SYSTEM
from app.activation.actions.replies import take_replies
from app.activation.events import SlotExhausted, SlotFilled
from app.activation.models import WANTING, Question, QuestionState, Slot
from app.core.db import UnitOfWork
from app.incidents.closing import counted, leaves_open
from app.incidents.events import IncidentClosed, PositionAssigned
from app.incidents.models import Incident
from app.journal import Entry, subscribe
from app.messaging.inbox import on_delivery, on_reply

on_reply(take_replies)
on_delivery("question")(take_deliveries)


@subscribe(PositionAssigned)
def position_filled(uow: UnitOfWork, entry: Entry) -> None:
    """Filled by an answer or by hand: either way nobody else is wanted."""
    event = entry.event
    assert isinstance(event, PositionAssigned)
    incident = _incident(uow, entry)
    query = sa.select(Slot).where(
        Slot.incident_id == incident.id, Slot.position_slug == event.slug, Slot.state.in_(WANTING)
    )
    for slot in uow.session.scalars(query.execution_options(populate_existing=True)).all():
        fill(uow, SYSTEM, incident, slot, event.person_name, filler=event.person_id)


@subscribe(SlotFilled)
def people_are_free(uow: UnitOfWork, entry: Entry) -> None:
    """Who was stood down there can be asked for what nobody is asked for now."""
    event = entry.event
    assert isinstance(event, SlotFilled)
    incident = _incident(uow, entry)
    asked = sa.select(Question.slot_id).where(
        Question.incident_id == incident.id, Question.state == QuestionState.OPEN
    )
    waiting = sa.select(Slot).where(
        Slot.incident_id == incident.id, Slot.state.in_(WANTING), Slot.id.not_in(asked)
    )
    for slot in uow.session.scalars(waiting.order_by(Slot.id)).all():
        ask(uow, SYSTEM, incident, slot, slot.at_once, "freed")


@subscribe(SlotExhausted)
def nobody_left(uow: UnitOfWork, entry: Entry) -> None:
    """Everybody has answered, and nobody else can be asked: those who come later are better than none."""
    event = entry.event
    assert isinstance(event, SlotExhausted)
    if event.unanswered == 0:
        use_later(uow, _incident(uow, entry), uow.session.get_one(Slot, event.slot_id))


@leaves_open
def still_asking(session: Session, incident_id: str) -> str | None:
    query = sa.select(sa.func.count()).where(Slot.incident_id == incident_id, Slot.state.in_(WANTING))
    return counted(session.scalar(query) or 0, "place still called for", "places still called for")


@subscribe(IncidentClosed)
def incident_closed(uow: UnitOfWork, entry: Entry) -> None:
    stop_all(uow, _incident(uow, entry), "The incident is closed")


def _incident(uow: UnitOfWork, entry: Entry) -> Incident:
    return uow.session.get_one(Incident, entry.stream.removeprefix("incident:"))
