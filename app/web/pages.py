"""What every page has: who is looking, where they can go, and times on the hospital's clock."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Flask, current_app, g, url_for
from jinja2 import StrictUndefined

from app.accounts.access import current_identity
from app.core.clock import local
from app.core.permissions import Permission
from app.runtime import runtime

# Label, endpoint, permission. An endpoint that no room has is left out.
NAVIGATION = (
    ("Incidents", "incidents.index", Permission.BOARD_VIEW),
    ("Capacity", "surge.index", Permission.BOARD_VIEW),
    ("Requests", "resources.index", Permission.BOARD_VIEW),
    ("People", "staffing.index", Permission.ROSTER_VIEW),
    ("Review", "review.index", Permission.REVIEW_VIEW),
    ("Phones", "messaging.phones", Permission.SIMULATOR_USE),
    ("Engine", "escalation.engine", Permission.SYSTEM_VIEW),
    ("Accounts", "accounts.index", Permission.ACCOUNT_MANAGE),
)
CSRF_PLACEHOLDER = "__csrf__"


def init_app(app: Flask) -> None:
    app.context_processor(_context)
    app.jinja_env.filters.update(clock=clock_time, when=when, iso=lambda moment: moment.isoformat())
    app.jinja_env.undefined = StrictUndefined


def clock_time(moment: datetime, zone: str, seconds: bool = False) -> str:
    """14:32, or 14:32:07, on the wall clock of the zone."""
    return local(moment, zone).strftime("%H:%M:%S" if seconds else "%H:%M")


def when(moment: datetime, zone: str) -> str:
    """Mon 23 Nov 14:32, on the wall clock of the zone."""
    return local(moment, zone).strftime("%a %-d %b %H:%M")


def _context() -> dict[str, Any]:
    identity = current_identity() if "identity" in g or g.get("request_id") else None
    allowed = identity.actor.permissions() if identity else frozenset()
    return {
        "identity": identity,
        "can": allowed.__contains__,
        "can_list": " ".join(sorted(p.value for p in allowed)),
        "P": Permission,
        "nav": _navigation(allowed),
        "now": runtime().clock.now(),
        "demo": runtime().settings.demo,
        "csrf_placeholder": CSRF_PLACEHOLDER,
    }


def _navigation(allowed: frozenset[Permission]) -> list[dict[str, str]]:
    return [
        {"label": label, "url": url_for(endpoint)}
        for label, endpoint, permission in NAVIGATION
        if permission in allowed and endpoint in current_app.view_functions
    ]
