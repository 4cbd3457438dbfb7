"""Structured logs on standard output, with phone numbers and secrets taken out whatever a caller passes."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

_PHONE = re.compile(r"\+\d{6,12}(\d{2})\b")
_SECRET_NAMES = ("password", "secret", "token", "authorization", "cookie", "body", "phone", "address")


def configure(log_format: str, level: str = "INFO") -> None:
    """`log_format` is text (for a terminal) or json (one object a line)."""
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        mask,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
            foreign_pre_chain=shared,
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in (
        "apscheduler",
        "twilio",
        "engineio",
        "socketio",
        "geventwebsocket",
        "alembic",
        "werkzeug",
        "urllib3",
    ):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def mask(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Phone numbers keep their last two digits; values under telling names are dropped."""
    for key, value in event.items():
        if any(name in key.lower() for name in _SECRET_NAMES):
            event[key] = "(hidden)"
        elif isinstance(value, str):
            event[key] = _PHONE.sub(r"+…\1", value)
    return event
