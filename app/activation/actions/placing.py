"""What a yes leads to: the place is given, and a slot that has enough is filled; or given back."""

from __future__ import annotations

import sqlalchemy as sa

from app.activation import events, texts
from app.activation.actions.standing_down import stand_down
from app.activation.models import (
    WANTING,
    Callout,
    Outcome,
    Question,
    QuestionState,
    Slot,
    SlotKind,
    SlotState,
)
from app.activation.queries import source_of
from app.activation.rules import use_later_at
from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.incidents.actions.positions import end, give, holder
from app.incidents.actions.record import record
from app.incidents.models import Incident
from app.staffing.models import Person


def place(
    uow: UnitOfWork, actor: Actor, incident: Incident, question: Question, slot: Slot, number: int
) -> None:
    """A position is given, and is filled by that (see subscribers); a group is filled by its last yes, when
    `number` come."""
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
    elif slot.state in WANTING and number >= slot.needed:
        fill(uow, actor, incident, slot, f"{number} coming")


def fill(
    uow: UnitOfWork, actor: Actor, incident: Incident, slot: Slot, by: str, *, filler: str | None = None
) -> None:
    """The slot has what it wanted; whoever has not answered is stood down."""
    slot.state = SlotState.FILLED
    source = source_of(uow.session, incident)
    number = stand_down(uow, incident, slot, texts.filled(source, slot.title), filler=filler)
    filled = events.SlotFilled(
        callout_id=slot.callout_id, slot_id=slot.id, title=slot.title, by=by, stood_down=number
    )
    record(uow, incident, actor, filled)


def give_back(
    uow: UnitOfWork, actor: Actor, incident: Incident, question: Question, slot: Slot, why: str
) -> None:
    """Somebody who had said yes does not come after all, or not in time: the place is free again."""
    if slot.kind is SlotKind.POSITION:
        assert slot.position_slug is not None
        held = holder(uow, incident.id, slot.position_slug)
        if held is None or held.person_id != question.person_id:
            return
        end(uow, incident, actor, held, why)
    if slot.state is not SlotState.FILLED:
        return
    slot.state = SlotState.OPEN
    if not slot.any_yes:
        assert slot.wanted_by is not None
        slot.use_later_at = use_later_at(
            uow.session.get_one(Callout, slot.callout_id).opened_at, slot.wanted_by
        )
    uow.session.flush()
    reopened = events.SlotReopened(
        callout_id=slot.callout_id, slot_id=slot.id, title=slot.title, person_name=question.person_name
    )
    record(uow, incident, actor, reopened)


def coming(uow: UnitOfWork, slot: Slot) -> int:
    """How many have said yes and have the place."""
    query = sa.select(sa.func.count()).where(
        Question.slot_id == slot.id,
        Question.outcome == Outcome.COMING,
        Question.state != QuestionState.REPLACED,
    )
    return uow.session.scalar(query) or 0
