"""Inserting what may be there already, on both engines."""

from __future__ import annotations

from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.core.db import Base

_AT_ONCE = 500


def insert_once(session: Session, model: type[Base], rows: list[dict[str, Any]]) -> int:
    """Insert the rows that break no unique rule, pass over the others, and return how many are new."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    key = next(iter(model.__mapper__.primary_key))
    new = 0
    for start in range(0, len(rows), _AT_ONCE):
        statement = dialect.insert(model).on_conflict_do_nothing().returning(key)
        new += len(session.execute(statement, rows[start : start + _AT_ONCE]).all())
    return new
