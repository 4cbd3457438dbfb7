"""`flask --app wsgi jobs run`."""

from __future__ import annotations

from flask import current_app
from flask.cli import AppGroup

from app.jobs import run_until_told

jobs = AppGroup("jobs", help="The engine: escalation, sending, triggers.")
commands = [jobs]


@jobs.command("run")
def run() -> None:
    """Run the engine in this process until SIGTERM or Ctrl-C. Any number may run at once."""
    run_until_told(current_app._get_current_object())  # type: ignore[attr-defined]
