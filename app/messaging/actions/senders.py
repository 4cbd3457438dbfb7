"""What becomes of our senders: which there are, which take nothing for now and why, and who has told them to stop."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
import structlog

from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.core.errors import NotFound
from app.core.insert import insert_once
from app.core.permissions import Permission
from app.messaging import pace
from app.messaging.carriers.errors import ErrorClass, asks_to_slow_down, seen_on_delivery, stops_the_sender
from app.messaging.channels import Channel
from app.messaging.models import OptOut, SenderEvent, SenderState
from app.messaging.optouts import EVERY, closed, is_closed, senders_of
from app.messaging.senders import Sender
from app.staffing.models import ContactMethod

log = structlog.get_logger()


@dataclass(frozen=True, order=True)
class Note:
    """What a try told about the sender it went by. `error_class` None: it worked; `delivered`, all the way."""

    channel: Channel
    sender: str
    started_at: datetime
    error_class: ErrorClass | None = None
    code: int | None = None
    reason: str = ""
    delivered: bool = False


def register(uow: UnitOfWork, channel: Channel, senders: Sequence[Sender]) -> None:
    """Make the table say which senders the channel has; what is known of them stays."""
    rows = [
        {
            "channel": channel,
            "sender": one.address,
            "kind": one.kind.value,
            "active": True,
            "rate": one.rate,
            "daily_cap": one.daily_cap,
            "free_at": uow.now,
            "slow": 0,
            "probes": 0,
            "rests_for_some": False,
            "used": 0,
        }
        for one in senders
    ]
    if rows:
        insert_once(uow.session, SenderState, rows)
    of_channel = sa.update(SenderState).where(SenderState.channel == channel)
    named = [one.address for one in senders]
    uow.session.execute(
        of_channel.where(SenderState.sender.not_in(named), SenderState.active).values(active=False)
    )
    for one in senders:
        values = {"active": True, "rate": one.rate, "daily_cap": one.daily_cap, "kind": one.kind.value}
        uow.session.execute(of_channel.where(SenderState.sender == one.address).values(values))


def learn(uow: UnitOfWork, notes: Iterable[Note]) -> None:
    """Open circuits, close them again, slow down and rest, as the notes say; rows are locked in order."""
    told: dict[tuple[Channel, str], list[Note]] = {}
    for note in notes:
        told.setdefault((note.channel, note.sender), []).append(note)
    for (channel, sender), about in sorted(told.items()):
        query = sa.select(SenderState).where(SenderState.channel == channel, SenderState.sender == sender)
        if all(note.error_class is None for note in about):
            query = query.where(SenderState.stopped_since.is_not(None))
        state = uow.session.scalars(
            query.with_for_update().execution_options(populate_existing=True)
        ).one_or_none()
        if state is not None:
            for note in about:
                _apply(uow, state, note)
    uow.session.flush()


def reopen(uow: UnitOfWork, actor: Actor, *, channel: Channel, sender: str) -> None:
    """Let a stopped or resting sender send again, now. Raises NotFound for one we do not have."""
    actor.require(Permission.CALLOUT_SEND)
    state = uow.session.get(SenderState, (channel, sender), with_for_update=True)
    if state is None:
        raise NotFound("There is no such sender.")
    _open(uow, state, actor.name)
    state.rests_until, state.rests_for_some, state.slow, state.slowed_at = None, False, 0, None
    state.used = 0
    uow.session.flush()


def close_for(uow: UnitOfWork, channel: Channel, sender: str, address: str) -> None:
    """Somebody has told this sender to stop writing to this address."""
    row = {"channel": channel, "sender": sender, "address": address, "since": uow.now}
    insert_once(uow.session, OptOut, [row])
    _keep_in_step(uow, channel, address)


def open_for(uow: UnitOfWork, channel: Channel, sender: str, address: str) -> bool:
    """Somebody wants to hear from this sender again; whether it was closed for them."""
    theirs = sa.delete(OptOut).where(OptOut.channel == channel, OptOut.address == address)
    if sender != EVERY:
        theirs = theirs.where(OptOut.sender.in_((sender, EVERY)))
    gone = uow.session.execute(theirs.returning(OptOut.sender)).all()
    if gone:
        _keep_in_step(uow, channel, address)
    return bool(gone)


def _keep_in_step(uow: UnitOfWork, channel: Channel, address: str) -> None:
    """A contact method counts as opted out once no sender of its channel may use it."""
    stopped = closed(uow.session, [address], channel).get(address, set())
    contact = sa.update(ContactMethod).where(
        ContactMethod.channel == channel.value, ContactMethod.address == address
    )
    at = ContactMethod.opted_out_at
    if is_closed(stopped, senders_of(uow.session, channel)):
        uow.session.execute(contact.where(at.is_(None)).values(opted_out_at=uow.now))
    else:
        uow.session.execute(contact.where(at.is_not(None)).values(opted_out_at=None))


def _apply(uow: UnitOfWork, state: SenderState, note: Note) -> None:
    if note.error_class is None:
        since = state.stopped_since
        proven = note.delivered or not seen_on_delivery(state.stopped_code)
        if since is not None and note.started_at >= since and proven:
            _open(uow, state, None)
    elif stops_the_sender(note.error_class, note.code):
        _stop(uow, state, note)
    elif note.error_class is ErrorClass.DAILY_CAP:
        _rest(uow, state, note)
    elif asks_to_slow_down(note.error_class, note.code):
        _slow_down(uow, state, note)
    elif note.error_class is ErrorClass.FILTERED:
        _event(uow, state, "filtered", note.code, note.reason)


def _stop(uow: UnitOfWork, state: SenderState, note: Note) -> None:
    state.stopped_code, state.reason = note.code, note.reason[:200]
    if state.stopped_since is not None:
        return
    state.stopped_since, state.probes = uow.now, 0
    state.probe_at = uow.now + pace.next_probe(0)
    log.error("sender.stopped", kind=state.kind, code=note.code, reason=note.reason)
    _event(uow, state, "stopped", note.code, note.reason)


def _open(uow: UnitOfWork, state: SenderState, actor: str | None) -> None:
    if state.stopped_since is None:
        return
    state.stopped_since = state.stopped_code = state.reason = state.probe_at = None
    state.probes = 0
    log.warning("sender.opened", kind=state.kind, by=actor or "a message that went through")
    _event(uow, state, "opened", None, None, actor)
    uow.announce("intents", "")


def _rest(uow: UnitOfWork, state: SenderState, note: Note) -> None:
    until = pace.day_after(uow.now)
    for_some = note.code in ALLOWANCE_OF_SOME
    if state.rests_until == until and state.rests_for_some <= for_some:
        return
    state.rests_until, state.rests_for_some, state.reason = until, for_some, note.reason[:200]
    log.error("sender.rests", kind=state.kind, code=note.code, reason=note.reason)
    _event(uow, state, "rests", note.code, note.reason)


def _slow_down(uow: UnitOfWork, state: SenderState, note: Note) -> None:
    """Once for all that were under way when the carrier first asked for it."""
    if state.slowed_at is not None and note.started_at <= state.slowed_at:
        return
    state.slow = min(pace.slowness(state, uow.now) + 1, pace.SLOWEST)
    state.slowed_at = uow.now
    _event(uow, state, "slowed", note.code, note.reason)


def _event(
    uow: UnitOfWork,
    state: SenderState,
    what: str,
    code: int | None,
    reason: str | None,
    actor: str | None = None,
) -> None:
    uow.session.add(
        SenderEvent(
            id=uow.new_id(),
            channel=state.channel,
            sender=state.sender,
            at=uow.now,
            what=what,
            code=code,
            reason=reason[:200] if reason else None,
            actor=actor,
        )
    )


ALLOWANCE_OF_SOME = frozenset({30023})
"""Daily allowances of one network: phones on the others can still be reached by that sender."""
