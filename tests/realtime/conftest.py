"""The live board inside the test's process, with a test client for each browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from app.board.live import NAMESPACE, Live
from app.incidents import actions
from app.incidents.models import Incident
from tests.support.client import PageClient
from tests.support.hospital import Hospital
from tests.support.sockets import Shown, until


class Browser:
    """One open board."""

    def __init__(self, live: Live, app: Flask, page: PageClient | None, **options: Any) -> None:
        http = page.http if page else app.test_client()
        self.socket = live.socketio.test_client(app, namespace=NAMESPACE, flask_test_client=http, **options)
        self.shown = Shown()
        self.heads: list[dict[str, Any]] = []
        self.denied: list[str] = []

    @property
    def connected(self) -> bool:
        return self.socket.is_connected(NAMESPACE)

    def join(self, incident: Any, seq: Any = 0) -> Browser:
        self.socket.emit("join", {"incident": incident, "seq": seq}, namespace=NAMESPACE)
        return self.read()

    def read(self) -> Browser:
        """Take in what has come."""
        for message in self.socket.get_received(NAMESPACE) if self.connected else []:
            value = message["args"][0]
            if message["name"] == "cards":
                self.shown.take(value)
            elif message["name"] == "head":
                self.heads.append(value)
            elif message["name"] == "denied":
                self.denied.append(value["message"])
        return self

    def waits_for(self, seq: int) -> Browser:
        until(lambda: self.read().shown.known >= seq)
        return self


@pytest.fixture
def live(app: Flask) -> Iterator[Live]:
    live = app.extensions["muster"].parts["live"]
    yield live
    live.stop()


@pytest.fixture
def incident(act: Any, hospital: Hospital) -> Incident:
    return act(
        actions.declare,
        hospital.commander,
        guide="mass_casualty_incident",
        facility_id=hospital.facility.id,
        exercise=True,
        activation_level="partial",
        reason="Bus crash on Route 9",
    )


@pytest.fixture
def browser(app: Flask, live: Live) -> Callable[..., Browser]:
    """`browser(page, auth=..., headers=...)`: an open socket of that person, or of nobody."""
    return lambda page=None, **options: Browser(live, app, page, **options)
