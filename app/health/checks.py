"""Is everything there that the program needs to do its work? Each check answers None, or what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import redis
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.core import migrate
from app.core.signing import Signer
from app.health.models import EngineBeat
from app.runtime import Runtime
from app.watchdog import queries as watchdog

SILENT_AFTER = timedelta(seconds=30)
NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def all_checks(rt: Runtime) -> dict[str, str | None]:
    """Check by check what is wrong, in words that give nothing secret away; None is well."""
    found = {"database": _database(rt)}
    if found["database"] is None:
        found["migrations"] = _guarded(lambda: _migrations(rt))
        found["engine"] = _guarded(lambda: _engine(rt))
    found["signing key"] = _signing_key(rt)
    if rt.settings.redis_url is not None:
        found["valkey"] = _valkey(rt.settings.redis_url)
    return found


def health(rt: Runtime) -> dict[str, str | None]:
    """All checks, and what the watchdog has found: whether the work is done, not only whether it could be."""
    found = all_checks(rt)
    if found["database"] is None and found.get("migrations") is None:
        found["watchdog"] = _guarded(lambda: _watchdog(rt))
    return found


def silent_since(session: Session, now: datetime) -> datetime | None:
    """Since when no jobs process has been heard; None while one is, and the epoch when none ever was."""
    newest = session.scalar(sa.select(sa.func.max(EngineBeat.at, type_=EngineBeat.at.type)))
    return None if newest is not None and now - newest < SILENT_AFTER else newest or NEVER


def silent(beats: list[EngineBeat], now: datetime) -> str | None:
    """What is wrong with the engine. A part is late when no process ended it for three of its intervals,
    and for 30 seconds at least.
    """
    alive = [beat for beat in beats if now - beat.at < SILENT_AFTER]
    if not alive:
        return "no jobs process has been heard for 30 seconds: start one with `flask --app wsgi jobs run`"
    late = late_parts(alive, now)
    return f"these parts have stopped: {', '.join(late)}" if late else None


def late_parts(beats: Sequence[EngineBeat], now: datetime) -> list[str]:
    """Parts that no process does on time."""
    return sorted({beat.part for beat in beats} - {beat.part for beat in beats if on_time(beat, now)})


def on_time(beat: EngineBeat, now: datetime) -> bool:
    if beat.last_finished is None:
        return beat.last_started is None or now - beat.last_started < SILENT_AFTER
    return now - beat.last_finished < max(SILENT_AFTER, timedelta(milliseconds=3 * beat.interval_ms))


def _database(rt: Runtime) -> str | None:
    return _guarded(lambda: _answers(rt))


def _answers(rt: Runtime) -> str | None:
    with rt.db.read() as db:
        db.execute(sa.select(1))
    return None


def _guarded(check: Callable[[], str | None]) -> str | None:
    try:
        return check()
    except SQLAlchemyError:
        return "the database does not answer"


def _migrations(rt: Runtime) -> str | None:
    current, newest = migrate.current(rt.db), _newest()
    if current == newest:
        return None
    return f"the tables are at revision {current}, the program wants {newest}: `flask --app wsgi db upgrade`"


def _engine(rt: Runtime) -> str | None:
    with rt.db.read() as db:
        return silent(list(db.scalars(sa.select(EngineBeat))), rt.clock.now())


def _watchdog(rt: Runtime) -> str | None:
    with rt.db.read() as db:
        return watchdog.trouble(db, rt.clock.now())


def _signing_key(rt: Runtime) -> str | None:
    try:
        same = Signer.from_file(rt.settings.signing_key_file).key_id == rt.signer.key_id
    except (OSError, ValueError):
        return "the signing key cannot be read"
    return None if same else "the signing key on disk is not the one in use"


def _valkey(url: str) -> str | None:
    client = redis.Redis.from_url(url, socket_connect_timeout=1, socket_timeout=1)
    try:
        client.ping()
    except redis.RedisError:
        return "Valkey does not answer: boards of other processes are not pushed to"
    finally:
        client.close()
    return None


@lru_cache
def _newest() -> str | None:
    return migrate.newest()
