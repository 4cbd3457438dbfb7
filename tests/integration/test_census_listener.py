"""MLLP over a real socket, and the whole folder of public ADT messages."""

from __future__ import annotations

import gzip
import os
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from app.census.listener import Listener
from app.census.models import AdtEvent, AdtRefusal
from app.census.queries import census
from app.census.receive import Receiver
from app.core.actor import Actor
from app.core.clock import ManualClock
from app.core.db import Database
from tests.support.adt import adt
from tests.support.hospital import Hospital

DATA = (
    Path(os.environ.get("MUSTER_DATA_DIR", Path(__file__).resolve().parents[3] / "shared" / "data"))
    / "hl7v2_adt"
)
pytestmark = pytest.mark.engine("sqlite")


@pytest.fixture
def listener(app: Flask, hospital: Hospital) -> Iterator[Listener]:
    receiver = Receiver(app.extensions["muster"], Actor.system("census"), hospital.facility)
    with Listener(app, receiver, "127.0.0.1", 0, idle_seconds=5, message_seconds=0.3, longest=4000) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def wire(listener: Listener) -> Iterator[socket.socket]:
    with socket.create_connection(listener.server_address, timeout=5) as connection:
        yield connection


def framed(text: str) -> bytes:
    return b"\x0b" + text.encode() + b"\x1c\r"


def answers(wire: socket.socket, count: int = 1) -> list[str]:
    received = b""
    while received.count(b"\x1c\r") < count:
        data = wire.recv(4096)
        assert data, f"closed after {received!r}"
        received += data
    assert received.count(b"\x0b") == count
    return [part.removeprefix(b"\x0b").decode() for part in received.split(b"\x1c\r")[:-1]]


def test_each_message_gets_its_answer(wire: socket.socket, db: Database, hospital: Hospital) -> None:
    wire.sendall(framed(adt("A01", "V1", "ICU^1^A", control="M1")))
    assert "MSA|AA|M1" in answers(wire)[0]
    # Two in one packet, the second a broken one, cut in the middle.
    stream = framed(adt("A01", "V2", "ICU^2^A", control="M2")) + framed(adt("A01", "", control="M3"))
    wire.sendall(stream[:200])
    wire.sendall(stream[200:])
    second, third = answers(wire, 2)
    assert "MSA|AA|M2" in second
    assert "MSA|AE|M3|PV1-19" in third
    with db.read() as session:
        assert census(session, hospital.facility, db.clock.now()).occupied == 2


def test_noise_before_a_message_does_no_harm(wire: socket.socket) -> None:
    wire.sendall(b"GET / HTTP/1.1\r\n\r\n" + framed(adt("A01", control="M1")))
    assert "MSA|AA|M1" in answers(wire)[0]


def test_too_long_a_message_is_refused_and_the_line_closed(wire: socket.socket) -> None:
    wire.sendall(b"\x0b" + b"x" * 5000)
    assert "MSA|AR||MSH: a message has more than 4000 bytes" in answers(wire)[0]
    assert wire.recv(10) == b""


def test_a_message_that_does_not_end_is_given_up(wire: socket.socket) -> None:
    wire.sendall(b"\x0bMSH|^~\\&|")
    assert wire.recv(10) == b""


def test_an_acknowledgement_is_not_acknowledged(wire: socket.socket) -> None:
    wire.sendall(framed("MSH|^~\\&|A|B|C|D|20261123080000||ACK^A01|9|P|2.5\rMSA|AA|1"))
    wire.sendall(framed(adt("A01", control="M2")))
    assert "MSA|AA|M2" in answers(wire)[0]


@pytest.mark.parametrize("year", [2026, 2030])
def test_the_folder_of_public_messages_is_applied_or_refused_with_a_reason(
    app: Flask, db: Database, hospital: Hospital, clock: ManualClock, year: int
) -> None:
    """In 2026 what says 2029 is refused; in 2030 it is taken."""
    clock.set(datetime(year, 11, 23, 9, tzinfo=UTC))
    total = 0
    for path in sorted(DATA.rglob("*.hl7*")):
        body = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        # A receiver for each: half of the samples call themselves MSG00001, from the same sender.
        receipt = Receiver(app.extensions["muster"], hospital.commander, hospital.facility).receive(body)
        count = body.count(b"MSH|")
        assert sum(receipt.counts.values()) == count or path.name.startswith("sample_bad"), path.name
        assert len(receipt.reasons) == receipt.counts["refused"]
        assert all(receipt.reasons)
        if path.name.startswith("sample_bad"):
            assert receipt.reasons == ["MSH: MSH is missing: a message begins with MSH|^~\\&"]
            assert receipt.faults
        elif path.parent.name == "batch":
            assert not receipt.faults, path.name
        total += count
    if not total:
        return
    with db.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(AdtEvent).where(AdtEvent.kind == "A01"))
        reasons = set(session.scalars(sa.select(AdtRefusal.reason)))
        assert any("lies in the future" in reason for reason in reasons) == (year == 2026)
        found = census(session, hospital.facility, clock.now())
        assert len(found.unmapped) > 3
