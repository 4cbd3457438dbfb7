"""For load balancers, supervisors and Prometheus."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

from flask import Blueprint, Response, jsonify, request
from prometheus_client import CONTENT_TYPE_LATEST

from app.accounts.access import current_identity, public
from app.core.errors import Forbidden
from app.core.permissions import Permission
from app.health import checks
from app.health.metrics import exposition
from app.runtime import runtime

pages = Blueprint("health", __name__)
FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-Ip")


@pages.get("/healthz")
@public("supervisors ask without an account; it says only that the process lives")
def healthz() -> Any:
    return jsonify({"status": "alive"})


@pages.get("/readyz")
@public("load balancers ask without an account; it names parts that fail, and nothing secret")
def readyz() -> Any:
    return _answer(checks.all_checks(runtime()), "ready", "not ready")


@pages.get("/health")
@public("monitors ask without an account; it names kinds and counts, and nothing secret")
def health() -> Any:
    """Red also when work is late, which taking this process out of service would not cure: not for balancers."""
    return _answer(checks.health(runtime()), "well", "not well")


@pages.get("/metrics")
@public("Prometheus on this machine has no account; from elsewhere a token with system.view is asked for")
def metrics() -> Response:
    found = current_identity()
    if not _from_this_machine() and (found is None or not found.actor.may(Permission.SYSTEM_VIEW)):
        raise Forbidden("Metrics are given to this machine, and to a bearer token with system.view.")
    rt = runtime()
    with rt.db.read() as db:
        text = exposition(db, rt.clock.now(), rt.parts.get("live"))
    return Response(text, content_type=CONTENT_TYPE_LATEST)


def _answer(found: dict[str, str | None], good: str, bad: str) -> Any:
    well = not any(found.values())
    body = {
        "status": good if well else bad,
        "checks": {name: problem or "ok" for name, problem in found.items()},
    }
    return jsonify(body), 200 if well else 503


def _from_this_machine() -> bool:
    """A loopback peer that speaks for itself: a proxy on this machine makes every peer a loopback one."""
    if any(name in request.headers for name in FORWARDED):
        return False
    peer = request.environ.get("werkzeug.proxy_fix.orig", {}).get("REMOTE_ADDR") or request.remote_addr
    try:
        return ip_address(peer or "").is_loopback
    except ValueError:
        return False
