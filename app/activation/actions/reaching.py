"""Reaching people: what each step of a chain sends, and the next step after silence or failure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import timedelta

import sqlalchemy as sa

from app.accounts import links
from app.activation import candidates, chain, events, texts
from app.activation.models import Callout, Question, QuestionState, Slot, SlotKind
from app.activation.queries import source_of
from app.activation.rules import LINK_LIFE
from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.incidents.actions.record import record, take
from app.incidents.models import Incident, IncidentState
from app.messaging.actions import Wish, request_all
from app.messaging.channels import Channel
from app.messaging.models import Intent
from app.messaging.states import IntentState
from app.staffing.models import ContactMethod

SYSTEM = Actor.system("call-outs")
QUESTION_LIFE = timedelta(hours=2)
"""A message that could not be sent for so long is not sent any more."""

AT_ONCE = 200
LOST = (IntentState.FAILED, IntentState.EXPIRED, IntentState.REFUSED)
"""States in which a message has not reached anybody and will not."""


def lane(incident: Incident, urgency: int) -> int:
    """0 answers, 1 questions, 2 notices; an exercise never stands before something real."""
    return urgency + (4 if incident.exercise else 0)


def intent_key(question: Question, index: int) -> str:
    """One message for each step of a question: call-out, person and round are what that is unique by (I1)."""
    step = question.chain[index]
    return f"question:{question.id}:{step['channel']}:{step['contact']}:{index}"


class Reach:
    """Writes the messages of one incident's questions, and keeps what they have in common."""

    def __init__(self, uow: UnitOfWork, incident: Incident) -> None:
        self._uow, self._incident = uow, incident
        self._source = source_of(uow.session, incident)

    def wishes(
        self, question: Question, addresses: dict[str, str], indices: Iterable[int], *, tagged: bool = True
    ) -> list[Wish]:
        """The messages of these steps. `addresses` by contact method; a step without one sends nothing."""
        callout = self._uow.session.get_one(Callout, question.callout_id)
        slot = self._uow.session.get_one(Slot, question.slot_id)
        link = ""
        found = []
        for index in indices:
            step = question.chain[index]
            if (to := addresses.get(step["contact"])) is None:
                continue
            channel, key = Channel(step["channel"]), intent_key(question, index)
            if channel is not Channel.VOICE and not link:
                link = self._link(callout, question)
            words = texts.Asking(
                slot.title, question.code, tagged, callout.extra, slot.kind is SlotKind.INFORMATION
            )
            found.append(self._wish(question, step["contact"], to, channel, key, words, link))
        return found

    def _link(self, callout: Callout, question: Question) -> str:
        secret = links.make(
            self._uow,
            person_id=question.person_id,
            purpose="answer",
            subject_id=question.id,
            expires_at=self._uow.now + LINK_LIFE,
        )
        return f"{callout.public_url}/a/{secret}"

    def _wish(
        self,
        question: Question,
        contact_id: str,
        to: str,
        channel: Channel,
        key: str,
        words: texts.Asking,
        link: str,
    ) -> Wish:
        title = None
        if channel is Channel.VOICE:
            body = texts.spoken(self._source, words)
        elif channel is Channel.EMAIL:
            title, body = texts.mail(self._source, words, link)
        else:
            body = texts.asking(self._source, words, key=key, link=link)
        return Wish(
            purpose="question",
            subject_id=question.id,
            stream=self._incident.stream,
            person_id=question.person_id,
            contact_id=contact_id,
            to=to,
            body=body,
            key=key,
            lane=lane(self._incident, 1),
            expires_at=self._uow.now + QUESTION_LIFE,
            channel=channel,
            title=title,
        )


def go_on(uow: UnitOfWork, incident_id: str) -> int:
    """Take the next step of the incident's questions that have waited long enough for an answer; returns how
    many questions that were, at most `AT_ONCE`."""
    incident = take(uow, SYSTEM, None, incident_id, closed_too=True)
    waiting = (
        sa.select(Question)
        .where(
            Question.incident_id == incident.id,
            Question.next_channel_at <= uow.now,
            Question.state == QuestionState.OPEN,
        )
        .order_by(Question.next_channel_at, Question.id)
        .limit(AT_ONCE)
        .execution_options(populate_existing=True)
    )
    questions = list(uow.session.scalars(waiting))
    failed = failed_contacts(uow, [q.id for q in questions])
    steps: dict[str, list[int]] = {}
    for question in questions:
        own = chain.read(question.chain)
        steps[question.id] = chain.due(own, question.tried, failed[question.id])
    next_steps(uow, incident, questions, steps, failed, "silence")
    return len(questions)


def next_steps(
    uow: UnitOfWork,
    incident: Incident,
    questions: Sequence[Question],
    steps: dict[str, list[int]],
    failed: dict[str, set[str]],
    why: str,
) -> None:
    """Take these steps of each question, in a transaction that has taken the incident. An address that has
    been closed meanwhile is passed over; its step counts as tried."""
    if incident.state is IncidentState.CLOSED or not questions:
        return
    reach = Reach(uow, incident)
    addresses = _addresses(uow, (q.chain[i]["contact"] for q in questions for i in steps[q.id]))
    wishes: list[Wish] = []
    moved: list[events.Channelled] = []
    for question in questions:
        taken = steps[question.id]
        wishes += reach.wishes(question, addresses, taken)
        question.tried = [*question.tried, *taken]
        own = chain.read(question.chain)
        question.next_channel_at = chain.next_at(
            own, question.tried, question.asked_at, uow.now, failed[question.id]
        )
        moved += [
            events.Channelled(question.id, question.chain[index]["channel"], question.next_channel_at)
            for index in taken
        ]
    uow.session.flush()
    request_all(uow, wishes)
    if moved:
        record(uow, incident, SYSTEM, events.QuestionsChannelled(why=why, questions=moved))


def failed_contacts(uow: UnitOfWork, question_ids: Sequence[str]) -> dict[str, set[str]]:
    """By question, the contact methods that a message about it has not reached."""
    found: dict[str, set[str]] = defaultdict(set)
    for some in candidates.chunks(question_ids):
        query = sa.select(Intent.subject_id, Intent.contact_id).where(
            Intent.subject_id.in_(some), Intent.state.in_(LOST), Intent.contact_id.is_not(None)
        )
        for question_id, contact_id in uow.session.execute(query):
            found[question_id].add(contact_id or "")
    return found


def _addresses(uow: UnitOfWork, contact_ids: Iterable[str]) -> dict[str, str]:
    """Of those that may still be used."""
    found: dict[str, str] = {}
    for some in candidates.chunks(sorted(set(contact_ids))):
        query = sa.select(ContactMethod).where(ContactMethod.id.in_(some))
        found.update((c.id, c.address) for c in uow.session.scalars(query) if chain.usable(c))
    return found
