"""The database and the unit of work: one transaction per action, opened at the edge, on both engines."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime
from typing import Any, Concatenate, ParamSpec, TypeVar

import sqlalchemy as sa
import structlog
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker

from app.core.clock import Clock, SystemClock
from app.core.errors import Unavailable
from app.core.ids import new_id
from app.core.signing import Signer

P = ParamSpec("P")
T = TypeVar("T")
Listener = Callable[[str], None]

log = structlog.get_logger()

# Serialization failure, deadlock, lock not available: PostgreSQL says that trying again is the cure.
RETRY_SQLSTATES = {"40001", "40P01", "55P03"}
ATTEMPTS = 4
# The last: a process that is stopped within a transaction must not hold up the others for ever.
_LIMITS = ("statement_timeout=30000", "lock_timeout=10000", "idle_in_transaction_session_timeout=60000")


class Base(DeclarativeBase):
    metadata = sa.MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class UnitOfWork:
    """One transaction: its session, its moment, and what to tell whom once it is committed."""

    def __init__(self, session: Session, now: datetime, signer: Signer) -> None:
        self.session = session
        self.now = now
        self.signer = signer
        self.scratch: dict[str, Any] = {}
        self._before_commit: dict[str, Callable[[], None]] = {}
        self._announcements: dict[tuple[str, str], None] = {}

    def new_id(self) -> str:
        return new_id(self.now)

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """A part that can fail alone: what it has written and wanted is undone, and the error goes on."""
        self.session.flush()
        kept = {key: dict(vars(value)) for key, value in self.scratch.items()}
        work, announcements = dict(self._before_commit), dict(self._announcements)
        try:
            with self.session.begin_nested():
                yield
                self.session.flush()
        except BaseException:
            for key in [key for key in self.scratch if key not in kept]:
                del self.scratch[key]
            for key, values in kept.items():
                vars(self.scratch[key]).update(values)
            self._before_commit, self._announcements = work, announcements
            raise

    def before_commit(self, name: str, work: Callable[[], None]) -> None:
        """Run `work` once, last in the transaction; a second one of the same name replaces it."""
        self._before_commit[name] = work

    def announce(self, topic: str, key: str) -> None:
        """Tell listeners of `topic` after the commit; never if it does not happen."""
        self._announcements[(topic, key)] = None

    def finish(self) -> list[tuple[str, str]]:
        self.session.flush()
        for work in self._before_commit.values():
            work()
        return list(self._announcements)


class OneWriter:
    """The turn to write to SQLite, one at a time in this process; who must not wait goes before those who can."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._busy = False
        self._hurried = 0

    @contextmanager
    def turn(self, first: bool) -> Iterator[None]:
        with self._changed:
            self._hurried += first
            self._changed.wait_for(lambda: not self._busy and (first or not self._hurried))
            self._hurried -= first
            self._busy = True
        try:
            yield
        finally:
            with self._changed:
                self._busy = False
                if self._hurried:
                    self._changed.notify_all()
                else:
                    self._changed.notify()


class Database:
    """Engines, sessions and after-commit listeners for one database URL."""

    def __init__(self, url: str, signer: Signer, clock: Clock | None = None, *, pool_size: int = 20) -> None:
        self.url = sa.make_url(url)
        self.signer = signer
        self.clock = clock or SystemClock()
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = _engine(self.url, pool_size)
        writer = self.engine.execution_options(muster_write=True)
        self._read_session = sessionmaker(self.engine, expire_on_commit=False)
        self._write_session = sessionmaker(writer, expire_on_commit=False)
        self._listeners: dict[str, list[Listener]] = {}
        # SQLite's busy handler sleeps and does not queue; a lock in the process hands over at once.
        self._writer = OneWriter() if self.is_sqlite else None

    def listen(self, topic: str, listener: Listener) -> None:
        self._listeners.setdefault(topic, []).append(listener)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that sees one consistent state and is rolled back at the end."""
        with self._read_session() as session:
            yield session

    @contextmanager
    def write(self, *, first: bool = False) -> Iterator[UnitOfWork]:
        """One transaction: committed at the end, rolled back whole on any exception.

        first  where writers queue, go before all who wait: for what somebody outside waits for by the millisecond.
        """
        with self._turn(first), self._write_session() as session:
            uow = UnitOfWork(session, self.clock.now(), self.signer)
            yield uow
            announcements = uow.finish()
            session.commit()
        for topic, key in announcements:
            self._tell(topic, key)

    def transact(
        self, action: Callable[Concatenate[UnitOfWork, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run one action in one transaction; again, a few times, if the engine asks for it.

        Raises Unavailable when the database does not answer.
        """
        return self._transact(False, action, *args, **kwargs)

    def _transact(
        self,
        first: bool,
        action: Callable[Concatenate[UnitOfWork, P], T],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with self.write(first=first) as uow:
                    return action(uow, *args, **kwargs)
            except DBAPIError as error:
                if attempt == ATTEMPTS or not _worth_retrying(error):
                    raise _explained(error) from error
                log.info("database.retry", attempt=attempt, sqlstate=_sqlstate(error))
                time.sleep(random.uniform(0.01, 0.05) * attempt)
        raise AssertionError("unreachable")

    def transact_first(
        self, action: Callable[Concatenate[UnitOfWork, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """`transact` before all who wait to write. For a few short inserts, never for work."""
        return self._transact(True, action, *args, **kwargs)

    def dispose(self) -> None:
        self.engine.dispose()

    def _turn(self, first: bool) -> AbstractContextManager[None]:
        return nullcontext() if self._writer is None else self._writer.turn(first)

    def _tell(self, topic: str, key: str) -> None:
        for listener in self._listeners.get(topic, ()):
            try:
                listener(key)
            except Exception:
                log.exception("database.listener_failed", topic=topic)


def _engine(url: sa.URL, pool_size: int) -> sa.Engine:
    if url.get_backend_name() == "sqlite":
        engine = sa.create_engine(
            url, pool_size=pool_size, max_overflow=pool_size * 2, connect_args={"check_same_thread": False}
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    return sa.create_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=True,
        connect_args={"connect_timeout": 5, "options": " ".join(f"-c {limit}" for limit in _LIMITS)},
    )


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we begin ourselves; the driver's own begin loses updates
    for pragma in ("busy_timeout=10000", "foreign_keys=ON", "synchronous=NORMAL"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: sa.Connection) -> None:
    """A writer takes the write lock at once: a deferred one fails on upgrade, whatever the timeout."""
    write = connection.get_execution_options().get("muster_write")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def _sqlstate(error: DBAPIError) -> str | None:
    return getattr(error.orig, "sqlstate", None)


def _worth_retrying(error: DBAPIError) -> bool:
    return _sqlstate(error) in RETRY_SQLSTATES or "database is locked" in str(error.orig)


def _is_outage(error: OperationalError) -> bool:
    """SQLite's driver calls a missing table an operational error too; that one is a defect."""
    message = str(error.orig)
    return not message.startswith(("no such", "near "))


def _explained(error: DBAPIError) -> Exception:
    """A lost or refused connection is the database's trouble, not a defect: say so."""
    if error.connection_invalidated or (isinstance(error, OperationalError) and _is_outage(error)):
        return Unavailable("The database does not answer. Nothing was changed; please try again in a moment.")
    return error
