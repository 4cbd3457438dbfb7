"""Call-outs escalate: without an answer the next is asked, a supervisor told, the list begun again."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.activation.actions.asking import ask
from app.activation.actions.callouts import begin_round
from app.activation.events import CalloutOpened, CalloutStopped, QuestionsAsked, SlotFilled
from app.activation.models import WANTING, Question, QuestionState, Slot
from app.core.db import UnitOfWork
from app.escalation import deadlines
from app.escalation.deadlines import ENGINE
from app.escalation.kinds import KINDS, Subject, escalates
from app.escalation.planner import Policy, Step
from app.escalation.steps import UNTIL_ENDED
from app.incidents.models import Incident
from app.journal import Entry, subscribe

POSITION = Policy(
    (
        Step(5, "ask_next"),
        Step(5, "ask_next"),
        Step(5, "tell_supervisor"),
        Step(5, "ask_next"),
        Step(5, "tell_commander"),
        Step(10, "repeat"),
    ),
    rounds=UNTIL_ENDED,
)
GROUP = Policy((Step(10, "ask_next"), Step(10, "tell_supervisor"), Step(10, "repeat")), rounds=UNTIL_ENDED)


def _about(session: Session, slot_id: str) -> Subject:
    slot = session.get_one(Slot, slot_id)
    standing = sa.select(Question.person_id, Question.state).where(
        Question.slot_id == slot_id, Question.state != QuestionState.REPLACED
    )
    asked = session.execute(standing).all()
    silent = sorted(person_id for person_id, state in asked if state is QuestionState.OPEN)
    words = f"{len(asked)} asked, {len(silent)} have not answered, not filled yet."
    return Subject(slot.title, words, slot.position_slug, tuple(silent))


def _ask_next(uow: UnitOfWork, incident: Incident, slot_id: str, _late_seconds: int) -> None:
    slot = uow.session.get_one(Slot, slot_id, populate_existing=True)
    if slot.state in WANTING:
        ask(uow, ENGINE, incident, slot, slot.at_once, "waited", waited=True)


def _repeat(uow: UnitOfWork, incident: Incident, slot_id: str, _late_seconds: int) -> None:
    slot = uow.session.get_one(Slot, slot_id, populate_existing=True)
    if slot.state in WANTING:
        begin_round(uow, ENGINE, incident, slot, "repeat")


for _name, _label, _default in (
    ("position", "Positions called for", POSITION),
    ("group", "Groups called in", GROUP),
):
    escalates(
        _name,
        label=_label,
        about=_about,
        does={"ask_next": _ask_next, "repeat": _repeat},
        default=_default,
        shown=True,
        life_safety=True,
    )


@subscribe(CalloutOpened)
def opened(uow: UnitOfWork, entry: Entry) -> None:
    """Each slot has its timer from the beginning, also one for which nobody can be asked yet."""
    event = entry.event
    assert isinstance(event, CalloutOpened)
    for slot in event.slots:
        if slot.kind not in KINDS:
            continue  # what is told for information waits for nobody
        deadlines.begin(uow, slot.kind, slot.slot_id, entry.stream.removeprefix("incident:"), uow.now)


@subscribe(QuestionsAsked)
def asked(uow: UnitOfWork, entry: Entry) -> None:
    event = entry.event
    assert isinstance(event, QuestionsAsked)
    slot = uow.session.get_one(Slot, event.slot_id)
    if slot.kind in KINDS:
        deadlines.wait_anew(uow, slot.kind.value, slot.id, slot.incident_id)


@subscribe(SlotFilled)
def filled(uow: UnitOfWork, entry: Entry) -> None:
    event = entry.event
    assert isinstance(event, SlotFilled)
    slot = uow.session.get_one(Slot, event.slot_id)
    deadlines.end(uow, slot.kind.value, slot.id)


@subscribe(CalloutStopped)
def stopped(uow: UnitOfWork, entry: Entry) -> None:
    event = entry.event
    assert isinstance(event, CalloutStopped)
    for slot in uow.session.scalars(sa.select(Slot).where(Slot.callout_id == event.callout_id)):
        deadlines.end(uow, slot.kind.value, slot.id)
