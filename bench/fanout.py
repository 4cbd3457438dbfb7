"""From a commit to the last open board: `python -m bench.fanout [--boards N] [--changes N] [--json]`.

One process with threads on SQLite, and two gevent workers on PostgreSQL with Valkey. Each is set beside a bare
Flask-SocketIO emit of the same bytes to as many sockets in the same kind of server, in the same run. Every
change must reach every board, or the line says how many did not.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import requests
import websocket

from tests.support.serving import Serving, gunicorn, serving, variables_of
from tests.support.sockets import until
from tools import servers

PAUSE = 0.4  # longer than a burst is gathered for: each change is pushed by itself
WAIT_SECONDS = 15


@dataclass(frozen=True)
class Result:
    """Milliseconds from the commit (or the call of emit) to the arrival at a board."""

    server: str
    what: str
    boards: int
    changes: int
    bytes: int
    each_p50: float
    last_p50: float
    last_max: float
    lost: int


class Ears:
    """Many sockets that only note when a text came."""

    def __init__(self, url: str, count: int, opening: str, join: str) -> None:
        self.heard: list[dict[str, float]] = [{} for _ in range(count)]
        self.size = 0
        self._mark = "no mark yet"
        address = url.replace("http", "ws", 1) + "/socket.io/?EIO=4&transport=websocket"
        self._lines = []
        for heard in self.heard:
            line = _joined(address, opening, join)
            self._lines.append(line)
            threading.Thread(target=self._listen, args=(line, heard), daemon=True).start()

    def expect(self, mark: str) -> None:
        self._mark = mark

    def all_heard(self, mark: str) -> bool:
        return all(mark in heard for heard in self.heard)

    def close(self) -> None:
        for line in self._lines:
            line.shutdown()

    def _listen(self, line: websocket.WebSocket, heard: dict[str, float]) -> None:
        try:
            while text := line.recv():
                at = time.time()
                if text == "2":
                    line.send("3")
                    continue
                mark = self._mark
                if mark in text and mark not in heard:
                    heard[mark], self.size = at, len(text)
        except (websocket.WebSocketException, OSError):
            return


def _joined(address: str, opening: str, join: str) -> websocket.WebSocket:
    """A socket that is in, and has had its first answer."""
    line = websocket.create_connection(address, timeout=30)
    line.recv()
    line.send(opening)
    answer = line.recv()
    assert answer.startswith("40/board"), answer
    line.send(join)
    while '"cards"' not in line.recv():
        pass  # the heartbeat may come first
    return line


def measure(server: str, what: str, ears: Ears, changes: int, change: Callable[[str], float]) -> Result:
    """`change(mark)` makes one change that carries the mark, and returns when it was committed."""
    committed: dict[str, float] = {}
    for number in range(changes):
        mark = f"mark-{number:04d}"
        ears.expect(mark)
        committed[mark] = change(mark)
        deadline = time.monotonic() + WAIT_SECONDS
        while not ears.all_heard(mark) and time.monotonic() < deadline:
            time.sleep(0.005)
        time.sleep(PAUSE)
    each = [(at - committed[mark]) * 1000 for heard in ears.heard for mark, at in heard.items()]
    last = [
        (max(heard[mark] for heard in ears.heard if mark in heard) - at) * 1000
        for mark, at in committed.items()
    ]
    return Result(
        server,
        what,
        len(ears.heard),
        changes,
        ears.size,
        round(statistics.median(each), 1),
        round(statistics.median(last), 1),
        round(max(last), 1),
        len(ears.heard) * changes - len(each),
    )


def muster(server: str, running: Serving, boards: int, changes: int) -> Result:
    join = json.dumps(["join", {"incident": running.incident.id, "seq": 0}])
    token = json.dumps({"token": running.token})
    ears = Ears(running.url, boards, f"40/board,{token}", f"42/board,{join}")
    try:
        return measure(server, "Muster: commit to board", ears, changes, running.note)
    finally:
        ears.close()


def bare(server: str, url: str, boards: int, changes: int, size: int) -> Result:
    ears = Ears(url, boards, "40/board,", '42/board,["join",{}]')

    def emit(mark: str) -> float:
        response = requests.post(
            f"{url}/test/emit", json={"html": mark + "x" * max(0, size - 60)}, timeout=20
        )
        return float(response.json()["at"])

    try:
        return measure(server, "bare: emit to socket", ears, changes, emit)
    finally:
        ears.close()


@contextmanager
def bare_server(directory: Path, database_url: str, redis_url: str | None) -> Iterator[str]:
    port = servers.free_port()
    variables = variables_of(database_url, redis_url, directory / "journal.key", port, 2)
    url = f"http://127.0.0.1:{port}"
    with gunicorn("bench.bare_board:app", url, variables, directory / "bare.log"):
        until(lambda: requests.get(f"{url}/test/pid", timeout=10).ok)
        yield url


def both(
    server: str, directory: Path, database_url: str, redis_url: str | None, boards: int, changes: int
) -> list[Result]:
    limit = {"MUSTER_MAX_SOCKETS": str(boards + 10)}
    with serving(directory, database_url, redis_url, **limit) as running:
        ours = muster(server, running, boards, changes)
    with bare_server(directory, database_url, redis_url) as url:
        return [ours, bare(server, url, boards, changes, ours.bytes)]


def run(boards: int | None, changes: int) -> list[Result]:
    with ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        root.chmod(0o755)  # the servers run as another user
        threads, workers = root / "threads", root / "workers"
        threads.mkdir()
        workers.mkdir()
        place = f"sqlite:///{threads / 'muster.db'}"
        results = both("1 process, threads, SQLite", threads, place, None, boards or 60, changes)
        database = stack.enter_context(servers.postgres(root / "postgres"))
        queue = stack.enter_context(servers.valkey(root / "valkey"))
        name = "2 gevent workers, PostgreSQL, Valkey"
        return results + both(name, workers, database.database("fanout"), queue.url, boards or 200, changes)


def table(results: list[Result]) -> str:
    heads = ("server", "what", "boards", "changes", "bytes", "each p50", "last p50", "last max", "lost")
    rows: list[tuple[Any, ...]] = [heads, *(tuple(asdict(result).values()) for result in results)]
    widths = [max(len(str(row[i])) for row in rows) for i in range(len(heads))]
    lines = ["  ".join(map(_cell, row, widths)) for row in rows]
    return "\n".join([*lines, "Times in milliseconds."])


def _cell(value: Any, width: int) -> str:
    return value.ljust(width) if isinstance(value, str) else str(value).rjust(width)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure from a commit to the last open board.")
    parser.add_argument("--boards", type=int, help="open boards; without it 60 on threads, 200 on gevent")
    parser.add_argument("--changes", type=int, default=20)
    parser.add_argument("--json", action="store_true", help="one line of JSON instead of a table")
    wanted = parser.parse_args()
    results = run(wanted.boards, wanted.changes)
    print(json.dumps({"fanout": [asdict(r) for r in results]}) if wanted.json else table(results))


if __name__ == "__main__":
    main()
