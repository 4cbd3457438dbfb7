"""Mail by SMTP, on the standard library.

A mail cannot be looked up once it is handed over, and nobody tells whether it arrived: "sent" is its last word,
and `find` finds nothing. So an ambiguous mail is sent a second time, and counted as such.
"""

from __future__ import annotations

import re
import smtplib
import ssl
import threading
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from app.messaging.carriers import Accepted, Ambiguous, ErrorClass, Outgoing, Refused, Report, Result
from app.messaging.carriers.errors import without_numbers
from app.messaging.status import MessageStatus
from config.outward import Mail

TIMEOUT_SECONDS = 10.0
"""For the connection, and again for each answer."""

IDLE_SECONDS = 20.0
"""A connection that has rested longer is made anew: servers close them without a word."""

_ADDRESS = re.compile(r"[^\s@<>]+@[^\s@<>]+")
_ENHANCED = re.compile(rb"^[245]\.(\d{1,3})\.\d{1,3}\b")


class SmtpCarrier:
    """The carrier port on a mail server. Each thread keeps a connection of its own."""

    name = "smtp"

    def __init__(self, mail: Mail, now: Callable[[], datetime], *, timeout: float = TIMEOUT_SECONDS) -> None:
        self._mail = mail
        self._now = now
        self._timeout = timeout
        self._own = threading.local()

    def send(self, outgoing: Outgoing) -> Result:
        """Hand over one mail, once."""
        if not (_ADDRESS.fullmatch(outgoing.to) and outgoing.to.isascii()):
            return Refused(None, ErrorClass.FIX_CONTACT, "This is not a mail address.")
        sender = outgoing.sender or self._mail.sender
        try:
            message = self._letter(outgoing, sender)
        except ValueError:
            return Refused(None, ErrorClass.FIX_CONTACT, "This mail address cannot be written to.")
        try:
            server = self._connected()
        except ssl.SSLCertVerificationError:
            return Refused(
                None, ErrorClass.CONFIGURATION, "The mail server's certificate could not be verified."
            )
        except smtplib.SMTPAuthenticationError:
            return Refused(None, ErrorClass.CONFIGURATION, "The mail server refused our user or password.")
        except smtplib.SMTPNotSupportedError:
            return Refused(
                None, ErrorClass.CONFIGURATION, "The mail server offers no encryption or no sign-in."
            )
        except (smtplib.SMTPException, OSError):
            return Refused(None, ErrorClass.RETRY_LATER, "No connection to the mail server.")
        return self._hand_over(server, sender, outgoing.to, message)

    def find(
        self,
        to: str,  # noqa: ARG002
        reference: str,  # noqa: ARG002
        since: datetime,  # noqa: ARG002
        *,
        known: Collection[str] = (),  # noqa: ARG002
    ) -> Accepted | None:
        """See the port. Mail cannot be looked up: nothing is ever found."""
        return None

    def fetch_status(self, carrier_id: str) -> Report | None:  # noqa: ARG002
        """See the port. That it was handed over is all that is ever known."""
        return Report(MessageStatus.SENT)

    def close(self) -> None:
        """End this thread's connection, if it has one."""
        if (server := getattr(self._own, "server", None)) is not None:
            self._drop(server)

    def _letter(self, outgoing: Outgoing, sender: str) -> bytes:
        letter = EmailMessage(policy=SMTP)
        letter["From"], letter["To"] = sender, outgoing.to
        letter["Subject"] = " ".join((outgoing.title or "Message from the hospital").split())
        letter["Date"] = format_datetime(self._now())
        letter["Message-ID"] = self._id_of(outgoing)
        letter["Auto-Submitted"] = "auto-generated"
        letter.set_content(outgoing.body, cte="quoted-printable")
        return letter.as_bytes()

    def _id_of(self, outgoing: Outgoing) -> str:
        return f"<{outgoing.attempt_id}@{self._mail.sender.rpartition('@')[2]}>"

    def _connected(self) -> smtplib.SMTP:
        """This thread's connection, alive as far as can be known."""
        server: smtplib.SMTP | None = getattr(self._own, "server", None)
        if server is not None:
            if time.monotonic() - self._own.used < IDLE_SECONDS and _is_alive(server):
                return server
            self._drop(server)
        server = self._connect()
        self._own.server, self._own.used = server, time.monotonic()
        return server

    def _connect(self) -> smtplib.SMTP:
        mail = self._mail
        context = ssl.create_default_context()
        server: smtplib.SMTP
        if mail.encryption == "tls":
            server = smtplib.SMTP_SSL(mail.host, mail.port, timeout=self._timeout, context=context)
        else:
            server = smtplib.SMTP(mail.host, mail.port, timeout=self._timeout)
        try:
            if mail.encryption == "starttls":
                server.starttls(context=context)
            server.ehlo_or_helo_if_needed()
            if mail.user is not None:
                server.login(mail.user, mail.password or "")
        except BaseException:
            server.close()
            raise
        return server

    def _drop(self, server: smtplib.SMTP) -> None:
        self._own.server = None
        with suppress(smtplib.SMTPException, OSError):
            server.close()

    def _hand_over(self, server: smtplib.SMTP, sender: str, to: str, message: bytes) -> Result:
        """Envelope, then content. Only once content is on its way is it possible that the mail was taken."""
        try:
            for step, (command, allowed) in {
                "sender": (lambda: server.mail(sender), (250,)),
                "recipient": (lambda: server.rcpt(to), (250, 251)),
                "content": (lambda: server.docmd("data"), (354,)),
            }.items():
                code, words = command()
                if code not in allowed:
                    self._forget(server)
                    return _refused(step, code, words)
        except (smtplib.SMTPException, OSError):
            self._drop(server)
            return Refused(None, ErrorClass.RETRY_LATER, "The mail server closed the connection.")
        try:
            server.send(re.sub(rb"(?m)^\.", b"..", message) + b".\r\n")
            code, words = server.getreply()
        except (smtplib.SMTPException, OSError):
            self._drop(server)
            return Ambiguous("The connection broke after the mail was sent.")
        self._own.used = time.monotonic()
        if code != 250:
            self._forget(server)
            return _refused("content", code, words)
        found = re.search(rb"^Message-ID: <([^>]+)>", message, re.MULTILINE)
        return Accepted(found[1].decode() if found else "", MessageStatus.SENT, reports=False)

    def _forget(self, server: smtplib.SMTP) -> None:
        """End the mail that was begun, so that the connection can carry the next."""
        try:
            server.rset()
        except (smtplib.SMTPException, OSError):
            self._drop(server)


def _is_alive(server: smtplib.SMTP) -> bool:
    try:
        return server.noop()[0] == 250
    except (smtplib.SMTPException, OSError):
        return False


def _refused(step: str, code: int, words: bytes) -> Refused:
    """What a refusal asks of us (RFC 5321, section 4.2; the second figure of RFC 3463 names its subject)."""
    told = _ADDRESS.sub("[address]", without_numbers(words.decode("utf-8", "replace")))
    return Refused(code, _class_of(step, code, words), f"The mail server answered {code}: {told}"[:200])


def _class_of(step: str, code: int, words: bytes) -> ErrorClass:
    if code < 500:
        return ErrorClass.RETRY_LATER
    match = _ENHANCED.match(words)
    subject = int(match[1]) if match else None
    if step == "sender" or subject == 7:  # security and policy: not about this recipient
        return ErrorClass.CONFIGURATION
    if step == "recipient":
        full = code == 552 or words.startswith(b"5.2.2")
        return ErrorClass.RETRY_LITTLE if full else ErrorClass.FIX_CONTACT
    return ErrorClass.FILTERED
