"""A post office for tests: who asked for what, what was told to the rooms, and a carrier on loopback."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.serving import make_server

from app import load_all
from app.core.db import Database, UnitOfWork
from app.messaging import inbox, lookout
from app.messaging.actions import Wish, request, request_all
from app.messaging.inbox import Delivery, Heard, Inbound
from app.messaging.models import Attempt, Intent
from app.messaging.worker import Sender
from app.staffing.models import ContactMethod
from config.settings import Settings, Twilio
from tests.fakes.carrier import FakeCarrier
from tests.support.hospital import Hospital
from tools.servers import free_port


class ShiftedClock:
    """The machine's clock, moved by whatever a test asks for: the carrier's times are real ones."""

    def __init__(self) -> None:
        self._shift = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self._shift

    def advance(self, **amount: float) -> None:
        self._shift += timedelta(**amount)


@dataclass
class Rooms:
    """Stands for the rooms that listen: notes what it is told, in order. `deaf`: raises only at replies."""

    deliveries: list[Delivery] = field(default_factory=list)
    replies: list[Inbound] = field(default_factory=list)
    understands: bool = True
    says: str | None = None
    raises: bool = False
    deaf: bool = False

    def heard(self, uow: UnitOfWork, inbound: list[Inbound]) -> list[Heard]:
        if self.raises or self.deaf:
            raise RuntimeError("the room is on fire")
        self.replies += inbound
        return [self.says or self.understands for _ in inbound]

    def told(self, uow: UnitOfWork, deliveries: list[Delivery]) -> None:
        if self.raises:
            raise RuntimeError("the room is on fire")
        self.deliveries += deliveries

    def stages(self, intent: Intent) -> list[str]:
        return [one.stage for one in self.deliveries if one.intent_id == intent.id]


@dataclass
class Post:
    """Asks for texts and looks at what became of them."""

    db: Database
    hospital: Hospital

    def ask(self, index: int = 0, key: str = "k", body: str = "Reply 1.", **more: Any) -> Intent:
        person = self.hospital.people[index]
        fields = {
            "purpose": "question",
            "subject_id": f"subject-{key}",
            "stream": None,
            "person_id": person.id,
            "contact_id": person.contacts[0].id,
            "to": person.contacts[0].address,
        }
        return self.db.transact(request, key=key, body=body, **(fields | more))

    def reach(self, index: int = 0, key: str = "k", body: str = "Reply 1.", **more: Any) -> Intent:
        """By any channel: `channel`, and `to` when it is no phone."""
        person = self.hospital.people[index]
        fields: dict[str, Any] = {
            "purpose": "question",
            "subject_id": f"subject-{key}",
            "stream": None,
            "person_id": person.id,
            "contact_id": person.contacts[0].id,
            "to": person.contacts[0].address,
        }
        [intent] = self.db.transact(request_all, [Wish(body=body, key=key, **(fields | more))])
        return intent

    def intent(self, intent: Intent) -> Intent:
        with self.db.read() as session:
            found = session.get(Intent, intent.id)
            assert found is not None
            return found

    def state(self, intent: Intent) -> str:
        return self.intent(intent).state.value

    def attempts(self, intent: Intent) -> list[Attempt]:
        with self.db.read() as session:
            query = sa.select(Attempt).where(Attempt.intent_id == intent.id).order_by(Attempt.n)
            return list(session.scalars(query))

    def contact(self, index: int = 0) -> ContactMethod:
        with self.db.read() as session:
            found = session.get(ContactMethod, self.hospital.people[index].contacts[0].id)
            assert found is not None
            return found

    def all_states(self) -> list[str]:
        with self.db.read() as session:
            return [state.value for state in session.scalars(sa.select(Intent.state))]


@pytest.fixture(autouse=True)
def rooms(monkeypatch: pytest.MonkeyPatch) -> Rooms:
    """The only room that listens in these tests."""
    load_all("models", "events", "subscribers")  # so that none comes later
    rooms = Rooms()
    everything = {purpose: [rooms.told] for purpose in inbox.Purpose}
    monkeypatch.setattr(inbox, "_REPLY_HANDLERS", [rooms.heard])
    monkeypatch.setattr(inbox, "_DELIVERY_HANDLERS", everything)
    return rooms


@pytest.fixture
def post(db: Database, hospital: Hospital) -> Post:
    return Post(db, hospital)


@pytest.fixture
def sender(app: Flask) -> Iterator[Sender]:
    sender = Sender(app)
    yield sender
    sender.stop()


@pytest.fixture
def look(app: Flask) -> Callable[[], int]:
    return lambda: lookout.look(app)


@pytest.fixture
def carrier() -> Iterator[FakeCarrier]:
    with FakeCarrier() as carrier:
        carrier.settings.sent_after = carrier.settings.delivered_after = 0.01
        yield carrier


@pytest.fixture
def twilio_settings(settings: Settings, carrier: FakeCarrier) -> Settings:
    """Settings that make the program send by the fake carrier. For `settings` to be overridden with."""
    account = Twilio(
        carrier.settings.account_sid,
        carrier.settings.auth_token,
        from_number=carrier.settings.default_sender,
        base_url=carrier.url,
    )
    return replace(settings, twilio=account, public_url=f"http://127.0.0.1:{free_port()}")


@pytest.fixture
def served(app: Flask, settings: Settings, carrier: FakeCarrier) -> Iterator[str]:
    """The program on its public URL, where the carrier's webhooks reach it."""
    port = int(settings.public_url.rpartition(":")[2])
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    carrier.settings.inbound_url = f"{settings.public_url}/webhooks/twilio/inbound"
    yield settings.public_url
    carrier.settle()
    server.shutdown()
    thread.join()
    server.server_close()
