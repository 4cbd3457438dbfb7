"""Migrations stand in one line, and go up and down on both engines."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory

from app.core import migrate
from app.core.db import Base, Database
from tests.conftest import SIGNER
from tools import servers


def test_revisions_are_numbered_in_one_line() -> None:
    scripts = list(ScriptDirectory(str(migrate.FOLDER)).walk_revisions("base", "heads"))
    revisions = [script.revision for script in reversed(scripts)]
    assert revisions == [f"{number:04d}" for number in range(1, len(revisions) + 1)]
    for script, before in zip(scripts, [*revisions[-2::-1], None], strict=True):
        assert script.down_revision == before
        assert Path(script.path).name.startswith(f"{script.revision}_")


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    if request.param == "sqlite":
        return Database(f"sqlite:///{tmp_path / 'empty.db'}", SIGNER)
    postgres: servers.Postgres = request.getfixturevalue("postgres")
    return Database(postgres.database("migrations"), SIGNER)


def test_up_check_down_and_up_again(empty: Database) -> None:
    migrate.upgrade(empty)
    migrate.check(empty)
    migrate.downgrade(empty, "base")
    assert set(sa.inspect(empty.engine).get_table_names()) <= {"alembic_version"}
    migrate.upgrade(empty)
    migrate.check(empty)
    assert set(Base.metadata.tables) <= set(sa.inspect(empty.engine).get_table_names())
    empty.dispose()
