"""What every page has: who is looking, where they can go, and the hospital's clock."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask, current_app, g, request, url_for
from jinja2 import StrictUndefined

from app.accounts.access import current_identity
from app.accounts.identity import Identity
from app.core.permissions import Permission
from app.facilities.models import Facility
from app.runtime import runtime
from app.staffing.models import Person
from app.web import filters

# Label, endpoint, permission. An endpoint that no room has is left out.
NAVIGATION = (
    ("Incidents", "incidents.index", Permission.BOARD_VIEW),
    ("Capacity", "surge.index", Permission.BOARD_VIEW),
    ("Census", "census.index", Permission.BOARD_VIEW),
    ("Polls", "polls.index", Permission.BOARD_VIEW),
    ("Requests", "resources.index", Permission.BOARD_VIEW),
    ("People", "staffing.index", Permission.ROSTER_VIEW),
    ("Review", "review.index", Permission.REVIEW_VIEW),
    ("Phones", "messaging.phones", Permission.SIMULATOR_USE),
    ("Engine", "watchdog.engine", Permission.SYSTEM_VIEW),
    ("Accounts", "accounts.index", Permission.ACCOUNT_MANAGE),
)
# A room without a place of its own there is shown under another's.
SHOWN_UNDER = {"alarms": "surge", "bedruns": "surge", "huddle": "surge", "schemes": "surge"}
ACCOUNT_LINKS = (
    ("How you can be reached", "contacts.own"),
    ("My call-outs", "activation.mine"),
    ("Change your password", "accounts.password"),
    ("Your sessions", "accounts.sessions"),
    ("Your API tokens", "accounts.tokens"),
)
# Stands in cards, which are the same for everybody; app.js puts the page's own token in its place.
CSRF_PLACEHOLDER = "__csrf__"


def init_app(app: Flask) -> None:
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.globals.update(P=Permission)
    filters.install(app)
    app.context_processor(_context)


def _context() -> dict[str, Any]:
    """Cards are drawn outside a request too, and then know nobody."""
    if not request:
        return {"may": lambda _permission: False, "now": runtime().clock.now()}
    identity = current_identity() if "request_id" in g else None
    allowed = identity.actor.permissions() if identity else frozenset()
    g.zone = g.get("zone") or _home_zone(identity)
    return {
        "identity": identity,
        "may": allowed.__contains__,
        "can": sorted(p.value for p in allowed),
        "nav": _navigation(allowed),
        "account": _account(identity),
        "now": runtime().clock.now(),
        "zone": g.zone,
        "demo": runtime().settings.demo,
        "asset_version": _asset_version(),
    }


def _navigation(allowed: frozenset[Permission]) -> list[dict[str, Any]]:
    room = SHOWN_UNDER.get(request.blueprint or "", request.blueprint)
    return [
        {"label": label, "url": url_for(endpoint), "current": room == endpoint.split(".")[0]}
        for label, endpoint, permission in NAVIGATION
        if permission in allowed and endpoint in current_app.view_functions
    ]


def _account(identity: Identity | None) -> dict[str, Any] | None:
    if identity is None:
        return None
    links = [{"label": label, "url": url_for(endpoint)} for label, endpoint in ACCOUNT_LINKS]
    return {"name": identity.actor.name, "sign_out_url": url_for("accounts.sign_out"), "links": links}


def _home_zone(identity: Identity | None) -> str:
    """The zone of the hospital where the person looking works; UTC for somebody unknown."""
    if identity is None or identity.actor.person_id is None:
        return "UTC"
    query = sa.select(Facility.zone).join(Person).where(Person.id == identity.actor.person_id)
    with runtime().db.read() as db:
        return db.scalar(query) or "UTC"


def _asset_version() -> str:
    """Changes with each build, so that browsers fetch new scripts and keep old ones no longer."""
    built = Path(current_app.static_folder or "") / "dist" / "app.js"
    return str(int(built.stat().st_mtime)) if built.exists() else "0"
