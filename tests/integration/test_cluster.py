"""The local cluster starts, works and stops as one, with a stand-in program in place of Muster."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
import requests

from tools.servers import free_port

ROOT = Path(__file__).resolve().parents[2]

STAND_IN = """
import os, time
import click, psycopg, redis
from flask import Flask

DATABASE = os.environ["MUSTER_DATABASE_URL"].replace("+psycopg", "")
app = Flask(__name__)


@app.get("/")
def home():
    with psycopg.connect(DATABASE) as connection:
        fills = connection.execute("SELECT count(*) FROM fills").fetchone()[0]
    queue = redis.Redis.from_url(os.environ["MUSTER_REDIS_URL"])
    jobs = sorted(int(pid) for pid in queue.smembers("jobs"))
    settings = [os.environ[name] for name in ("MUSTER_MODE", "MUSTER_JOBS", "HOST", "PORT")]
    return {"pid": os.getpid(), "fills": fills, "jobs": jobs, "settings": settings}


@app.get("/wait/<int:seconds>")
def wait(seconds):
    with psycopg.connect(DATABASE) as connection:
        connection.execute("SELECT pg_sleep(%s)", [seconds])
    return "waited"


@app.cli.command("db")
@click.argument("verb")
def db(verb):
    if os.path.exists("migration-fails"):
        raise click.ClickException("no such column")
    with psycopg.connect(DATABASE) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS fills (at timestamptz)")


@app.cli.command("demo")
@click.argument("verb")
@click.option("--if-empty", is_flag=True)
def demo(verb, if_empty):
    with psycopg.connect(DATABASE) as connection:
        connection.execute("INSERT INTO fills VALUES (now())")


@app.cli.command("jobs")
@click.argument("verb")
def jobs(verb):
    redis.Redis.from_url(os.environ["MUSTER_REDIS_URL"]).sadd("jobs", os.getpid())
    click.echo("at work")
    while True:
        time.sleep(1)
"""


class Cluster:
    """One run of tools/cluster.py in a checkout of its own."""

    def __init__(self, checkout: Path, port: int, *arguments: str) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.lines: list[str] = []
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MUSTER_")}
        self.process = subprocess.Popen(
            [sys.executable, checkout / "tools" / "cluster.py", *arguments],
            env=environment | {"HOST": "127.0.0.1", "PORT": str(port)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as output:
            for line in output:
                self.lines.append(line.rstrip())

    def family(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def serving(self) -> bool:
        """Whether a page is served and both jobs processes are at work."""
        try:
            return len(requests.get(self.url, timeout=2).json()["jobs"]) == 2
        except (requests.RequestException, ValueError):
            return False

    def wait_until_serving(self) -> None:
        assert eventually(lambda: self.serving() or self.process.poll() is not None, 30), self.lines
        assert self.process.poll() is None, self.lines

    def wait(self, seconds: float) -> int:
        status = self.process.wait(seconds)
        self._reader.join(2)
        return status


Start = Callable[..., Cluster]


def make_checkout(directory: Path) -> Path:
    for folder in ("tools", "config"):
        shutil.copytree(ROOT / folder, directory / folder)
    (directory / "wsgi.py").write_text(STAND_IN)
    return directory


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    return make_checkout(tmp_path)


@contextmanager
def starter(checkout: Path) -> Iterator[Start]:
    """`start(*arguments)` begins a cluster; what still runs in the end is killed."""
    started: list[Cluster] = []

    def start(*arguments: str, port: int | None = None) -> Cluster:
        cluster = Cluster(checkout, port or free_port(), *arguments)
        started.append(cluster)
        return cluster

    try:
        yield start
    finally:
        for cluster in started:
            cluster.process.kill()
            cluster.wait(10)


@pytest.fixture
def start(checkout: Path) -> Iterator[Start]:
    with starter(checkout) as start:
        yield start


@pytest.fixture(scope="module")
def start_beside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """Starts clusters in the checkout where `running` runs."""
    with starter(make_checkout(tmp_path_factory.mktemp("checkout"))) as start:
        yield start


@pytest.fixture(scope="module")
def running(start_beside: Start) -> Cluster:
    """A cluster for the tests that leave it as it is."""
    cluster = start_beside()
    cluster.wait_until_serving()
    return cluster


def eventually(done: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def all_gone(family: list[psutil.Process]) -> bool:
    return not any(alive(process) for process in family)


def alive(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_two_web_workers_and_two_jobs_processes_share_the_servers(running: Cluster) -> None:
    cluster = running
    port = cluster.url.rpartition(":")[2]
    answer = requests.get(cluster.url, timeout=5).json()
    assert answer["settings"] == ["demo", "off", "127.0.0.1", port]
    assert set(answer["jobs"]) < {process.pid for process in cluster.family()}
    workers: set[int] = set()

    def both_have_served() -> bool:
        workers.add(requests.get(cluster.url, timeout=5).json()["pid"])
        return len(workers) == 2

    assert eventually(both_have_served, 20)
    assert {"jobs 1  | at work", "jobs 2  | at work"} < set(cluster.lines)
    assert eventually(lambda: any(cluster.url in line for line in cluster.lines), 5)


def test_waiting_for_the_database_does_not_hold_up_a_worker(running: Cluster) -> None:
    begun = time.monotonic()
    asking = [
        threading.Thread(target=requests.get, args=(f"{running.url}/wait/1",), kwargs={"timeout": 20})
        for _ in range(8)
    ]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    assert time.monotonic() - begun < 3  # one after another in two workers would take four


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_everything_within_eight_seconds_even_with_open_requests(
    start: Start, number: signal.Signals
) -> None:
    cluster = start()
    cluster.wait_until_serving()
    family = cluster.family()

    def hang() -> None:
        with pytest.raises(requests.RequestException):
            requests.get(f"{cluster.url}/wait/60", timeout=30)

    hanging = threading.Thread(target=hang)
    hanging.start()
    time.sleep(0.5)
    cluster.process.send_signal(number)
    assert cluster.wait(8) == 0
    assert all_gone(family)
    assert cluster.lines[-1] == "cluster | stopped"
    hanging.join()


def test_data_is_kept_until_new_is_asked_for(start: Start) -> None:
    fills = []
    for arguments in ((), (), ("--new",)):
        cluster = start(*arguments)
        cluster.wait_until_serving()
        fills.append(requests.get(cluster.url, timeout=5).json()["fills"])
        cluster.process.terminate()
        assert cluster.wait(8) == 0
    assert fills == [1, 2, 1]


def test_the_end_of_one_part_stops_all_and_is_named(start: Start) -> None:
    cluster = start()
    cluster.wait_until_serving()
    family = cluster.family()
    os.kill(requests.get(cluster.url, timeout=5).json()["jobs"][0], signal.SIGKILL)
    assert cluster.wait(8) == 1
    assert all_gone(family)
    assert cluster.lines[-1] in {f"cluster | jobs {number} ended with status -9" for number in (1, 2)}


def test_a_failed_migration_is_shown_and_nothing_is_served(start: Start, checkout: Path) -> None:
    (checkout / "migration-fails").touch()
    cluster = start()
    assert cluster.wait(30) == 1
    assert "migrate | Error: no such column" in cluster.lines
    assert cluster.lines[-1] == "cluster | migrate failed with exit status 1"


def test_nothing_is_left_when_the_cluster_is_killed(start: Start) -> None:
    cluster = start()
    cluster.wait_until_serving()
    family = cluster.family()
    assert len(family) > 8
    cluster.process.kill()
    assert eventually(lambda: all_gone(family), 8)


def test_a_second_cluster_on_the_same_data_is_refused(running: Cluster, start_beside: Start) -> None:
    second = start_beside("--new")
    assert second.wait(30) == 1
    assert "another cluster is using" in second.lines[-1]
    assert running.serving()


def test_a_taken_or_impossible_port_is_refused_at_once(running: Cluster, start: Start) -> None:
    second = start(port=int(running.url.rpartition(":")[2]))
    assert second.wait(30) == 1
    assert "choose another with HOST and PORT" in second.lines[-1]
    third = start(port=70_000)
    assert third.wait(30) == 1
    assert third.lines[-1] == "cluster | PORT is '70000'; expected is a whole number from 1 to 65535"
