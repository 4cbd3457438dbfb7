"""Many rows in one statement. PostgreSQL's driver takes an array a column several times faster than a value a cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session


def insert_rows(
    session: Session,
    table: Any,
    names: Sequence[str],
    rows: Sequence[Sequence[Any]],
    same: Mapping[str, Any],
) -> tuple[Any, list[dict[str, Any]] | None]:
    """An insert of these rows, to add a conflict clause to, and what to execute it with. `same`: columns that have one
    value in all of them.
    """
    if on_sqlite(session):
        return sqlite.insert(table), [dict(zip(names, row, strict=True)) | dict(same) for row in rows]
    given = _as_table(table, names, rows)
    alike = [sa.cast(value, table.c[name].type) for name, value in same.items()]
    select = sa.select(*(given.c[name] for name in names), *alike)
    return postgresql.insert(table).from_select([*names, *same], select), None


def update_rows(session: Session, table: Any, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Set columns of rows by the first of `names`, which is the key."""
    if not rows:
        return
    key, *others = names
    if on_sqlite(session):
        statement = sa.update(table).where(table.c[key] == sa.bindparam(f"b_{key}"))
        statement = statement.values({name: sa.bindparam(f"b_{name}") for name in others})
        values = [{f"b_{name}": value for name, value in zip(names, row, strict=True)} for row in rows]
        session.connection().execute(statement, values)
        return
    given = _as_table(table, names, rows)
    statement = sa.update(table).where(table.c[key] == given.c[key])
    session.execute(statement.values({name: given.c[name] for name in others}))


def on_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"


def _as_table(table: Any, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> Any:
    arrays = [
        sa.cast(list(column), postgresql.ARRAY(_plain(table.c[name].type)))
        for name, column in zip(names, zip(*rows, strict=True), strict=True)
    ]
    return sa.func.unnest(*arrays).table_valued(*names, name="given").render_derived()


def _plain(kind: Any) -> Any:
    return sa.String() if isinstance(kind, sa.Enum) else kind
