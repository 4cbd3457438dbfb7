"""Alembic's entry: one transaction a migration, bounded waits, and one migrator at a time."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import context

from app import load_all
from app.core.columns import UtcDateTime
from app.core.db import Base

LOCK = 0x6D757374  # "must": an advisory lock, so that two starting machines do not migrate together


def render_item(kind: str, item: Any, autogen: Any) -> str | bool:
    if kind == "type" and isinstance(item, UtcDateTime):
        autogen.imports.add("from app.core.columns import UtcDateTime")
        return "UtcDateTime()"
    return False


def run(connection: sa.Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        render_item=render_item,
        compare_type=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        if connection.dialect.name == "postgresql":
            connection.execute(sa.text("SET lock_timeout = '30s'"))
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        context.run_migrations()


load_all("models")
run(context.config.attributes["connection"])
