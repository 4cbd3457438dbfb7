"""Housekeeping of sessions."""

from __future__ import annotations

from flask import Flask

from app.accounts.actions import forget_old
from app.jobs import Tick


def forget(app: Flask) -> int:
    return int(app.extensions["muster"].db.transact(forget_old))


TICKS = [Tick("old sessions", 3600, forget)]
