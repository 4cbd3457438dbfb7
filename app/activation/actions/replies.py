"""What comes from phones, turned into answers, messages to the one who asks, and hints (promise I6).

After a call-out a thousand phones answer within minutes, about one incident, whose journal takes one writer at
a time. So all that has come is worked off in one transaction, each text in a savepoint of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import timedelta

import sqlalchemy as sa
import structlog

from app.activation import candidates, texts
from app.activation.actions.answers import Batch, acknowledge, answer_in
from app.activation.actions.messages import keep
from app.activation.actions.reaching import SYSTEM, intent_key
from app.activation.models import Answer, Outcome, Question, QuestionState, Slot, SlotKind, SlotState
from app.activation.replies import Known, Reply, Resolved, is_message, parse, resolve
from app.activation.rules import READ
from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.incidents.actions.record import take
from app.incidents.models import Incident
from app.messaging.inbox import Heard, Inbound
from app.messaging.texts import mark
from app.staffing.models import Person

log = structlog.get_logger()

REMEMBERED = timedelta(hours=24)
"""A reply is taken for a question no older than this."""

MOST_HINTS = 3
HINTS_WITHIN = timedelta(hours=1)
"""So many times in that time a phone is told what to reply: two machines must not write to each other."""


def take_replies(uow: UnitOfWork, inbound: list[Inbound]) -> list[Heard]:
    """Answer the questions that texts are for, keep what people write, or say what to reply.

    False for a text whose people were asked nothing lately: then it is no business of ours. None for one
    that failed, when there are others.
    """
    asked = _Asked(uow, inbound)
    ours = [one for one in inbound if asked.resolve(one).question is not None]
    ids = sorted({asked.incident_of(one) for one in ours})
    asked.incidents = [take(uow, SYSTEM, None, incident_id, closed_too=True) for incident_id in ids]
    if ours:
        asked.read_again()
    return _Replies(uow, asked).take_all(inbound, [one in ours for one in inbound])


class _Asked:
    """The questions that these phones could be answering."""

    def __init__(self, uow: UnitOfWork, inbound: Sequence[Inbound]) -> None:
        self._uow = uow
        self._person_ids = sorted({person for one in inbound for person in one.person_ids})
        self._subjects = sorted({one.subject_id for one in inbound if one.subject_id})
        self.incidents: list[Incident] = []
        self.read_again()

    def read_again(self) -> None:
        """As they are now that the incidents are taken."""
        self._rows: dict[str, tuple[Question, Slot]] = {}
        recent = sa.or_(Question.asked_at > self._uow.now - REMEMBERED, Question.state == QuestionState.OPEN)
        for some in candidates.chunks(self._person_ids):
            self._read(sa.and_(Question.person_id.in_(some), recent))
        for some in candidates.chunks(self._subjects):
            self._read(Question.id.in_(some))
        self._by_person: dict[str, dict[str, tuple[Question, Slot]]] = defaultdict(dict)
        for question, slot in self._rows.values():
            self._by_person[question.person_id][question.id] = (question, slot)

    def people(self) -> list[Person]:
        """Kept by the caller, so that nobody is read again for each text."""
        return candidates.people(self._uow.session, self._person_ids)

    def resolve(self, inbound: Inbound) -> Resolved:
        """Which question a text is for, as things are at this moment of the transaction."""
        own = [row for person in inbound.person_ids for row in self._by_person[person].values()]
        if (about := self._rows.get(inbound.subject_id or "")) is not None:
            # What was asked again since the call began is answered there.
            own = [(q, s) for q, s in own if s.id == about[1].id and q.person_id == about[0].person_id]
        elif inbound.subject_id is not None:
            own = []
        standing = [(q, s) for q, s in own if q.state is not QuestionState.REPLACED]
        return resolve(parse(inbound.text), [_known(question, slot) for question, slot in standing])

    def row(self, question_id: str) -> tuple[Question, Slot]:
        return self._rows[question_id]

    def incident_of(self, inbound: Inbound) -> str:
        found = self.resolve(inbound).question
        assert found is not None
        return self.row(found.id)[0].incident_id

    def _read(self, condition: sa.ColumnElement[bool]) -> None:
        query = sa.select(Question, Slot).join(Slot, Slot.id == Question.slot_id).where(condition)
        rows = self._uow.session.execute(query.execution_options(populate_existing=True))
        self._rows.update((question.id, (question, slot)) for question, slot in rows)


class _Replies:
    """Works off texts in a transaction that has taken their incidents."""

    def __init__(self, uow: UnitOfWork, asked: _Asked) -> None:
        self._uow, self._asked = uow, asked
        self._batch = Batch(uow)
        self._people = asked.people()

    def take_all(self, inbound: Sequence[Inbound], ours: Sequence[bool]) -> list[Heard]:
        """All together; or, if one of them cannot be taken, each for itself."""
        if len(inbound) == 1:
            results: list[Heard] = [ours[0] and self._take(inbound[0], self._batch)]
        else:
            results = self._together(inbound, ours) or [
                mine and self._alone(one) for one, mine in zip(inbound, ours, strict=True)
            ]
        self._batch.finish()
        return results

    def _together(self, inbound: Sequence[Inbound], ours: Sequence[bool]) -> list[Heard]:
        """Nothing, and nothing done, if one of them fails."""
        some = Batch(self._uow)
        try:
            with self._uow.savepoint():
                results = [m and self._take(one, some) for one, m in zip(inbound, ours, strict=True)]
        except Exception:
            log.exception("activation.replies_one_by_one", count=len(inbound))
            self._asked.read_again()
            return []
        self._batch.take_over(some)
        return list(results)

    def _alone(self, inbound: Inbound) -> Heard:
        one = Batch(self._uow)
        try:
            with self._uow.savepoint():
                handled = self._take(inbound, one)
        except Exception:
            log.exception("activation.reply_left_for_later")
            self._asked.read_again()
            return None
        self._batch.take_over(one)
        return handled

    def _take(self, inbound: Inbound, batch: Batch) -> Heard:
        resolved = self._asked.resolve(inbound)
        if resolved.question is None:
            return False
        question, slot = self._asked.row(resolved.question.id)
        reply = parse(inbound.text)
        if resolved.how == "answers" and reply is not None and _fits(resolved.question, reply):
            return self._answer(inbound, batch, question, slot, reply)
        self._keep_unread(inbound, question)
        if is_message(inbound.text):
            self._message(inbound, question)
        return self._hint(inbound, batch, question, resolved)

    def _answer(self, inbound: Inbound, batch: Batch, question: Question, slot: Slot, reply: Reply) -> Heard:
        """Who is on the line hears what came of it; of a call that is over it is confirmed by text."""
        actor = Actor.person(question.person_id, question.person_name)
        incident = self._uow.session.get_one(Incident, question.incident_id)
        given = answer_in(
            batch,
            actor,
            incident,
            question,
            slot,
            digit=reply.digit,
            channel=inbound.channel,
            text=inbound.text,
            from_number=inbound.from_,
        )
        if reply.words:
            self._message(inbound, question)
        if inbound.on_line:
            return given.message
        if inbound.channel == "voice":
            acknowledge(batch, incident, given.question, given.message, inbound.from_)
        return True

    def _message(self, inbound: Inbound, question: Question) -> None:
        incident = self._uow.session.get_one(Incident, question.incident_id)
        actor = Actor.person(question.person_id, question.person_name)
        keep(self._uow, actor, incident, question, inbound.text, inbound.channel)

    def _keep_unread(self, inbound: Inbound, question: Question) -> None:
        """What could not be taken for an answer, as it came."""
        unread = Answer(
            id=self._uow.new_id(),
            question_id=question.id,
            person_id=question.person_id,
            digit=None,
            channel=inbound.channel,
            text=inbound.text.replace("\x00", "")[:160],
            outcome=None,
            received_at=self._uow.now,
        )
        self._uow.session.add(unread)
        self._uow.session.flush()

    def _hint(self, inbound: Inbound, batch: Batch, question: Question, resolved: Resolved) -> Heard:
        """Say what to reply, unless this phone has been told often enough."""
        told = sa.select(sa.func.count()).where(
            Answer.person_id == question.person_id,
            Answer.digit.is_(None),
            Answer.received_at > self._uow.now - HINTS_WITHIN,
        )
        often = (self._uow.session.scalar(told) or 0) > MOST_HINTS
        closed = question.state is not QuestionState.OPEN
        if not inbound.on_line and (often or closed or inbound.channel != "sms"):
            return True
        incident = self._uow.session.get_one(Incident, question.incident_id)
        source = batch.source(incident)
        known = resolved.question
        assert known is not None
        if len(resolved.among) > 1:
            body = texts.which(source, resolved.among)
        elif known.informs:
            body = texts.information_hint(source, known)
        else:
            body = texts.unreadable(source, known, "")
        if inbound.on_line:
            return body
        acknowledge(batch, incident, question, body, inbound.from_)
        return True


def _fits(question: Known, reply: Reply) -> bool:
    return not question.informs or reply.digit == READ


def _known(question: Question, slot: Slot) -> Known:
    return Known(
        id=question.id,
        code=question.code,
        references=frozenset(_references(question)),
        title=slot.title,
        open=question.state is QuestionState.OPEN,
        standing=question.outcome in (Outcome.COMING, Outcome.LATER) and slot.state is not SlotState.STOPPED,
        informs=slot.kind is SlotKind.INFORMATION,
        asked_at=question.asked_at,
    )


def _references(question: Question) -> Iterable[str]:
    return (mark(intent_key(question, index)) for index in question.tried)
