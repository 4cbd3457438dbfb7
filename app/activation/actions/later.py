"""Taking those who come later than wanted, when nobody can be there in time any more."""

from __future__ import annotations

import sqlalchemy as sa

from app.activation import events, texts
from app.activation.actions.placing import coming, place
from app.activation.actions.reaching import SYSTEM
from app.activation.actions.standing_down import notify
from app.activation.models import WANTING, Outcome, Question, QuestionState, Slot
from app.activation.queries import source_of
from app.activation.rules import expected_at
from app.core.db import UnitOfWork
from app.incidents.actions.record import record, take
from app.incidents.models import Incident, IncidentState


def take_later(uow: UnitOfWork, slot_id: str) -> int:
    """The time in which an answer could still promise to be in time is over. Returns 1 if that was news."""
    incident = take(uow, SYSTEM, None, uow.session.get_one(Slot, slot_id).incident_id, closed_too=True)
    slot = uow.session.get_one(Slot, slot_id, populate_existing=True)
    if slot.use_later_at is None or slot.use_later_at > uow.now:
        return 0
    if slot.state in WANTING and incident.state is IncidentState.ACTIVE:
        use_later(uow, incident, slot)
    slot.use_later_at = None
    return 1


def use_later(uow: UnitOfWork, incident: Incident, slot: Slot) -> None:
    """Every yes counts from now on; those who said that they come later are taken, the soonest first, as far
    as they are needed."""
    if slot.any_yes:
        return
    slot.any_yes, slot.use_later_at = True, None
    taken = _soonest(uow, slot)
    for question in taken:
        question.outcome = Outcome.COMING
    uow.session.flush()
    widened = events.SlotTakesAnyYes(
        callout_id=slot.callout_id, slot_id=slot.id, title=slot.title, taken=[q.id for q in taken]
    )
    record(uow, incident, SYSTEM, widened)
    source = source_of(uow.session, incident)
    for question in taken:
        at = expected_at(question)
        assert at is not None
        body = texts.needed_after_all(source, slot.title, at)
        notify(uow, incident, [question], body, "needed", urgency=0)
    for question in taken[-1:]:
        place(uow, SYSTEM, incident, question, slot, coming(uow, slot))


def _soonest(uow: UnitOfWork, slot: Slot) -> list[Question]:
    standing = sa.select(Question).where(
        Question.slot_id == slot.id, Question.state == QuestionState.ANSWERED
    )
    questions = list(uow.session.scalars(standing))
    coming = sum(question.outcome is Outcome.COMING for question in questions)
    later = [question for question in questions if question.outcome is Outcome.LATER]
    later.sort(key=lambda q: (_arrives(q), q.id))
    return later[: max(slot.needed - coming, 0)]


def _arrives(question: Question) -> float:
    assert question.answered_at is not None
    return question.answered_at.timestamp() + 60 * (question.eta_minutes or 0)
