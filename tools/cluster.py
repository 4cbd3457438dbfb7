"""Run Muster here as it runs in production: `python tools/cluster.py [--new]`, or `make cluster`.

PostgreSQL, Valkey, two web workers and two jobs processes, with the demo hospital in var/cluster; --new makes
it afresh. Ctrl-C, SIGTERM or the end of any part stops all of it. HOST and PORT say where it listens.
"""

import argparse
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import IO, NoReturn

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tools.servers import GUARD, Server, ServerError, postgres, valkey  # noqa: E402 - run as a script

DIRECTORY = ROOT / "var" / "cluster"
JOBS_PROCESSES = 2
# gunicorn gives open sockets 4 s (config/gunicorn.py); what is left after this is killed.
STOP_SECONDS = 6.0

FLASK = [sys.executable, "-m", "flask", "--app", "wsgi"]
MIGRATE = [*FLASK, "db", "upgrade"]
FILL = [*FLASK, "demo", "fill", "--if-empty"]
WEB = [sys.executable, "-m", "gunicorn", "-c", "config/gunicorn.py", "wsgi:app"]
JOBS = [*FLASK, "jobs", "run"]


class ClusterError(Exception):
    """The cluster cannot run or has lost a part; the message says which."""


class Part:
    """A program of the cluster, each line of its output prefixed with its name."""

    def __init__(self, name: str, command: list[str], environment: Mapping[str, str]) -> None:
        self.name = name
        self._process = subprocess.Popen(
            [sys.executable, "-IS", GUARD, str(os.getpid()), "TERM", "-", *command],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,  # Ctrl-C is for us: we stop the parts in order
        )
        assert self._process.stdout is not None
        self._printer = threading.Thread(target=self._print, args=(self._process.stdout,), daemon=True)
        self._printer.start()

    @property
    def status(self) -> int | None:
        """The exit status, None while it runs."""
        return self._process.poll()

    def wait(self, seconds: float | None = None) -> int:
        """The exit status, once it has ended and all its output is shown; TimeoutExpired after `seconds`."""
        status = self._process.wait(seconds)
        self._printer.join(1)
        return status

    def terminate(self) -> None:
        self._process.terminate()

    def kill(self) -> None:
        """End the part and all it has started."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def _print(self, output: IO[str]) -> None:
        for line in output:
            say(self.name, line.rstrip("\n"))


def say(name: str, line: str) -> None:
    print(f"{name:<8}| {line}", flush=True)


def run(address: tuple[str, int]) -> NoReturn:
    """Start everything and watch it. Ends with ClusterError or KeyboardInterrupt, with everything stopped."""
    with ExitStack() as stack:
        database = stack.enter_context(postgres(DIRECTORY / "postgres", fsync=True))
        queue = stack.enter_context(valkey(DIRECTORY / "valkey"))
        say(
            "cluster",
            f"PostgreSQL on port {database.port}, Valkey on port {queue.port}, files in {DIRECTORY}",
        )
        environment = settings(database.database("muster"), queue.url, address)
        parts: list[Part] = []
        stack.callback(stop, parts)
        for name, command in (("migrate", MIGRATE), ("demo", FILL)):
            parts[:] = [Part(name, command, environment)]
            if parts[0].wait() != 0:
                raise ClusterError(f"{name} failed with exit status {parts[0].status}")
        parts[:] = [Part("web", WEB, environment)]
        parts += [Part(f"jobs {number}", JOBS, environment) for number in range(1, JOBS_PROCESSES + 1)]
        watch(parts, (database, queue), address)


def settings(database_url: str, redis_url: str, address: tuple[str, int]) -> dict[str, str]:
    """The environment of every part. The journal's key lies with the data that it signs."""
    return {
        "MUSTER_SIGNING_KEY_FILE": str(DIRECTORY / "journal.key"),
        **os.environ,
        "MUSTER_DATABASE_URL": database_url,
        "MUSTER_REDIS_URL": redis_url,
        "MUSTER_MODE": "demo",
        "MUSTER_JOBS": "off",
        "MUSTER_WEB_WORKERS": "2",
        "HOST": address[0],
        "PORT": str(address[1]),
        "PYTHONUNBUFFERED": "1",
    }


def watch(parts: list[Part], servers: tuple[Server, ...], address: tuple[str, int]) -> NoReturn:
    """Say when the board can be opened, then wait for the first part to end."""
    announced = False
    while True:
        for part in parts:
            if part.status is not None:
                raise ClusterError(f"{part.name} ended with status {part.status}")
        for server in servers:
            if not server.running:
                raise ClusterError(f"{server.name} ended; its log is {server.directory / 'log'}")
        if not announced and listening(address):
            say("cluster", f"open http://{address[0]}:{address[1]} - Ctrl-C stops everything")
            announced = True
        time.sleep(0.2)


def stop(parts: list[Part]) -> None:
    """Ask every part to end, and kill what has not ended after STOP_SECONDS."""
    for part in parts:
        part.terminate()
    deadline = time.monotonic() + STOP_SECONDS
    for part in parts:
        try:
            part.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            say("cluster", f"{part.name} did not stop and is killed")
        part.kill()


def listening(address: tuple[str, int]) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(address) == 0


def chosen_address() -> tuple[str, int]:
    """HOST and PORT from the environment; ClusterError when they cannot be used."""
    host, port = os.environ.get("HOST") or "127.0.0.1", os.environ.get("PORT") or "8000"
    if not port.isdecimal() or not 1 <= int(port) <= 65_535:
        raise ClusterError(f"PORT is {port!r}; expected is a whole number from 1 to 65535")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, int(port)))
        except OSError as error:
            reason = f"cannot listen on {host}:{port} ({error.strerror}); choose another with HOST and PORT"
            raise ClusterError(reason) from error
    return host, int(port)


@contextmanager
def only_one() -> Iterator[None]:
    """Hold the data: a second cluster would share it, or with --new remove it."""
    DIRECTORY.parent.mkdir(parents=True, exist_ok=True)
    with DIRECTORY.with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ClusterError(f"another cluster is using {DIRECTORY}") from error
        yield


def interrupt(_number: int, _frame: FrameType | None) -> None:
    """Begin to stop. A second signal changes nothing: stopping is bounded as it is."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def main() -> int:
    parser = argparse.ArgumentParser(
        description="Run PostgreSQL, Valkey, two web workers and two jobs processes."
    )
    parser.add_argument("--new", action="store_true", help="remove the data in var/cluster first")
    new = parser.parse_args().new
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupt)
    try:
        address = chosen_address()
        with only_one():
            if new:
                shutil.rmtree(DIRECTORY, ignore_errors=True)
            DIRECTORY.mkdir(exist_ok=True)
            run(address)
    except KeyboardInterrupt:
        say("cluster", "stopped")
        return 0
    except (ClusterError, ServerError) as error:
        say("cluster", str(error))
        return 1


if __name__ == "__main__":
    sys.exit(main())
