"""What happens to a call on a simulated phone: it is picked up, declined or missed, and ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.core.errors import Conflict, NotFound
from app.core.permissions import Permission
from app.messaging.carriers.voice import RING_SECONDS
from app.messaging.channels import Channel
from app.messaging.models import Ring, SimText
from app.staffing.models import ContactMethod, Person

_AFTER = {
    Ring.RINGING: (Ring.TALKING, Ring.DECLINED, Ring.MISSED),
    Ring.TALKING: (Ring.ENDED,),
}


@dataclass(frozen=True)
class Moved:
    """A call that has come further; `attempt_id` is our try that placed it."""

    id: str
    attempt_id: str
    number: str
    ring: Ring


def move(uow: UnitOfWork, actor: Actor, *, call_id: str, to: Ring) -> Moved:
    """Pick up, decline or miss a call that rings, or end one that is being had.

    Raises NotFound, Forbidden, and Conflict when the call is not there any more to be dealt with so.
    """
    call = _take(uow, call_id)
    people = uow.session.scalars(
        sa.select(Person).join(ContactMethod).where(ContactMethod.address == call.number)
    ).all()
    actor.require(Permission.SIMULATOR_USE, people[0].facility_id if people else None)
    assert call.ring is not None
    if to not in _AFTER.get(call.ring, ()):
        raise Conflict(f"This call is {call.ring.value} and cannot become {to.value}.")
    return _move(uow, call, to)


def hear(uow: UnitOfWork, *, call_id: str, key: str, words: str, over: bool) -> None:
    """A key was pressed in a call, and the call said something; with `over` it has ended."""
    call = _take(uow, call_id)
    answered_at = uow.now + timedelta(milliseconds=1)  # so that they keep their order
    for mine, body, at in ((True, key, uow.now), (False, words, answered_at)):
        uow.session.add(
            SimText(
                id=uow.new_id(),
                number=call.number,
                channel=Channel.VOICE,
                mine=mine,
                body=body,
                at=at,
                open=False,
            )
        )
    if over and call.ring is Ring.TALKING:
        _move(uow, call, Ring.ENDED)
    if over:  # whoever has answered in the call does not answer the texts as well
        texts = sa.update(SimText).where(SimText.number == call.number, SimText.ring.is_(None), SimText.open)
        uow.session.execute(texts.values(open=False))


def ring_out(uow: UnitOfWork) -> Sequence[Moved]:
    """Calls that have rung as long as they may are missed; returns which."""
    rang = rang_out(uow.now).with_for_update()
    return [_move(uow, call, Ring.MISSED) for call in uow.session.scalars(rang)]


def rang_out(now: datetime) -> sa.Select[SimText]:
    """Calls that have rung as long as they may."""
    since = now - timedelta(seconds=RING_SECONDS)
    return sa.select(SimText).where(SimText.open, SimText.ring == Ring.RINGING, SimText.at <= since)


def _take(uow: UnitOfWork, call_id: str) -> SimText:
    query = sa.select(SimText).where(SimText.id == call_id, SimText.ring.is_not(None))
    call = uow.session.scalars(query.with_for_update()).one_or_none()
    if call is None:
        raise NotFound("There is no such call.")
    return call


def _move(uow: UnitOfWork, call: SimText, to: Ring) -> Moved:
    call.ring, call.ring_at, call.open = to, uow.now, to is Ring.TALKING
    assert call.attempt_id is not None
    return Moved(call.id, call.attempt_id, call.number, to)
