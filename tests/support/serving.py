"""Start the program under gunicorn on a free port, with one hospital and one incident in its database."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from app import create_app
from app.core import migrate
from app.incidents import actions
from config.settings import Settings
from tests.support.client import PageClient
from tests.support.hospital import build
from tests.support.sockets import Board, until
from tools.servers import free_port

ROOT = Path(__file__).resolve().parents[2]
STOP_SECONDS = 15


@dataclass
class Serving:
    """A running server. `app` is the program in this process on the same data, as a jobs process has it."""

    url: str
    process: subprocess.Popen[bytes]
    app: Any
    token: str
    incident: Any
    log: Path

    def board(self) -> Board:
        return Board(self.url, self.token, self.incident.id)

    def note(self, text: str) -> float:
        """Make one change; return when it was committed, by the machine's clock."""
        response = requests.post(f"{self.url}/test/note/{self.incident.id}/{text}", timeout=20)
        response.raise_for_status()
        return float(response.json()["at"])

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(STOP_SECONDS)


@contextmanager
def serving(
    directory: Path, database_url: str, redis_url: str | None = None, workers: int = 2, **environment: str
) -> Iterator[Serving]:
    """Serve `database_url`, which is migrated and filled first; one process with threads on SQLite."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    key = directory / "journal.key"
    settings = Settings(
        database_url=database_url, redis_url=redis_url, signing_key_file=key, public_url=url, jobs="off"
    )
    app = create_app(settings)
    rt = app.extensions["muster"]
    migrate.upgrade(rt.db)
    incident, token = _filled(app)
    variables = variables_of(database_url, redis_url, key, port, workers) | environment
    try:
        with gunicorn("tests.support.served:app", url, variables, directory / "gunicorn.log") as process:
            yield Serving(url, process, app, token, incident, directory / "gunicorn.log")
    finally:
        rt.parts["live"].stop()
        rt.db.dispose()


def variables_of(
    database_url: str, redis_url: str | None, key: Path, port: int, workers: int
) -> dict[str, str]:
    """The environment of a server on that port."""
    return {
        **os.environ,
        "MUSTER_DATABASE_URL": database_url,
        "MUSTER_REDIS_URL": redis_url or "",
        "MUSTER_SIGNING_KEY_FILE": str(key),
        "MUSTER_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "MUSTER_JOBS": "off",
        "MUSTER_WEB_WORKERS": str(workers if redis_url else 1),
        "HOST": "127.0.0.1",
        "PORT": str(port),
    }


@contextmanager
def gunicorn(
    program: str, url: str, environment: dict[str, str], log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """Serve `module:app`, which answers /test/pid, as the program is served; killed at the end."""
    command = [sys.executable, "-m", "gunicorn", "-c", "config/gunicorn.py", program]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        until(lambda: _answers(url, process, log), 40, 0.1)
        yield process
    finally:
        if process.poll() is None:
            process.kill()
            process.wait(STOP_SECONDS)


def _answers(url: str, process: subprocess.Popen[bytes], log: Path) -> bool:
    assert process.poll() is None, log.read_text()[-3000:]
    try:
        return requests.get(f"{url}/test/pid", timeout=5).ok
    except requests.RequestException:
        return False


def _filled(app: Any) -> tuple[Any, str]:
    transact = app.extensions["muster"].db.transact
    with app.app_context():
        hospital = transact(build)
        declared = {"guide": "mass_casualty_incident", "exercise": True, "activation_level": "partial"}
        where = {"facility_id": hospital.facility.id, "reason": "Bus crash on Route 9"}
        incident = transact(actions.declare, hospital.commander, **declared, **where)
        return incident, PageClient(app, hospital.commander).token
