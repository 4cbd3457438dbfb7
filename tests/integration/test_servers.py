"""The throw-away servers start, answer, hang, die and come back at the same address."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from tools.servers import Postgres, Server, ServerError, Valkey, postgres, valkey

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    with postgres(tmp_path_factory.mktemp("postgres")) as server:
        yield server


@pytest.fixture(scope="module")
def queue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    with valkey(tmp_path_factory.mktemp("valkey")) as server:
        yield server


@pytest.fixture(params=["database", "queue"])
def server(request: pytest.FixtureRequest) -> Server:
    server: Server = request.getfixturevalue(request.param)
    server.start()
    return server


def connect(server: Postgres, url: str | None = None) -> psycopg.Connection:
    url = (url or server.url).replace("+psycopg", "")
    return psycopg.connect(url, connect_timeout=2, autocommit=True)


def answers(server: Server) -> bool:
    """Whether a new client is served within two seconds."""
    try:
        if isinstance(server, Postgres):
            with connect(server) as connection:
                return connection.execute("SELECT 1").fetchone() == (1,)
        with redis.Redis.from_url(server.url, socket_timeout=1, retry=None) as client:
            return bool(client.ping())
    except (psycopg.OperationalError, redis.ConnectionError, redis.TimeoutError):
        return False


def processes(pid: int) -> list[psutil.Process]:
    """A server and all its children."""
    server = psutil.Process(pid)
    return [server, *server.children(recursive=True)]


def eventually_gone(family: list[psutil.Process]) -> bool:
    """Whether every process ends within five seconds (an unreaped one has ended)."""
    deadline = time.monotonic() + 5
    while any(alive(process) for process in family):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def alive(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def setting(connection: psycopg.Connection, name: str) -> str:
    row = connection.execute("SELECT current_setting(%s)", [name]).fetchone()
    assert row is not None
    return str(row[0])


def test_a_new_server_starts_within_three_seconds_and_leaves_nothing_behind(tmp_path: Path) -> None:
    begun = time.monotonic()
    with postgres(tmp_path / "postgres") as database, valkey(tmp_path / "valkey") as queue:
        assert time.monotonic() - begun < 3
        assert answers(database)
        assert answers(queue)
        family = [
            p for pid in (database.pid, queue.pid) for p in psutil.Process(pid).children(recursive=True)
        ]
        assert family
    assert not answers(database)
    assert not answers(queue)
    assert eventually_gone(family)


def test_settings_suit_tests(database: Postgres) -> None:
    expected = {
        "fsync": "off",
        "synchronous_commit": "on",
        "max_connections": "200",
        "listen_addresses": "127.0.0.1",
    }
    with connect(database) as connection:
        shown = {name: setting(connection, name) for name in expected}
        assert setting(connection, "server_version").startswith("18.")
    assert shown == expected


def test_fsync_can_be_left_on(tmp_path: Path) -> None:
    with postgres(tmp_path, fsync=True) as server, connect(server) as connection:
        assert connection.execute("SHOW fsync").fetchone() == ("on",)


def test_nobody_gets_in_without_the_password(database: Postgres, queue: Valkey) -> None:
    wrong = {"host": "127.0.0.1", "port": database.port, "user": "postgres", "password": "wrong"}
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(**wrong)
    with redis.Redis(port=queue.port, retry=None) as client, pytest.raises(redis.AuthenticationError):
        client.ping()


def test_a_paused_server_hangs_and_a_resumed_one_goes_on(server: Server) -> None:
    server.pause()
    try:
        assert not answers(server)
        with socket.create_connection(("127.0.0.1", server.port), timeout=1):
            pass  # the port is still open: this is a hang, not a refusal
    finally:
        server.resume()
    assert answers(server)


def test_a_pause_holds_open_sessions_too(database: Postgres) -> None:
    with connect(database) as connection:
        database.pause()
        answered = threading.Event()

        def ask() -> None:
            connection.execute("SELECT 1")
            answered.set()

        asking = threading.Thread(target=ask)
        asking.start()
        assert not answered.wait(0.5)
        database.resume()
        assert answered.wait(5)
        asking.join()


def test_a_killed_server_comes_back_at_the_same_address(server: Server) -> None:
    url = server.url
    server.kill()
    assert not server.running
    assert not answers(server)
    server.start()
    assert server.url == url
    assert answers(server)


def test_a_killed_database_keeps_what_it_has_acknowledged(database: Postgres) -> None:
    with connect(database) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 41 AS value")
        connection.execute("UPDATE kept SET value = 42")
        database.kill()
    database.start()
    with connect(database) as connection:
        assert connection.execute("SELECT value FROM kept").fetchone() == (42,)


def test_a_killed_queue_forgets_everything(queue: Valkey) -> None:
    with redis.Redis.from_url(queue.url) as client:
        client.set("key", "value")
        queue.kill()
        queue.start()
        assert client.get("key") is None


def test_killing_works_on_a_paused_server(server: Server) -> None:
    server.pause()
    server.kill()
    server.start()
    assert answers(server)


def test_stopping_works_on_a_paused_server(server: Server) -> None:
    server.pause()
    server.stop()
    assert not server.running
    server.start()
    assert answers(server)


def test_a_server_outlives_the_thread_that_started_it(server: Server) -> None:
    server.stop()
    starter = threading.Thread(target=server.start)
    starter.start()
    starter.join()
    time.sleep(0.2)
    assert answers(server)


def test_each_test_can_have_a_database_of_its_own(database: Postgres) -> None:
    url = database.database("ward 7")
    assert database.database("ward 7") == url
    with connect(database, url) as connection:
        assert connection.execute("SELECT current_database()").fetchone() == ("ward 7",)
        database.drop_database("ward 7")
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        connect(database, url)


def test_data_is_kept_between_runs_and_the_address_of_each_is_its_own(tmp_path: Path) -> None:
    with postgres(tmp_path) as first, connect(first) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS value")
    with postgres(tmp_path) as second, connect(second) as connection:
        assert connection.execute("SELECT value FROM kept").fetchone() == (7,)


def test_a_second_server_on_the_same_data_is_refused_with_the_reason(database: Postgres) -> None:
    with pytest.raises(ServerError, match="lock file") as refused:
        Postgres(database.directory).start()
    assert str(database.directory) in str(refused.value)
    assert answers(database)


def test_a_taken_port_is_reported(tmp_path: Path, queue: Valkey) -> None:
    with pytest.raises(ServerError, match=r"(?i)address already in use"):
        Valkey(tmp_path, port=queue.port).start()


def test_servers_end_when_the_process_that_started_them_is_killed(tmp_path: Path) -> None:
    if sys.platform != "linux":
        pytest.skip("only Linux ties a child to its parent")
    program = """
import sys, time
from pathlib import Path
from tools.servers import postgres, valkey

with postgres(Path(sys.argv[1], "postgres")) as database, valkey(Path(sys.argv[1], "valkey")) as queue:
    print(database.pid, queue.pid, flush=True)
    time.sleep(60)
"""
    command = [sys.executable, "-c", program, str(tmp_path)]
    parent = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    with parent.stdout:
        pids = [int(pid) for pid in parent.stdout.readline().split()]
    assert len(pids) == 2
    family = [process for pid in pids for process in processes(pid)]
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait(5)
    assert eventually_gone(family)
