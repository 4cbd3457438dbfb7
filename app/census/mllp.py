"""Minimal lower layer protocol: <VT> message <FS> <CR>. Source: HL7 v2.5.1 appendix C.4."""

from __future__ import annotations

START, END = b"\x0b", b"\x1c"


class TooLong(ValueError):
    """A frame grew beyond the limit; the connection cannot be trusted further."""


def frame(message: str) -> bytes:
    return START + message.encode() + END + b"\r"


class Framer:
    """Feed it bytes as they come; it gives back the messages that are complete.

    What stands before a start byte is dropped; a start byte inside a message begins it anew (the sender gave
    the first one up). Raises TooLong when a message has more than `limit` bytes.
    """

    def __init__(self, limit: int = 1_048_576) -> None:
        self.limit = limit
        self._buffer = b""

    @property
    def inside(self) -> bool:
        """A message has begun and has not ended."""
        return bool(self._buffer)

    def feed(self, data: bytes) -> list[bytes]:
        self._buffer += data
        found: list[bytes] = []
        while True:
            begin = self._buffer.find(START)
            if begin < 0:
                self._buffer = b""
                return found
            end = self._buffer.find(END, begin)
            if end < 0:
                self._buffer = self._buffer[self._buffer.rfind(START) :]
                if len(self._buffer) > self.limit + 1:
                    raise TooLong(f"a message has more than {self.limit} bytes")
                return found
            message = self._buffer[self._buffer.rfind(START, begin, end) + 1 : end]
            if len(message) > self.limit:
                raise TooLong(f"a message has more than {self.limit} bytes")
            found.append(message)
            self._buffer = self._buffer[end + 1 :]
