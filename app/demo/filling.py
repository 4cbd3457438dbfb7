"""Inserting in bulk."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase

from app.core.db import UnitOfWork


def insert(uow: UnitOfWork, model: type[DeclarativeBase], rows: list[dict[str, Any]]) -> None:
    """Many rows in one statement; nothing for none."""
    if rows:
        uow.session.execute(sa.insert(model), rows)
