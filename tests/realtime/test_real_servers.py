"""The board through real websockets: one process with threads on SQLite, two gevent workers with Valkey."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
import requests
import websocket

from app.incidents import actions
from app.journal import head_seq
from tests.support.hospital import SETUP
from tests.support.serving import Serving, serving
from tests.support.sockets import Board, until
from tools import servers

BOARDS = 16
# The heartbeat comes every 5 s; a board that learns of a change by it alone asks at once.
BY_HEAD_SECONDS = 9


@pytest.fixture(scope="module")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.Valkey]:
    with servers.valkey(tmp_path_factory.mktemp("valkey")) as server:
        yield server


@pytest.fixture(scope="module")
def threads(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    directory = tmp_path_factory.mktemp("threads")
    place = f"sqlite:///{directory / 'muster.db'}"
    with serving(directory, place, MUSTER_MAX_SOCKETS="24") as running:
        yield running


@pytest.fixture(scope="module")
def workers(
    tmp_path_factory: pytest.TempPathFactory, postgres: servers.Postgres, valkey: servers.Valkey
) -> Iterator[Serving]:
    url = postgres.database("realtime")
    with serving(tmp_path_factory.mktemp("workers"), url, valkey.url) as running:
        yield running
    postgres.drop_database("realtime")


@pytest.fixture(params=["threads", "workers"])
def served(request: pytest.FixtureRequest) -> Serving:
    return request.getfixturevalue(request.param)


@contextmanager
def opened(served: Serving, count: int) -> Iterator[list[Board]]:
    boards = [served.board() for _ in range(count)]
    try:
        until(lambda: all(board.shown.known for board in boards), 20)
        yield boards
    finally:
        for board in boards:
            board.close()


def head(served: Serving) -> int:
    with served.app.extensions["muster"].db.read() as session:
        return head_seq(session, served.incident.stream)


def all_show(boards: list[Board], seq: int, seconds: float) -> None:
    until(lambda: all(board.shown.known >= seq for board in boards), seconds)


def test_every_board_gets_every_change(served: Serving) -> None:
    with opened(served, BOARDS) as boards:
        before = head(served)
        writers = [threading.Thread(target=served.note, args=(f"note-{number}",)) for number in range(12)]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        seq = head(served)
        assert seq == before + 12
        all_show(boards, seq, 15)
        first = boards[0].shown.cards
        assert all(board.shown.cards == first for board in boards), "all show the same"
        assert "note-" in first["journal"][1]


def test_a_change_made_in_another_process_is_pushed(workers: Serving) -> None:
    """As from a jobs process, which serves no browser itself."""
    with opened(workers, 4) as boards:
        transact = workers.app.extensions["muster"].db.transact
        transact(actions.note, SETUP, workers.incident.id, text="by the engine")
        all_show(boards, head(workers), 3)


def test_a_foreign_page_may_not_connect(served: Serving) -> None:
    address = served.url.replace("http", "ws") + "/socket.io/?EIO=4&transport=websocket"
    assert not lets_in(address, "https://evil.example")
    assert lets_in(address, served.url)
    polling = requests.get(f"{served.url}/socket.io/?EIO=4&transport=polling", timeout=10)
    assert polling.status_code == 400


def lets_in(address: str, origin: str) -> bool:
    """gevent-websocket shakes hands before the program is asked, which then hangs up without a word."""
    try:
        return "sid" in websocket.create_connection(address, origin=origin, timeout=10).recv()
    except websocket.WebSocketBadStatusException:
        return False


def test_more_boards_than_there_is_room_for_leave_the_pages_working(threads: Serving) -> None:
    with opened(threads, 24) as boards:
        with pytest.raises(Exception, match="failed to connect"):
            threads.board()
        assert requests.get(f"{threads.url}/test/pid", timeout=10).ok
        threads.note("room")
        all_show(boards, head(threads), 10)


def test_a_slow_reader_holds_up_nobody_and_is_put_out(served: Serving) -> None:
    sleeper = asleep(served)
    try:
        with opened(served, 4) as boards:
            for number in range(40):
                served.note(f"{number}-" + "long " * 300)
            all_show(boards, head(served), 20)
        assert held_by(served, sleeper)
        until(lambda: not held_by(served, sleeper), 60, 0.5)
    finally:
        sleeper.close()


def asleep(served: Serving) -> socket.socket:
    """A board that joined and then never read again, like a laptop whose lid was closed."""
    address = served.url.replace("http", "ws") + "/socket.io/?EIO=4&transport=websocket"
    small = [(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)]
    line = websocket.create_connection(address, timeout=10, sockopt=small)
    line.recv()
    line.send('40/board,{"token":"' + served.token + '"}')
    assert line.recv().startswith("40/board")
    line.send('42/board,["join",{"incident":"' + served.incident.id + '","seq":0}]')
    return line.sock


def held_by(served: Serving, line: socket.socket) -> bool:
    """Whether the server still has this line open."""
    port = line.getsockname()[1]
    parent = psutil.Process(served.process.pid)
    family = [parent, *parent.children(recursive=True)]
    return any(c.raddr and c.raddr.port == port for one in family for c in one.net_connections("tcp"))


def test_without_valkey_writes_go_on_boards_notice_and_it_recovers_by_itself(
    workers: Serving, valkey: servers.Valkey
) -> None:
    with opened(workers, 8) as boards:
        valkey.kill()
        try:
            began = time.monotonic()
            workers.note("while-it-is-down")
            assert time.monotonic() - began < 5, "a write does not wait for it"
            all_show(boards, head(workers), BY_HEAD_SECONDS)
        finally:
            valkey.start()
        time.sleep(5)
        for number in range(4):
            workers.note(f"back-{number}")
        all_show(boards, head(workers), 3)


def test_when_valkey_hangs_boards_still_notice(workers: Serving, valkey: servers.Valkey) -> None:
    with opened(workers, 4) as boards:
        valkey.pause()
        try:
            workers.note("while-it-hangs")
            all_show(boards, head(workers), BY_HEAD_SECONDS)
        finally:
            valkey.resume()


def test_the_server_ends_in_time_with_boards_open(tmp_path: Path) -> None:
    place = f"sqlite:///{tmp_path / 'muster.db'}"
    with serving(tmp_path, place) as running, opened(running, 3) as boards:
        began = time.monotonic()
        assert running.stop() == 0
        assert time.monotonic() - began < 10
        until(lambda: all(board.disconnected for board in boards), 10)
