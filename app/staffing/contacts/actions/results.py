"""What became of quiet tests: told by the sender, by a reply, by a link, and looked up where nobody says."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

import sqlalchemy as sa

from app.core.db import UnitOfWork
from app.messaging.channels import Channel
from app.messaging.inbox import Delivery, Heard, Inbound
from app.messaging.models import Intent
from app.messaging.states import IntentState
from app.staffing.contacts.models import QuietTest, QuietTestState
from app.staffing.contacts.rules import result_after
from app.staffing.models import ContactMethod

_S = QuietTestState
REPLY = "1"
REPLIES_WITHIN = timedelta(hours=48)
NEWS_WITHIN = timedelta(hours=12)
"""How long a test may stay without an end; then nobody knows what became of it. Mail has no receipts: for it
"sent" is the end."""

_ENDS = {
    IntentState.DELIVERED: _S.DELIVERED,
    IntentState.FAILED: _S.FAILED,
    IntentState.REFUSED: _S.FAILED,
    IntentState.EXPIRED: _S.FAILED,
    IntentState.UNCONFIRMED: _S.UNKNOWN,
    IntentState.SUPERSEDED: _S.UNKNOWN,
}
_HEARD = {"sent": _S.SENT, "delivered": _S.DELIVERED, "failed": _S.FAILED}


def take_deliveries(uow: UnitOfWork, deliveries: list[Delivery]) -> None:
    """Steps of checking messages; those about codes are not ours."""
    tests = _locked(uow, {delivery.subject_id for delivery in deliveries})
    for delivery in deliveries:
        if delivery.subject_id in tests:
            _hear(tests[delivery.subject_id], _HEARD[delivery.stage], delivery.at, delivery.error)


def take_replies(uow: UnitOfWork, inbound: list[Inbound]) -> list[Heard]:
    """For each text or pressed key, whether it was for a test. A 1 from a phone that was tested lately is."""
    return [_take_reply(uow, one) for one in inbound]


def _take_reply(uow: UnitOfWork, inbound: Inbound) -> bool:
    if inbound.text.strip() != REPLY:
        return False
    query = (
        sa.select(QuietTest.id)
        .join(ContactMethod, ContactMethod.id == QuietTest.contact_id)
        .where(
            QuietTest.person_id.in_(inbound.person_ids),
            ContactMethod.address == inbound.from_,
            ContactMethod.channel == inbound.channel,
            QuietTest.asked_at > uow.now - REPLIES_WITHIN,
            QuietTest.state != _S.SKIPPED,
        )
        .order_by(QuietTest.asked_at.desc(), QuietTest.id.desc())
        .limit(1)
    )
    if inbound.subject_id is not None:
        query = query.where(QuietTest.id == inbound.subject_id)
    test_id = uow.session.scalar(query)
    if test_id is not None:
        answered(uow, test_id, at=inbound.received_at)
    return test_id is not None


def answered(uow: UnitOfWork, test_id: str, *, at: datetime) -> None:
    for test in _locked(uow, [test_id]).values():
        _hear(test, _S.ANSWERED, at, None)


def look_up(uow: UnitOfWork) -> int:
    """Tests that nobody has spoken about: how their messages stand. Returns how many came further."""
    open_ = sa.literal_column("quiet_tests.state").in_(
        [sa.literal_column("'asked'"), sa.literal_column("'sent'")]
    )
    query = (
        sa.select(QuietTest, Intent.state, Intent.error)
        .join(Intent, Intent.id == QuietTest.intent_id)
        .where(open_, QuietTest.ended_at.is_(None))
        .with_for_update(of=QuietTest, skip_locked=True)
    )
    moved = 0
    for test, state, error in uow.session.execute(query).all():
        before = (test.state, test.ended_at)
        if state in _ENDS:
            _hear(test, _ENDS[state], uow.now, error)
        elif test.asked_at is not None and uow.now - test.asked_at > NEWS_WITHIN:
            mail = test.channel == Channel.EMAIL and state is IntentState.SENT
            _hear(test, _S.SENT if mail else _S.UNKNOWN, uow.now, None)
            test.ended_at = test.ended_at or uow.now
        moved += (test.state, test.ended_at) != before
    return moved


def _hear(test: QuietTest, heard: QuietTestState, at: datetime, error: str | None) -> None:
    after = result_after(test.state, heard)
    if after is test.state:
        return
    test.state = after
    test.reason = (error or "")[:200] or None
    if after is not _S.SENT:
        test.ended_at = at


def _locked(uow: UnitOfWork, ids: Collection[str]) -> dict[str, QuietTest]:
    query = sa.select(QuietTest).where(QuietTest.id.in_(ids)).order_by(QuietTest.id)
    return {test.id: test for test in uow.session.scalars(query.with_for_update())}
