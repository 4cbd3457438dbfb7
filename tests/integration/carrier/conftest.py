"""The fake carrier, the client that speaks to it, and a server that it calls back."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from werkzeug.serving import make_server

from app.messaging.carriers.twilio import TwilioCarrier
from tests.fakes.carrier import FakeCarrier, Settings
from tests.support.twilio import Inbox, carrier_at


@pytest.fixture
def fake() -> Iterator[FakeCarrier]:
    with FakeCarrier(Settings(sent_after=0.01, delivered_after=0.03)) as carrier:
        yield carrier


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    box = Inbox()
    server = make_server("127.0.0.1", 0, box.app, threaded=True)
    box.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield box
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def carrier(fake: FakeCarrier) -> TwilioCarrier:
    return carrier_at(fake.url)
