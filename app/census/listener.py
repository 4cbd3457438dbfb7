"""The MLLP listener: one thread a connection; each message is answered before the next is read."""

from __future__ import annotations

import socket
import socketserver
import threading
from typing import Any

import structlog
from flask import Flask

from app.census import mllp
from app.census.receive import Receiver, answer_frame

log = structlog.get_logger()

IDLE_SECONDS = 600.0
MESSAGE_SECONDS = 30.0
MOST_CONNECTIONS = 32
LONGEST_MESSAGE = 1_048_576


class Listener(socketserver.ThreadingTCPServer):
    """Listens at once; `serve_forever` answers. A connection beyond `MOST_CONNECTIONS` is closed unheard.

    MLLP has no sign-in: listen on loopback, or behind a TLS end point that checks certificates.
    """

    allow_reuse_address = True
    daemon_threads = True

    def __init__(
        self,
        app: Flask,
        receiver: Receiver,
        host: str,
        port: int,
        *,
        idle_seconds: float = IDLE_SECONDS,
        message_seconds: float = MESSAGE_SECONDS,
        longest: int = LONGEST_MESSAGE,
    ) -> None:
        self.app = app
        self.receiver = receiver
        self.idle_seconds = idle_seconds
        self.message_seconds = message_seconds
        self.longest = longest
        self.places = threading.BoundedSemaphore(MOST_CONNECTIONS)
        super().__init__((host, port), _Connection)

    def process_request(self, request: Any, client_address: Any) -> None:
        if not self.places.acquire(blocking=False):
            log.warning("census.too_many_connections", most=MOST_CONNECTIONS)
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.places.release()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - the base's names
        log.exception("census.connection_failed")


class _Connection(socketserver.BaseRequestHandler):
    server: Listener
    request: socket.socket

    def handle(self) -> None:
        framer = mllp.Framer(self.server.longest)
        while True:
            self.request.settimeout(
                self.server.message_seconds if framer.inside else self.server.idle_seconds
            )
            try:
                data = self.request.recv(65536)
            except (TimeoutError, ConnectionError):
                return
            if not data:
                return
            try:
                bodies = framer.feed(data)
            except mllp.TooLong as problem:
                self._answer([self.server.receiver.refuse_whole(str(problem))])
                return
            for body in bodies:
                with self.server.app.app_context():
                    self._answer(answer_frame(self.server.receiver, body))

    def _answer(self, answers: list[str]) -> None:
        for answer in answers:
            self.request.sendall(mllp.frame(answer))
