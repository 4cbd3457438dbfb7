"""Measure every request."""

from __future__ import annotations

from flask import Flask

from app.health.metrics import time_requests


def init_app(app: Flask) -> None:
    time_requests(app)
