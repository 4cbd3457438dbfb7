"""Replies from phones that are for something people have been told.

A notice always says its letter, and no phone has a letter for two things. So a reply with a letter is for what
has it; a digit alone is for the one notice that stands open, unless the phone has a call-out's question open.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.activation.codes import CODE_REST
from app.activation.models import Question, QuestionState, Slot
from app.activation.replies import Reply, parse
from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.escalation import actions, queries
from app.escalation.models import Notice, NoticeState
from app.escalation.texts import ANSWERS
from app.messaging.inbox import Heard, Inbound
from app.staffing.models import ContactMethod


def take_replies(uow: UnitOfWork, inbound: list[Inbound]) -> list[Heard]:
    """Answer what texts and keys are for. False for each that is not, or may not be, for a notice."""
    return [_take(uow, one) for one in inbound]


def _take(uow: UnitOfWork, inbound: Inbound) -> bool:
    if inbound.subject_id is not None:  # a key in a call is for what the call was about, and nothing else
        called = uow.session.get(Notice, inbound.subject_id)
        key = inbound.text.strip()[:1]
        return called is not None and _answer(uow, called, key, "voice", inbound.from_)
    reply = parse(inbound.text)
    if reply is None:
        return False
    if reply.code is not None:
        named = _named(uow, inbound.person_ids, reply)
        return named is not None and _answer(uow, named, reply.digit, "sms", inbound.from_)
    found = queries.open_notices(uow.session, inbound.person_ids)
    asked = _asked(uow, inbound.person_ids)
    if not found or (asked and asked[-1][2] < min(notice.told_at for notice in found)):
        return False  # the question was there first, and its text said that a digit is enough
    if len(found) == 1 and not asked:
        return _answer(uow, found[0], reply.digit, "sms", inbound.from_)
    actions.say_which(uow, found, inbound.from_, [(code, title) for code, title, _ in asked])
    return True


def given(session: Session, numbers: Sequence[str], now: datetime) -> Iterable[tuple[str, str, bool]]:
    """The letters that people at these numbers have for notices: (number, letter, still open)."""
    query = (
        sa.select(ContactMethod.address, Notice.code, Notice.state)
        .join(Notice, Notice.person_id == ContactMethod.person_id)
        .where(
            ContactMethod.address.in_(numbers),
            Notice.asked,
            sa.or_(
                Notice.told_at > now - CODE_REST, sa.text("escalation_notices.state IN ('gathering', 'open')")
            ),
        )
    )
    for address, code, state in session.execute(query):
        yield address, code, state in (NoticeState.OPEN, NoticeState.GATHERING)


def _named(uow: UnitOfWork, person_ids: Sequence[str], reply: Reply) -> Notice | None:
    """The newest notice with this letter to the people of this phone."""
    query = sa.select(Notice).where(
        Notice.person_id.in_(person_ids),
        Notice.code == reply.code,
        Notice.asked,
        Notice.told_at > uow.now - CODE_REST,
    )
    return uow.session.scalars(query.order_by(Notice.told_at.desc(), Notice.id.desc()).limit(1)).first()


def _asked(uow: UnitOfWork, person_ids: Sequence[str]) -> list[tuple[str, str, datetime]]:
    """Open questions of call-outs to the people of this phone, oldest first: letter, what for, when."""
    query = (
        sa.select(Question.code, Slot.title, Question.asked_at)
        .join(Slot, Slot.id == Question.slot_id)
        .where(Question.person_id.in_(person_ids), Question.state == QuestionState.OPEN)
        .order_by(Question.asked_at, Question.id)
    )
    return [(code, title, at) for code, title, at in uow.session.execute(query)]


def _answer(uow: UnitOfWork, notice: Notice, digit: str, channel: str, from_number: str) -> bool:
    who = Actor.person(notice.person_id, notice.person_name)
    if digit not in ANSWERS:
        actions.say_which(uow, [notice], from_number, [])
        return True
    actions.answer(uow, who, notice.id, digit=digit, channel=channel, from_number=from_number)
    return True
