"""A mail server on loopback that keeps what it is given, and fails as told.

with MailSink() as sink:
    sink.fail("rcpt", 550, b"5.1.1 unknown", to="nobody@muster.example")
    ...
    assert sink.letters[0]["Subject"] == "..."
"""

from __future__ import annotations

import base64
import socketserver
import threading
import time
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from email.policy import default
from typing import Any, Self


@dataclass
class Trouble:
    """What goes wrong at a step: connect, mail, rcpt, data, or end (after the content).

    code      the answer; 0 closes the connection without one, -1 never answers.
    to        only for mails to this address, from rcpt on.
    times     how often; None is always.
    """

    step: str
    code: int
    words: bytes = b"as told"
    to: str | None = None
    times: int | None = None


@dataclass
class MailSink:
    """Runs in a thread. `letters` are the mails taken, `connections` how many there were."""

    letters: list[Message] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    sessions: list[list[str]] = field(default_factory=list)
    users: dict[str, str] = field(default_factory=dict)
    troubles: list[Trouble] = field(default_factory=list)

    def fail(self, step: str, code: int, words: bytes = b"as told", **more: Any) -> None:
        self.troubles.append(Trouble(step, code, words, **more))

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def strike(self, step: str, to: str | None) -> Trouble | None:
        for trouble in self.troubles:
            if trouble.step == step and trouble.to in (None, to) and trouble.times != 0:
                if trouble.times is not None:
                    trouble.times -= 1
                return trouble
        return None

    def __enter__(self) -> Self:
        sink = self

        class Session(_Session):
            of = sink

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Session(socketserver.StreamRequestHandler):
    """One connection: just enough of SMTP (RFC 5321) for one mail after the other."""

    of: MailSink

    def handle(self) -> None:
        self._to: str | None = None
        self._said: list[str] = []
        self.of.sessions.append(self._said)
        if not self._pass("connect", 220, b"sink"):
            return
        while line := self.rfile.readline():
            word, _, rest = line.decode("latin-1").strip().partition(" ")
            self._said.append(word.upper())
            if not self._take(word.upper(), rest):
                return

    def _take(self, word: str, rest: str) -> bool:
        if word == "EHLO":
            self.wfile.write(b"250-sink\r\n250-AUTH PLAIN\r\n250 8BITMIME\r\n")
            return True
        if word == "AUTH":
            return self._sign_in(rest)
        if word == "MAIL":
            self._to = None
            return self._pass("mail", 250)
        if word == "RCPT":
            self._to = rest[rest.find("<") + 1 : rest.find(">")]
            return self._pass("rcpt", 250)
        if word == "DATA":
            struck = self.of.strike("data", self._to)
            if struck is not None:
                return self._answer(struck.code, struck.words)
            self._answer(354, b"go on")
            return self._content()
        self._answer(221 if word == "QUIT" else 250, b"ok")
        return word != "QUIT"

    def _content(self) -> bool:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b".") else line)
        struck = self.of.strike("end", self._to)
        if struck is None or struck.code <= 0:  # taken, even when nobody hears of it
            self.of.letters.append(message_from_bytes(b"".join(lines), policy=default))
            self.of.recipients.append(self._to or "")
        return self._answer(struck.code, struck.words) if struck else self._answer(250, b"taken")

    def _sign_in(self, rest: str) -> bool:
        _, user, password = base64.b64decode(rest.split()[-1]).decode().split("\0")
        right = self.of.users.get(user) == password
        return self._answer(235, b"welcome") if right else self._answer(535, b"5.7.8 not so")

    def _pass(self, step: str, code: int, words: bytes = b"ok") -> bool:
        struck = self.of.strike(step, self._to)
        return self._answer(struck.code, struck.words) if struck else self._answer(code, words)

    def _answer(self, code: int, words: bytes) -> bool:
        """Whether the session goes on."""
        if code == -1:
            time.sleep(3)
        if code <= 0:
            return False
        self.wfile.write(b"%d %s\r\n" % (code, words))
        return code != 421
