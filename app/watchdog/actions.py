"""Claiming a round, keeping what it found, alarming whoever is on watch, and noting the ping."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from app.core.db import UnitOfWork
from app.core.insert import insert_once
from app.messaging.actions import Wish, request_all
from app.messaging.channels import Channel
from app.messaging.states import Purpose
from app.watchdog.models import WatchAlarm, WatchFinding, WatchState
from app.watchdog.registry import ALARMED, Offence
from app.watchdog.rounds import Round
from app.watchdog.wording import counted

ONLY_ROW = 1
ALARM_EVERY = timedelta(hours=1)
KEPT = timedelta(days=30)
_AT_ONCE = 500


def claim(uow: UnitOfWork, *, every: timedelta) -> bool:
    """Whether this process does the next round: nobody began one within `every`."""
    insert_once(uow.session, WatchState, [{"id": ONLY_ROW, "looked": 0, "took_ms": 0}])
    mine = (
        sa.update(WatchState)
        .where(sa.or_(WatchState.began_at.is_(None), WatchState.began_at <= uow.now - every))
        .values(began_at=uow.now)
        .returning(WatchState.id)
    )
    return uow.session.scalar(mine) is not None


def keep(uow: UnitOfWork, done: Round, *, took_ms: int, alarm: Sequence[str], url: str) -> list[str]:
    """Open, keep and resolve findings, and alarm the numbers in `alarm`; returns the kinds alarmed about.

    What an audit that broke had found before stays open: nobody has looked whether it is well.
    """
    for kind, offences in done.found.items():
        if kind not in done.broken:
            _keep_kind(uow, kind, offences)
    forgotten = sa.delete(WatchFinding).where(WatchFinding.resolved_at < uow.now - KEPT)
    uow.session.execute(forgotten)
    ended = {"ended_at": uow.now, "looked": done.looked, "took_ms": took_ms}
    if done.clean:
        ended["clean_at"] = uow.now
    uow.session.execute(sa.update(WatchState).where(WatchState.id == ONLY_ROW).values(**ended))
    lasting = _lasting(uow, done.at)
    kinds = _alarm(uow, lasting, alarm, url)
    for follow in ALARMED:
        follow(uow, {kind: lasting[kind] for kind in kinds}, lasting)
    return kinds


def claim_ping(uow: UnitOfWork, *, every: timedelta) -> bool:
    """Whether this process pings: the last round was clean, and nobody has tried within `every`."""
    mine = (
        sa.update(WatchState)
        .where(
            WatchState.clean_at.is_not(None),
            WatchState.clean_at == WatchState.ended_at,
            sa.or_(WatchState.ping_tried_at.is_(None), WatchState.ping_tried_at <= uow.now - every),
        )
        .values(ping_tried_at=uow.now)
        .returning(WatchState.id)
    )
    return uow.session.scalar(mine) is not None


def pinged(uow: UnitOfWork, error: str | None) -> None:
    """How the ping ended; `error` is None when it got through."""
    values = {"ping_error": error} if error else {"ping_error": None, "pinged_at": uow.now}
    uow.session.execute(sa.update(WatchState).where(WatchState.id == ONLY_ROW).values(**values))


def _keep_kind(uow: UnitOfWork, kind: str, offences: Sequence[Offence]) -> None:
    open_ = sa.select(WatchFinding.subject_id, WatchFinding.id).where(
        WatchFinding.kind == kind, WatchFinding.resolved_at.is_(None)
    )
    known = dict(uow.session.execute(open_).all())
    now_wrong = {offence.subject_id: offence for offence in offences}
    over = [known[subject] for subject in known.keys() - now_wrong.keys()]
    for start in range(0, len(over), _AT_ONCE):
        resolved = sa.update(WatchFinding).where(WatchFinding.id.in_(over[start : start + _AT_ONCE]))
        uow.session.execute(resolved.values(resolved_at=uow.now))
    if known.keys() & now_wrong.keys():
        still = sa.update(WatchFinding).where(WatchFinding.kind == kind, WatchFinding.resolved_at.is_(None))
        uow.session.execute(still.values(last_seen_at=uow.now))
    rows = [
        {
            "id": uow.new_id(),
            "kind": kind,
            "subject_id": offence.subject_id,
            "words": offence.words[:200],
            "since": offence.since,
            "first_seen_at": uow.now,
            "last_seen_at": uow.now,
        }
        for subject, offence in now_wrong.items()
        if subject not in known
    ]
    insert_once(uow.session, WatchFinding, rows)


def _alarm(uow: UnitOfWork, lasting: Mapping[str, int], numbers: Sequence[str], url: str) -> list[str]:
    """Once for each kind and hour, and only of what two rounds have seen: a start after an outage finds much
    that is late and works it off within seconds.
    """
    recent = sa.select(WatchAlarm.kind).where(WatchAlarm.at > uow.now - ALARM_EVERY)
    kinds = sorted(lasting.keys() - set(uow.session.scalars(recent)))
    if not kinds or not numbers:
        return []
    for kind in kinds:
        uow.session.merge(WatchAlarm(kind=kind, at=uow.now))
    text = f"Muster's watchdog: {counted({kind: lasting[kind] for kind in kinds})}. See {url}"
    moment = int(uow.now.timestamp())
    request_all(
        uow,
        [
            Wish(
                purpose=Purpose.NOTICE,
                subject_id=uow.new_id(),
                stream=None,
                person_id=None,
                contact_id=None,
                to=number,
                body=text if channel is Channel.SMS else text.partition(" See ")[0],
                key=f"watchdog:{moment}:{place}:{channel}",
                lane=0,
                expires_at=uow.now + ALARM_EVERY,
                channel=channel,
            )
            for place, number in enumerate(numbers)
            for channel in (Channel.SMS, Channel.VOICE)
        ],
    )
    return kinds


def _lasting(uow: UnitOfWork, at: datetime) -> dict[str, int]:
    """Open findings by kind that an earlier round has seen already."""
    query = sa.select(WatchFinding.kind, sa.func.count()).where(
        WatchFinding.resolved_at.is_(None), WatchFinding.first_seen_at < at
    )
    return dict(uow.session.execute(query.group_by(WatchFinding.kind)).all())
