"""What was done to a hospital's schemes stands in its history."""

from __future__ import annotations

from typing import Any

from flask import Flask

from app.surge import history
from app.surge.schemes.events import SchemeSaved


def init_app(_app: Flask) -> None:
    history.tells(SchemeSaved.kind, _saved)


def _saved(data: dict[str, Any]) -> str:
    return f"Scheme {data['title']}, version {data['number']}: {data['change']}. {data['reason']}"
