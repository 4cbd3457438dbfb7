"""Fixtures: a migrated database on each engine, an app with a clock that stands still, a small hospital."""

from __future__ import annotations

import logging
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from flask import Flask
from structlog.stdlib import ProcessorFormatter

from app import create_app
from app.accounts import passwords
from app.core import migrate
from app.core.clock import ManualClock
from app.core.db import Base, Database
from app.core.signing import Signer
from config.settings import DEMO_SECRET, Settings
from tests.support.checks import assert_journals_hold
from tests.support.client import PageClient
from tests.support.hospital import Hospital, build
from tests.support.remembered import remember
from tools import servers

# Argon2 takes long on purpose; tests make accounts by the thousand.
passwords._HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
remember()

SIGNER = Signer(bytes(range(32)))
PHONE_IN_CLEAR = re.compile(r"\+\d{10,15}\b")
START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # a Monday, 04:00 in New York


@pytest.fixture(scope="session")
def signing_key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("keys") / "journal.key"
    path.write_text(bytes(range(32)).hex())
    return path


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    db = Database(f"sqlite:///{path}", SIGNER)
    migrate.upgrade(db)
    with db.engine.connect() as connection:
        connection.connection.dbapi_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.dispose()
    return path


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.Postgres]:
    with servers.postgres(tmp_path_factory.mktemp("postgres")) as server:
        yield server


@pytest.fixture(scope="session")
def postgres_url(postgres: servers.Postgres) -> str:
    url = postgres.database("muster")
    db = Database(url, SIGNER)
    migrate.upgrade(db)
    db.dispose()
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A migrated, empty database. Mark a test `@pytest.mark.engine("sqlite")` when one engine is enough."""
    if request.param == "sqlite":
        path = tmp_path / "muster.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    url = request.getfixturevalue("postgres_url")
    yield url
    _empty(url)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture
def settings(database_url: str, signing_key: Path) -> Settings:
    return Settings(
        database_url=database_url,
        signing_key_file=signing_key,
        secret_key=DEMO_SECRET,
        public_url="http://localhost",
        jobs="off",
    )


@pytest.fixture
def app(settings: Settings, clock: ManualClock) -> Iterator[Flask]:
    """The whole program. Afterwards every incident's journal must verify and fold to what the tables say."""
    app = create_app(settings, clock)
    app.testing = True
    with app.app_context():
        yield app
        assert_journals_hold(app)
    app.extensions["muster"].db.dispose()


@pytest.fixture
def db(app: Flask) -> Database:
    return app.extensions["muster"].db


@pytest.fixture
def act(db: Database) -> Any:
    """`act(action, actor, ...)`: one action in one transaction."""
    return db.transact


@pytest.fixture
def hospital(db: Database) -> Hospital:
    """One hospital with units, people, a depth list and an account for each role."""
    return db.transact(build)


@pytest.fixture(autouse=True)
def no_phone_number_in_logs(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Whatever a test makes the program log, as it would be written."""
    yield
    for record in caplog.get_records("call"):
        line = as_written(record)
        assert not PHONE_IN_CLEAR.search(line), f"a phone number stands in the log: {line}"


def as_written(record: logging.LogRecord) -> str:
    """A record as the program's own handler writes it, once there is one."""
    formatters = [handler.formatter for handler in logging.getLogger().handlers]
    ours = next((f for f in formatters if isinstance(f, ProcessorFormatter)), None)
    return ours.format(record) if ours else record.getMessage()


@pytest.fixture
def client(app: Flask) -> PageClient:
    """Not signed in."""
    return PageClient(app)


@pytest.fixture
def commander(app: Flask, hospital: Hospital) -> PageClient:
    return PageClient(app, hospital.commander)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "engine(name): run on this engine alone")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out the other engine where a test asks for one."""
    kept = [item for item in items if _wanted(item)]
    items[:] = kept


def _wanted(item: pytest.Item) -> bool:
    marker = item.get_closest_marker("engine")
    params = getattr(getattr(item, "callspec", None), "params", {})
    return marker is None or params.get("database_url", marker.args[0]) == marker.args[0]


def _empty(url: str) -> None:
    deletes = "; ".join(f'DELETE FROM "{table.name}"' for table in Base.metadata.sorted_tables)
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text("SET lock_timeout = '5s'"))
        # As a replica: no triggers, no foreign keys. Faster by far than TRUNCATE of so many small tables.
        connection.execute(sa.text("SET session_replication_role = replica"))
        connection.exec_driver_sql(deletes)
    engine.dispose()
