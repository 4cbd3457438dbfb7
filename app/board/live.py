"""The socket. It only reads: every change is a POST elsewhere, and reaches open boards from here.

Client: `join {incident, seq}`. Server: `cards {after, seq, at, cards}`, `head {seq, at, silent}`, `denied {message}`.
"""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import structlog
from flask import Flask, request
from flask_socketio import ConnectionRefusedError, SocketIO

from app.accounts.identity import Identity
from app.board.admission import Credential, holders, presented
from app.board.boards import Batch, Boards
from app.board.publisher import Publisher
from app.board.relay import Relay
from app.core.clock import iso
from app.core.errors import Invalid, MusterError
from app.core.ids import is_id
from app.core.permissions import Permission
from app.health.checks import silent_since
from app.incidents.models import stream_of
from app.incidents.queries import open_incidents, visible_incident
from app.journal import head_seqs
from app.runtime import Runtime
from config.settings import Settings

log = structlog.get_logger()

NAMESPACE = "/board"
BEAT_SECONDS = 5.0
# A push of our own that others' commits lie before; further back they have surely been published by others.
NEAR = 20
READINGS = "readings of "
# Where PostgreSQL's integer ends.
LARGEST_SEQ = 2**31 - 1


@dataclass
class Connection:
    credential: Credential
    sign_in_id: str | None
    incident_id: str | None = None
    facility_id: str | None = None


class Live:
    """The open boards of this process, and what is sent to them and to those of other processes."""

    def __init__(self, app: Flask, rt: Runtime, boards: Boards) -> None:
        self._app, self._rt, self._boards = app, rt, boards
        self._relay = Relay(rt.settings.redis_url) if rt.settings.redis_url else None
        self.socketio = SocketIO(app, **_options(rt.settings, self._relay))
        self.publisher = Publisher(self._publish)
        self._connections: dict[str, Connection] = {}
        self._published: dict[str, int] = {}
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._beating = False
        for event, handler in (("connect", self._connect), ("disconnect", self._leave), ("join", self._join)):
            self.socketio.on_event(event, handler, namespace=NAMESPACE)
        self.socketio.on_error(NAMESPACE)(self._failed)
        rt.db.listen("journal-grew", self._journal_grew)
        rt.db.listen("readings", self._readings_changed)
        rt.db.listen("sign-in-ended", self._sign_in_ended)

    @property
    def open_boards(self) -> int:
        """How many browsers are connected to this process."""
        return len(self._connections)

    def stop(self) -> None:
        """End the background threads."""
        self._stopping.set()
        self.publisher.stop()

    # From browsers.

    def _connect(self, auth: Any = None) -> None:
        """Raises ConnectionRefusedError; the browser tries again later."""
        credential = presented(auth)
        found = self._holders({credential}).get(credential) if credential else None
        if credential is None or found is None or found.must_change_password:
            raise ConnectionRefusedError("Sign in first.")
        with self._lock:
            if len(self._connections) >= self._rt.settings.max_sockets:
                raise ConnectionRefusedError("Too many boards are open on this server. Try again later.")
            self._connections[_sid()] = Connection(credential, found.sign_in_id)
            first, self._beating = not self._beating, True
        if first:
            self.socketio.start_background_task(self._beat)

    def _leave(self, _reason: Any = None) -> None:
        with self._lock:
            self._connections.pop(_sid(), None)

    def _join(self, message: Any = None) -> None:
        """Enter the room first, then draw: what is committed in between comes twice rather than never."""
        try:
            incident_id, seq = _wanted(message)
            self._enter(incident_id)
            self._send_one("cards", self._boards.catch_up(incident_id, seq), _sid())
        except MusterError as error:
            self._send_one("denied", {"message": error.detail}, _sid())

    def _enter(self, incident_id: str) -> None:
        connection = self._connections.get(_sid())
        found = self._holders({connection.credential}) if connection else {}
        if connection is None or not found:
            raise Invalid("Your session has ended. Sign in again.")
        with self._rt.db.read() as db:
            incident = visible_incident(db, found[connection.credential].actor, incident_id)
        if connection.incident_id not in (None, incident_id):
            self.socketio.server.leave_room(_sid(), connection.incident_id, namespace=NAMESPACE)
        self.socketio.server.enter_room(_sid(), incident_id, namespace=NAMESPACE)
        connection.incident_id, connection.facility_id = incident_id, incident.facility_id

    def _failed(self, error: Exception) -> bool:
        """A defect or a database that does not answer. False refuses a connection."""
        log.error("board.handler_failed", error=repr(error), exc_info=error)
        return False

    # From commits.

    def _journal_grew(self, key: str) -> None:
        stream, began, seq = key.split(" ")
        kind, _, incident_id = stream.partition(":")
        if kind == "incident" and self._heard():
            self.publisher.add(incident_id, int(began), int(seq))

    def _readings_changed(self, facility_id: str) -> None:
        if self._heard():
            self.publisher.add(READINGS + facility_id)

    def _sign_in_ended(self, sign_in_id: str) -> None:
        with self._lock:
            ended = [sid for sid, c in self._connections.items() if c.sign_in_id == sign_in_id]
        self._disconnect(ended)

    def _heard(self) -> bool:
        """Is anybody there, here or in another process?"""
        return bool(self._connections) or self._relay is not None

    # In the publisher's thread.

    def _publish(self, subject: str, began: int, seq: int) -> None:
        with self._app.app_context():
            if subject.startswith(READINGS):
                self._publish_readings(subject.removeprefix(READINGS))
            else:
                self._publish_growth(subject, began, seq)

    def _publish_growth(self, incident_id: str, began: int, seq: int) -> None:
        """Two commits may be told in the other order: start from what was published last if that is near."""
        published = self._published.get(incident_id)
        if published is not None and seq <= published:
            return
        near = published is not None and 0 <= began - published <= NEAR
        batch = self._boards.growth(incident_id, published if near and published is not None else began)
        self._published[incident_id] = batch["seq"]
        self._send("cards", batch, incident_id)

    def _publish_readings(self, facility_id: str) -> None:
        with self._rt.db.read() as db:
            found = [incident.id for incident in open_incidents(db, facility_id)]
        for incident_id in found:
            batch = self._boards.outside(incident_id)
            if batch["cards"]:
                self._send("cards", batch, incident_id)

    def _send(self, event: str, data: Batch, incident_id: str) -> None:
        """The one place where something goes to many: to the rooms of this process, then to the others'."""
        self.socketio.emit(event, data, namespace=NAMESPACE, to=incident_id)

    def _send_one(self, event: str, data: Mapping[str, Any], sid: str) -> None:
        self.socketio.emit(event, data, namespace=NAMESPACE, to=sid, ignore_queue=True)

    # Every few seconds.

    def _beat(self) -> None:
        while not self._stopping.wait(BEAT_SECONDS):
            try:
                self.check_connections()
                self._tell_heads()
            except Exception:
                log.exception("board.beat_failed")  # without a head, boards soon say that they are not live

    def check_connections(self) -> None:
        """Disconnect whose session has ended or who may no longer see what they see."""
        with self._lock:
            connections = dict(self._connections)
        found = self._holders({c.credential for c in connections.values()})
        self._disconnect([sid for sid, c in connections.items() if not _may_stay(c, found.get(c.credential))])

    def _tell_heads(self) -> None:
        """Each process tells its own boards, so that a lost relay is noticed."""
        with self._lock:
            watched = {c.incident_id for c in self._connections.values() if c.incident_id}
        if not watched:
            return
        with self._rt.db.read() as db:
            seqs = head_seqs(db, [stream_of(incident_id) for incident_id in watched])
            since = silent_since(db, self._rt.clock.now())
        at, silent = iso(self._rt.clock.now()), iso(since) if since else None
        for incident_id in watched:
            head = {"seq": seqs.get(stream_of(incident_id), 0), "at": at, "silent": silent}
            self.socketio.emit("head", head, namespace=NAMESPACE, to=incident_id, ignore_queue=True)

    def _holders(self, credentials: set[Credential]) -> dict[Credential, Identity]:
        idle = timedelta(minutes=self._rt.settings.session_idle_minutes)
        with self._rt.db.read() as db:
            return holders(db, credentials, self._rt.clock.now(), idle)

    def _disconnect(self, sids: list[str]) -> None:
        """In tasks of their own: closing waits until a slow browser has taken what is on its way."""
        for sid in sids:
            self.socketio.start_background_task(self.socketio.server.disconnect, sid, namespace=NAMESPACE)


def _sid() -> str:
    return request.sid  # type: ignore[attr-defined]


def _wanted(message: Any) -> tuple[str, int]:
    """The incident and the seq that a join names. Raises Invalid."""
    wanted = message if isinstance(message, dict) else {}
    incident_id, seq = wanted.get("incident"), wanted.get("seq", 0)
    if not isinstance(incident_id, str) or not is_id(incident_id):
        raise Invalid.field("incident", "must be the id of an incident")
    if type(seq) is not int or not 0 <= seq <= LARGEST_SEQ:
        raise Invalid.field("seq", "must be a whole number, 0 or more")
    return incident_id.lower(), seq


def _may_stay(connection: Connection, found: Identity | None) -> bool:
    if found is None or found.must_change_password:
        return False
    return connection.facility_id is None or found.actor.may(Permission.BOARD_VIEW, connection.facility_id)


def _options(settings: Settings, relay: Relay | None) -> dict[str, Any]:
    """Websocket alone, so that any worker may take any browser. A browser sends nothing but joins."""
    return {
        "async_mode": "gevent" if _gevent_rules() else "threading",
        "client_manager": relay,
        "logger": logging.getLogger("socketio"),
        "engineio_logger": logging.getLogger("engineio"),
        "transports": ["websocket"],
        "async_handlers": False,
        "max_http_buffer_size": 16_384,
        "ping_interval": 10,
        "ping_timeout": 10,
        "cors_allowed_origins": _origin_rule(settings),
    }


def _gevent_rules() -> bool:
    """Whether gevent has replaced blocking calls in this process, as its gunicorn worker does."""
    monkey = sys.modules.get("gevent.monkey")
    return monkey is not None and bool(monkey.is_module_patched("socket"))


def _origin_rule(settings: Settings) -> Any:
    """Pages of the public address may connect; in a demo also those of the address it is opened under."""

    def allowed(origin: str, environ: Mapping[str, Any]) -> bool:
        same_host = urlsplit(origin).netloc == environ.get("HTTP_HOST")
        return origin == settings.public_url or (settings.demo and same_host)

    return allowed
