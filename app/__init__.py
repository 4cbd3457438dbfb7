"""Muster. `create_app` wires the rooms and holds no logic."""

from __future__ import annotations

import importlib
import importlib.util
from types import ModuleType
from typing import Any

from flask import Flask
from jinja2 import ChoiceLoader, FileSystemLoader
from werkzeug.middleware.proxy_fix import ProxyFix

from app.accounts import access
from app.core.clock import Clock, SystemClock
from app.core.db import Database
from app.core.signing import Signer
from app.runtime import Runtime
from app.web import api, errors, pages, requests
from config import logs
from config.settings import Settings, load

ROOMS = (
    "accounts",
    "facilities",
    "staffing",
    "incidents",
    "activation",
    "messaging",
    "staffing.contacts",
    "escalation",
    "scores",
    "census",
    "surge",
    "polls",
    "surge.schemes",
    "bedruns",
    "huddle",
    "resources",
    "alarms",
    "board",
    "review",
    "demo",
    "health",
    "watchdog",
    "web",
)


def create_app(settings: Settings | None = None, clock: Clock | None = None) -> Flask:
    """The program. Raises SettingsError naming whatever is missing or wrong in the environment."""
    settings = settings or load()
    logs.configure(settings.log_format)
    app = Flask(__name__, static_folder="web/static", template_folder="web/templates")
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SESSION_COOKIE_NAME="muster",
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        MAX_CONTENT_LENGTH=32 * 1024 * 1024,
    )
    if settings.secure_cookies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_proto=1, x_for=1)  # type: ignore[method-assign]
    clock = clock or SystemClock()
    signer = Signer.from_file(settings.signing_key_file, create=settings.demo)
    app.extensions["muster"] = Runtime(
        settings, clock, Database(settings.database_url, signer, clock), signer
    )
    requests.init_app(app, settings.public_url)
    errors.init_app(app)
    access.init_app(app)
    pages.init_app(app)
    access.public("styles and scripts")(app.view_functions["static"])
    _wire_rooms(app)
    return app


def _wire_rooms(app: Flask) -> None:
    """A room takes part by having files of these names: pages.py (`pages`), api.py (`api`), commands.py
    (`commands`), wiring.py (`init_app`); models.py, events.py, subscribers.py, audits.py, reducers, faces
    and demo.py register themselves when imported.
    """
    folders = [FileSystemLoader(f"{app.root_path}/{room}/templates") for room in ROOMS]
    app.jinja_loader = ChoiceLoader(folders)
    load_all("models", "events", "subscribers", "audits", "reducers", "faces", "demo")
    for module in load_all("pages"):
        if hasattr(module, "pages"):
            app.register_blueprint(module.pages)
    api.init_app(
        app, [module.api for module in load_all("api") if hasattr(module, "api") and module is not api]
    )
    for module in load_all("commands"):
        for group in module.commands:
            app.cli.add_command(group)
    for module in load_all("wiring"):
        module.init_app(app)


def load_all(*names: str) -> list[ModuleType]:
    """Import app.ROOM.NAME for every room that has such a module."""
    found: list[Any] = [f"app.{room}.{name}" for name in names for room in ROOMS]
    return [importlib.import_module(name) for name in found if importlib.util.find_spec(name)]
