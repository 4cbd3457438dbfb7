"""A text that reaches nobody moves its escalation on at once: nobody can answer what they have not heard."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from app.core.db import UnitOfWork
from app.escalation import deadlines, queries
from app.escalation.models import Escalation, Notice, NoticeState
from app.escalation.steps import REPEAT
from app.messaging.inbox import Delivery
from app.messaging.models import Intent
from app.messaging.states import IntentState

ENDED_UNSEEN = (IntentState.FAILED, IntentState.EXPIRED, IntentState.REFUSED)


def take_failures(uow: UnitOfWork, deliveries: list[Delivery]) -> None:
    """The next step of whatever nobody can have heard of; beginning again from the first keeps its time."""
    failed = {delivery.subject_id for delivery in deliveries if delivery.stage == "failed"}
    if not failed:
        return
    query = (
        sa.select(Escalation)
        .join(Notice, Notice.escalation_id == Escalation.id)
        .where(Notice.id.in_(failed), Notice.state == NoticeState.OPEN, Notice.asked)
        .where(Escalation.ended_at.is_(None), Escalation.owner_id.is_(None))
    )
    for escalation in uow.session.scalars(query.distinct().order_by(Escalation.id)).all():
        if not _may_have_heard(uow, queries.still_told(uow.session, escalation.id)):
            _hurry(uow, escalation)


def _may_have_heard(uow: UnitOfWork, told: Iterable[Notice]) -> bool:
    """Whether a text to any of them has arrived, or still may."""
    ids = [notice.id for notice in told if notice.state is NoticeState.OPEN]
    if any(notice.state is NoticeState.GATHERING for notice in told):
        return True
    intents = sa.select(Intent.subject_id, Intent.state).where(Intent.subject_id.in_(ids))
    found = uow.session.execute(intents).all()
    in_a_bundle = set(ids) - {subject_id for subject_id, _ in found}
    return bool(in_a_bundle) or any(state not in ENDED_UNSEEN for _, state in found)


def _hurry(uow: UnitOfWork, escalation: Escalation) -> None:
    coming = queries.open_deadline(uow.session, escalation.kind, escalation.subject_id)
    if coming is None or coming.do in (REPEAT, deadlines.COME_BACK):
        return
    waits = deadlines.hurry(uow, escalation)
    if waits is not None:
        deadlines.announce(uow, waits)
