"""How far each question has come, as carriers report it; what failed goes on to the next way, or person."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from app.activation import candidates, chain, events
from app.activation.actions.asking import ask
from app.activation.actions.reaching import LOST, SYSTEM, failed_contacts, next_steps
from app.activation.models import WANTING, Question, QuestionState, Slot, Stage
from app.activation.rules import stage_after
from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.incidents.actions.record import record
from app.incidents.models import Incident, IncidentState
from app.messaging.channels import Channel
from app.messaging.inbox import Delivery
from app.messaging.models import Intent
from app.messaging.states import IntentState

_STAGE = {
    IntentState.DELIVERED: Stage.DELIVERED,
    IntentState.SENT: Stage.SENT,
    IntentState.UNCONFIRMED: Stage.SENT,
}


def take_deliveries(uow: UnitOfWork, deliveries: list[Delivery]) -> None:
    """Note how far questions have come, in one entry for each incident. The streams are locked.

    One that failed on a channel goes to the person's next address at once; with none left, the next person
    is asked. A late word about one channel says nothing about another.
    """
    by_incident: dict[str, list[tuple[Question, Delivery]]] = defaultdict(list)
    for question, delivery in _questions(uow, deliveries):
        by_incident[question.incident_id].append((question, delivery))
    for incident_id in sorted(by_incident):
        _Stages(uow, incident_id, by_incident[incident_id]).record()


class _Stages:
    """One batch of reports about one incident's questions."""

    def __init__(self, uow: UnitOfWork, incident_id: str, reports: list[tuple[Question, Delivery]]) -> None:
        self._uow, self._reports = uow, reports
        self._incident = uow.session.get_one(Incident, incident_id, populate_existing=True)
        self._questions = {question.id: question for question, _ in reports}
        self._before = {question.id: question.stage for question, _ in reports}
        self._lost = {d.intent_id for _, d in reports if d.stage == "failed"}

    def record(self) -> None:
        for question, delivery in self._reports:
            if delivery.stage != "failed":
                question.stage = stage_after(question.stage, Stage(delivery.stage))
        failing = {q.id: q for q, d in self._reports if d.stage == "failed"}
        failed, rerouted = self._failed(list(failing.values())) if failing else ([], {})
        moved = [q for q in self._questions.values() if q.stage is not self._before[q.id]]
        if not moved and not rerouted:
            return
        self._uow.session.flush()
        self._tell(moved, [id for id in rerouted if self._questions[id].stage is Stage.ASKED])
        self._go_on([self._questions[id] for id in rerouted], rerouted)
        self._ask_instead(failed)

    def _failed(self, failing: list[Question]) -> tuple[list[Question], dict[str, list[int]]]:
        """Those that have failed on every channel there is, and the next step of the others that have one."""
        states = self._states(failing)
        lost_contacts = failed_contacts(self._uow, [q.id for q in failing])
        failed: list[Question] = []
        rerouted: dict[str, list[int]] = {}
        for question in failing:
            own = states[question.id]
            lost = {intent.contact_id for intent in own if self._is_lost(intent) and intent.contact_id}
            lost_contacts[question.id] |= lost
            stage = max((self._stage(intent) for intent in own), key=_height, default=Stage.FAILED)
            steps = chain.read(question.chain)
            wanted = question.state is QuestionState.OPEN and self._incident.state is IncidentState.ACTIVE
            step = self._instead(question, steps, own) if wanted else None
            if step is not None:
                rerouted[question.id] = [step]
            elif stage is Stage.FAILED and wanted and not self._hopeless(question, steps, lost):
                stage = Stage.ASKED
            elif stage is Stage.FAILED:
                failed.append(question)
                question.next_channel_at = None
            question.stage = Stage.ASKED if step is not None and stage is Stage.FAILED else stage
        self._lost_contacts = lost_contacts
        return failed, rerouted

    def _hopeless(self, question: Question, steps: Sequence[chain.Step], lost: set[str]) -> bool:
        return question.next_channel_at is None or chain.hopeless(steps, question.tried, lost)

    def _instead(
        self, question: Question, steps: Sequence[chain.Step], intents: Sequence[Intent]
    ) -> int | None:
        channels = [i.channel for i in intents if i.id in self._lost]
        return chain.instead(steps, question.tried, Channel(channels[-1])) if channels else None

    def _is_lost(self, intent: Intent) -> bool:
        return intent.id in self._lost or intent.state in LOST

    def _stage(self, intent: Intent) -> Stage:
        return Stage.FAILED if self._is_lost(intent) else _STAGE.get(intent.state, Stage.ASKED)

    def _states(self, questions: Sequence[Question]) -> dict[str, list[Intent]]:
        """Every message about these questions that was asked for, oldest first."""
        found: dict[str, list[Intent]] = defaultdict(list)
        for some in candidates.chunks([q.id for q in questions]):
            query = sa.select(Intent).where(Intent.subject_id.in_(some), Intent.purpose == "question")
            query = query.where(Intent.state != IntentState.SUPERSEDED).order_by(Intent.id)
            for intent in self._uow.session.scalars(query):
                found[intent.subject_id].append(intent)
        return found

    def _tell(self, moved: Sequence[Question], rerouted: list[str]) -> None:
        ids = {stage: sorted(q.id for q in moved if q.stage is stage) for stage in Stage}
        batch = events.QuestionsDelivered(
            sent=ids[Stage.SENT],
            delivered=ids[Stage.DELIVERED],
            failed=ids[Stage.FAILED],
            rerouted=sorted({*rerouted, *ids[Stage.ASKED]}),
        )
        if any((batch.sent, batch.delivered, batch.failed, batch.rerouted)):
            record(self._uow, self._incident, Actor.system("messaging"), batch, occurred_at=self._last())

    def _go_on(self, questions: Sequence[Question], steps: dict[str, list[int]]) -> None:
        if questions:
            next_steps(self._uow, self._incident, questions, steps, self._lost_contacts, "failed")

    def _ask_instead(self, failed: Sequence[Question]) -> None:
        if self._incident.state is IncidentState.CLOSED:
            return
        by_slot: dict[str, int] = defaultdict(int)
        for question in failed:
            if question.state is QuestionState.OPEN:
                by_slot[question.slot_id] += 1
        for slot_id in sorted(by_slot):
            slot = self._uow.session.get_one(Slot, slot_id, populate_existing=True)
            if slot.state in WANTING:
                ask(self._uow, SYSTEM, self._incident, slot, by_slot[slot_id], "failed")

    def _last(self) -> datetime:
        return min(max(delivery.at for _, delivery in self._reports), self._uow.now)


def _height(stage: Stage) -> int:
    return (Stage.FAILED, Stage.ASKED, Stage.SENT, Stage.DELIVERED).index(stage)


def _questions(uow: UnitOfWork, deliveries: Sequence[Delivery]) -> list[tuple[Question, Delivery]]:
    ids = list({delivery.subject_id for delivery in deliveries})
    found: dict[str, Question] = {}
    for some in candidates.chunks(ids):
        query = sa.select(Question).where(Question.id.in_(some)).execution_options(populate_existing=True)
        found.update((question.id, question) for question in uow.session.scalars(query))
    return [(found[d.subject_id], d) for d in deliveries if d.subject_id in found]
