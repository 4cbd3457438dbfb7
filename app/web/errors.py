"""Trouble becomes a page for people and an RFC 9457 problem document for programs."""

from __future__ import annotations

from typing import Any

import structlog
from flask import Flask, Response, g, jsonify, redirect, render_template, request, session, url_for
from werkzeug.exceptions import HTTPException, InternalServerError

from app.core.errors import MusterError, NotSignedIn, TooManyAttempts

log = structlog.get_logger()


def init_app(app: Flask) -> None:
    app.register_error_handler(MusterError, _muster_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _defect)


def wants_json() -> bool:
    if request.path.startswith(("/api/", "/webhooks/")):
        return True
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"


def problem(status: int, title: str, detail: str, errors: dict[str, list[str]] | None = None) -> Response:
    """RFC 9457, with the failing fields under `errors` and the request id to quote to support."""
    body: dict[str, Any] = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    body["request_id"] = g.get("request_id", "")
    if errors:
        body["errors"] = errors
    response = jsonify(body)
    response.status_code = status
    response.content_type = "application/problem+json"
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _muster_error(error: MusterError) -> Any:
    if isinstance(error, NotSignedIn) and not wants_json() and request.endpoint != "accounts.sign_in":
        session["next"] = request.full_path.rstrip("?") if request.method == "GET" else "/"
        return redirect(url_for("accounts.sign_in"))
    response = _answer(error.status, error.title, error.detail, error.errors)
    if isinstance(error, TooManyAttempts):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _http_error(error: HTTPException) -> Any:
    if error.code is None or error.code < 400:
        return error
    data = getattr(error, "data", None) or {}
    errors = _flat(data.get("messages") or {})
    detail = _sentence(errors) or data.get("message") or error.description or error.name
    response = _answer(error.code, error.name, detail, errors)
    for name, value in error.get_headers():
        if name.lower() not in ("content-type", "content-length"):
            response.headers.setdefault(name, value)
    return response


def _defect(error: Exception) -> Any:
    log.exception("request.defect", exc_info=error, route=str(request.url_rule))
    if wants_json():
        return problem(500, "Something went wrong", "This is a defect. Nothing was changed.")
    return _http_error(InternalServerError())


def _answer(status: int, title: str, detail: str, errors: dict[str, list[str]]) -> Response:
    if wants_json():
        return problem(status, title, detail, errors)
    page = render_template("errors/error.html", status=status, title=title, detail=detail, errors=errors)
    return Response(page, status, content_type="text/html; charset=utf-8")


def _flat(messages: Any, prefix: str = "") -> dict[str, list[str]]:
    """webargs nests messages by location and field; a reader wants `lines.0.quantity`."""
    if isinstance(messages, list):
        return {prefix or "body": [str(m) for m in messages]}
    found: dict[str, list[str]] = {}
    for key, value in messages.items():
        name = "" if not prefix and key in ("json", "query", "form", "headers", "_schema") else str(key)
        found |= _flat(value, ".".join(part for part in (prefix, name) if part))
    return found


def _sentence(errors: dict[str, list[str]]) -> str:
    return "; ".join(f"{field}: {' '.join(messages)}" for field, messages in errors.items())
