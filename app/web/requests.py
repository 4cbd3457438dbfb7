"""Request ids, security headers and structured logs."""

from __future__ import annotations

import re
import time
from typing import Any

import structlog
from flask import Flask, Response, g, request
from structlog.contextvars import bind_contextvars, clear_contextvars

from app.core.errors import Invalid
from app.core.ids import new_secret

log = structlog.get_logger()
WORDS = "has a character that is none (NUL or half a pair)"
_REQUEST_ID = re.compile(r"^[A-Za-z0-9-]{8,64}$")

# Everything a page needs comes from ourselves; ws: is what Safari wants for the socket under 'self'.
POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self' {socket}; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)


def is_storable(text: str) -> bool:
    """PostgreSQL's text holds neither NUL nor half of a surrogate pair; SQLite would keep the one silently."""
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def init_app(app: Flask, public_url: str) -> None:
    policy = POLICY.format(socket="ws" + public_url.removeprefix("http"))

    @app.before_request
    def begin() -> None:
        # A request inside an application context that is open already has the g of the one before it.
        for name in list(g):
            g.pop(name)
        given = request.headers.get("X-Request-Id", "")
        g.request_id = given if _REQUEST_ID.match(given) else new_secret()[:16]
        g.began = time.perf_counter()
        clear_contextvars()
        bind_contextvars(request_id=g.request_id)
        _refuse_what_is_no_text()

    @app.after_request
    def finish(response: Response) -> Response:
        headers: dict[str, Any] = {
            "Content-Security-Policy": policy,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",
            "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
            "Cross-Origin-Opener-Policy": "same-origin",
            "X-Request-Id": g.get("request_id", ""),
        }
        if public_url.startswith("https://"):
            headers["Strict-Transport-Security"] = "max-age=31536000"
        if request.endpoint != "static":
            headers["Cache-Control"] = "no-store"
        for name, value in headers.items():
            response.headers.setdefault(name, value)
        if request.endpoint not in ("static", "health.healthz"):
            took = round((time.perf_counter() - g.get("began", time.perf_counter())) * 1000, 1)
            rule = request.url_rule.rule if request.url_rule else "(none)"
            log.info("request", method=request.method, route=rule, status=response.status_code, ms=took)
        return response


def _refuse_what_is_no_text() -> None:
    """In addresses and forms; JSON is looked at by its schema. Raises Invalid naming the field."""
    if not is_storable(request.path):
        raise Invalid.field("address", WORDS)
    for values in (request.args, request.form):
        for name, value in values.items(multi=True):
            if not is_storable(name) or not is_storable(value):
                raise Invalid.field(name if is_storable(name) else "form", WORDS)
