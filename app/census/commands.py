"""`flask --app wsgi census listen`."""

from __future__ import annotations

import signal
import threading
from types import FrameType

import click
from flask import current_app
from flask.cli import AppGroup

from app.census.listener import Listener
from app.census.receive import Receiver
from app.core.actor import Actor
from app.core.errors import MusterError
from app.facilities.queries import facility_by_code
from app.runtime import runtime
from app.web.commands import fail

census = AppGroup("census", help="The running census from HL7 v2 ADT messages.")
commands = [census]


@census.command("listen")
@click.option("--port", type=click.IntRange(0, 65535), default=2575, show_default=True)
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="MLLP has no sign-in: think before you widen"
)
@click.option("--facility", "code", help="code of the hospital; without it, MSH-6 or MSH-5 says")
def listen(port: int, host: str, code: str | None) -> None:
    """Take ADT messages over MLLP until SIGTERM or Ctrl-C."""
    rt = runtime()
    facility = None
    try:
        if code:
            with rt.db.read() as db:
                facility = facility_by_code(db, code)
    except MusterError as error:
        fail(error)
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    with Listener(app, Receiver(rt, Actor.system("census"), facility), host, port) as server:
        _stop_on_signal(server)
        click.echo(f"Listening for MLLP on {host}:{server.server_address[1]}")
        server.serve_forever()


def _stop_on_signal(server: Listener) -> None:
    def stop(_number: int, _frame: FrameType | None) -> None:
        # shutdown waits for serve_forever, which runs in this very thread.
        threading.Thread(target=server.shutdown, daemon=True).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
