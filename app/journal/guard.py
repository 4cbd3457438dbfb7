"""Database triggers that refuse to change or remove journal entries. Used by migrations."""

from __future__ import annotations

import sqlalchemy as sa

_SQLITE = [
    "CREATE TRIGGER journal_entries_no_{verb} BEFORE {VERB} ON journal_entries "
    "BEGIN SELECT RAISE(ABORT, 'journal entries are never changed'); END"
]
_POSTGRESQL = [
    "CREATE FUNCTION journal_entries_refuse() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'journal entries are never changed'; END $$",
    "CREATE TRIGGER journal_entries_no_change BEFORE UPDATE OR DELETE ON journal_entries "
    "FOR EACH ROW EXECUTE FUNCTION journal_entries_refuse()",
]


def install(connection: sa.Connection) -> None:
    for statement in _statements(connection):
        connection.execute(sa.text(statement))


def remove(connection: sa.Connection) -> None:
    """Take `install` back. An attacker with the owner's password can do so too, hence the signed chain."""
    if connection.dialect.name == "sqlite":
        for verb in ("update", "delete"):
            connection.execute(sa.text(f"DROP TRIGGER journal_entries_no_{verb}"))
        return
    connection.execute(sa.text("DROP TRIGGER journal_entries_no_change ON journal_entries"))
    connection.execute(sa.text("DROP FUNCTION journal_entries_refuse()"))


def _statements(connection: sa.Connection) -> list[str]:
    if connection.dialect.name == "sqlite":
        return [s.format(verb=v, VERB=v.upper()) for s in _SQLITE for v in ("update", "delete")]
    return _POSTGRESQL
