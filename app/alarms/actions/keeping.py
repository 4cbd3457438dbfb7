"""Keeping what asked something of somebody: raised, answered, put aside, over; and whether a hospital is flooded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from app.alarms import queries, rules
from app.alarms.models import Alarm, AlarmFlood
from app.alarms.rules import LIMITS, Flood, floods
from app.alarms.words import parts
from app.core.db import UnitOfWork
from app.core.insert import insert_once
from app.watchdog.wording import counted


def raise_alarm(uow: UnitOfWork, *, key: str, **values: Any) -> None:
    """Put it to people now, once for each key. In an exercise it floods nobody but the exercise."""
    row: dict[str, Any] = {"id": uow.new_id(), "key": key, "raised_at": uow.now, "at": uow.now} | values
    row["title"] = row["title"][:200]
    if insert_once(uow.session, Alarm, [row]) and row.get("facility_id") and not row.get("exercise"):
        _perhaps_flooded(uow, row["facility_id"])


def answered(uow: UnitOfWork, about: str, by: str) -> None:
    """Somebody sees to it. `about` is a cause, or firing:<id>."""
    _change(uow, about, Alarm.acknowledged_at.is_(None), acknowledged_at=uow.now, acknowledged_by=by[:200])


def put_aside(uow: UnitOfWork, cause: str, until: datetime) -> None:
    values = {"shelved_at": uow.now, "shelved_until": until, "acknowledged_at": None, "acknowledged_by": None}
    _change(uow, cause, **values)


def back(uow: UnitOfWork, cause: str) -> None:
    """It counts again, and is new to everybody."""
    _change(uow, cause, shelved_until=None, acknowledged_at=None, acknowledged_by=None)


def over(uow: UnitOfWork, about: str) -> None:
    """It asks for nothing any more."""
    _change(uow, about, cleared_at=uow.now, shelved_until=None)


def all_over(uow: UnitOfWork, incident_id: str) -> None:
    """The incident is closed."""
    mine = sa.update(Alarm).where(Alarm.incident_id == incident_id, Alarm.cleared_at.is_(None))
    uow.session.execute(_plain(mine).values(cleared_at=uow.now, shelved_until=None))


def follow_flood(uow: UnitOfWork, facility_id: str) -> bool:
    """Begin, count or end the flood of a hospital; whether anything is new to those who look at boards."""
    kept = uow.session.get(AlarmFlood, facility_id)
    alarms = queries.lately(uow.session, facility_id, uow.now, since=kept.began_at if kept else None)
    last = floods(alarms, uow.now)[-1:]
    flood = last[0] if last and last[0].ended_at is None else None
    if kept is None and flood is None:
        return False
    insert_once(uow.session, AlarmFlood, [{"facility_id": facility_id, "version": 0, "number": 0}])
    locked = sa.select(AlarmFlood).where(AlarmFlood.facility_id == facility_id).with_for_update()
    row = uow.session.scalars(locked.execution_options(populate_existing=True)).one()
    new = _shown(flood, alarms)
    if all(getattr(row, name) == value for name, value in new.items()):
        return False
    for name, value in new.items():
        setattr(row, name, value)
    row.version += 1
    uow.session.flush()
    uow.announce("readings", facility_id)
    return True


def _shown(flood: Flood | None, alarms: Sequence[rules.Alarm]) -> dict[str, Any]:
    if flood is None:
        return {"began_at": None, "number": 0, "first_title": "", "first_at": None, "parts": ""}
    mine = [each for each in alarms if each.raised_at > flood.began_at - LIMITS.span]
    return {
        "began_at": flood.began_at,
        "number": flood.number,
        "first_title": flood.first.title,
        "first_at": flood.first_at,
        "parts": parts(mine),
    }


def follow_floods(uow: UnitOfWork) -> int:
    """Floods end by themselves; return how many changed."""
    wanted = queries.maybe_flooded(uow.session, uow.now)
    return sum(follow_flood(uow, facility_id) for facility_id in wanted)


def _perhaps_flooded(uow: UnitOfWork, facility_id: str) -> None:
    """Looks closely only when a flood may begin here; one that is under way is counted by the tick. What comes in one
    transaction is counted once."""
    place = f"alarms lately {facility_id}"
    lately = uow.scratch.get(place)
    lately = queries.number_lately(uow.session, facility_id, uow.now) if lately is None else lately + 1
    uow.scratch[place] = lately
    if lately == LIMITS.flood_over + 1:
        follow_flood(uow, facility_id)


def engine_alarmed(uow: UnitOfWork, alarmed: Mapping[str, int], lasting: Mapping[str, int]) -> None:
    """What the watchdog alarmed about, and how many of it; what does not last any more is over."""
    for kind, number in alarmed.items():
        cause = f"engine:{kind}"
        over(uow, cause)
        raise_alarm(
            uow,
            key=f"{cause}:{int(uow.now.timestamp())}",
            kind="engine",
            facility_id=None,
            cause=cause,
            title=f"Watchdog: {counted({kind: number})}",
            role="whoever watches the engine",
            severity="high",
            resource="systems",
            link="/engine",
        )
    standing = sa.select(Alarm.cause).where(Alarm.kind == "engine", Alarm.cleared_at.is_(None))
    for cause in set(uow.session.scalars(standing)):
        if cause.removeprefix("engine:") not in lasting:
            over(uow, cause)


def forget(uow: UnitOfWork, older_than: timedelta) -> int:
    """Load is compared over weeks, not years."""
    before = uow.now - older_than
    old = sa.delete(Alarm).where(Alarm.raised_at < before, Alarm.cleared_at < before)
    return len(uow.session.execute(old.returning(Alarm.id)).all())


def _change(uow: UnitOfWork, about: str, *where: sa.ColumnElement[bool], **values: Any) -> None:
    named = Alarm.key if about.startswith("firing:") else Alarm.cause
    mine = sa.update(Alarm).where(named == about, Alarm.cleared_at.is_(None), *where)
    uow.session.execute(_plain(mine).values(**values))


def _plain(statement: sa.Update) -> sa.Update:
    return statement.execution_options(synchronize_session=False)
