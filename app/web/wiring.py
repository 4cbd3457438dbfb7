"""Pages that belong to no room."""

from __future__ import annotations

from flask import Flask

from app.web import docs


def init_app(app: Flask) -> None:
    app.register_blueprint(docs.pages)
