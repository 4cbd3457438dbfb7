"""Column types that mean the same on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import mapped_column
from sqlalchemy.types import TypeDecorator

from app.core.clock import as_utc

Id = sa.String(36)
Name = sa.String(200)
Code = sa.String(80)


class UtcDateTime(TypeDecorator[datetime]):
    """Takes only aware datetimes and gives UTC back; SQLite alone would drop the zone."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        moment = as_utc(value)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def one_of(enum: type[StrEnum], name: str) -> sa.Enum:
    """A text column with a CHECK that lists the enum's values."""
    return sa.Enum(
        enum,
        name=name,
        native_enum=False,
        length=32,
        create_constraint=True,
        values_callable=_values,
    )


def _values(enum: Iterable[Any]) -> list[str]:
    return [member.value for member in enum]


def primary_id() -> Any:
    return mapped_column(Id, primary_key=True)
