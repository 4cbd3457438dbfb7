"""What sign-in keeps with the program."""

from __future__ import annotations

from flask import Flask

from app.accounts.throttle import Throttle


def init_app(app: Flask) -> None:
    rt = app.extensions["muster"]
    rt.parts["throttle"] = Throttle(rt.settings.redis_url)
