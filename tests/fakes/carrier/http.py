"""A small HTTP/1.1 server protocol on asyncio, quick enough that a load test measures the caller."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

REASONS = {
    200: "OK",
    201: "Created",
    204: "No Content",
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    405: "Method Not Allowed",
    429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Service Unavailable",
}
LARGEST = 1_000_000


@dataclass(slots=True)
class Request:
    """One request as it came; header names are lower case."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Answer:
    """What to write back. Status 0 writes nothing and resets the connection."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)


RESET = Answer(0)
Handler = Callable[[Request], "Answer | Coroutine[Any, Any, Answer]"]


class Connection(asyncio.Protocol):
    """Reads requests one after the other and answers each before it takes the next."""

    def __init__(self, handle: Handler, open_connections: set[Connection]) -> None:
        self._handle = handle
        self._open = open_connections
        self._buffer = bytearray()
        self._task: asyncio.Task[None] | None = None
        self._last = False
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._open.add(self)
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def connection_lost(self, exc: Exception | None) -> None:
        self._open.discard(self)
        if self._task:
            self._task.cancel()

    def close(self) -> None:
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if len(self._buffer) > LARGEST:
            self._transport.abort()
            return
        self._serve()

    def _serve(self) -> None:
        while self._task is None and (request := _take(self._buffer)) is not None:
            self._last = request.headers.get("connection", "").lower() == "close"
            result = self._handle(request)
            if isinstance(result, Answer):
                self._write(result)
            else:
                self._task = asyncio.get_running_loop().create_task(self._write_later(result))

    async def _write_later(self, result: Coroutine[Any, Any, Answer]) -> None:
        answer = await result
        self._task = None
        self._write(answer)
        self._serve()

    def _write(self, answer: Answer) -> None:
        if self._transport.is_closing():
            return
        if answer.status == 0:
            # Zero linger turns the close into a TCP reset.
            raw = self._transport.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._transport.abort()
            return
        extra = "".join(f"{name}: {value}\r\n" for name, value in answer.headers.items())
        head = (
            f"HTTP/1.1 {answer.status} {REASONS.get(answer.status, '')}\r\n"
            f"Content-Type: {answer.content_type}\r\nContent-Length: {len(answer.body)}\r\n{extra}\r\n"
        )
        self._transport.write(head.encode("latin-1") + answer.body)
        if self._last:
            self._transport.close()


def _take(buffer: bytearray) -> Request | None:
    """Cut the first whole request off the buffer; None while it is incomplete."""
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        return None
    lines = buffer[:end].decode("latin-1").split("\r\n")
    method, target, _ = lines[0].split(" ", 2)
    headers = {}
    for line in lines[1:]:
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    length = int(headers.get("content-length") or 0)
    if len(buffer) < end + 4 + length:
        return None
    body = bytes(buffer[end + 4 : end + 4 + length])
    del buffer[: end + 4 + length]
    path, _, query = target.partition("?")
    return Request(method, path, query, headers, body)
