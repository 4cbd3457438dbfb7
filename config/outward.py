"""Where mail is handed over, and which other systems are told: read from settings, kept apart from the program."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote, urlsplit

LOOPBACK = ("127.0.0.1", "localhost", "::1")
_MAILBOX = re.compile(r"(?=.{3,80}$)[^@\s,<>]+@[^@\s,<>]+")
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_PORTS = {"smtp": 25, "smtps": 465}


@dataclass(frozen=True)
class Mail:
    """A mail server. `encryption` is tls (from the first byte), starttls or none."""

    host: str
    port: int
    encryption: str
    sender: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Hook:
    """Another system that is told by signed posts; messages name it by `name`."""

    name: str
    url: str
    secret: str = field(repr=False)


def read_mail(text: str, sender: str) -> tuple[Mail | None, list[tuple[str, str]]]:
    """The mail server of an address like smtp://user:password@host:587?starttls=1, and what is wrong with it."""
    problems: list[tuple[str, str]] = []
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in _PORTS or not parts.hostname:
        problems.append(
            ("MUSTER_SMTP_URL", "is no address like smtp://user:password@mail.example:587?starttls=1")
        )
    if not _MAILBOX.fullmatch(sender):
        problems.append(("MUSTER_MAIL_FROM", "is no mail address like muster@hospital.example"))
    wants_tls = parse_qs(parts.query).get("starttls", ["0"])[-1] == "1"
    encryption = "tls" if parts.scheme == "smtps" else "starttls" if wants_tls else "none"
    if parts.password and encryption == "none" and parts.hostname not in LOOPBACK:
        problems.append(("MUSTER_SMTP_URL", "would send the password in clear; use smtps:// or ?starttls=1"))
    if problems:
        return None, problems
    host = parts.hostname or ""
    user, password = (unquote(part) if part else None for part in (parts.username, parts.password))
    return Mail(host, port or _PORTS[parts.scheme], encryption, sender, user, password), []


def read_hooks(text: str) -> tuple[tuple[Hook, ...], list[str]]:
    """The systems that a list names, each `name=https://host/path#secret`; and what is wrong with it."""
    hooks: list[Hook] = []
    problems: list[str] = []
    for place, entry in enumerate(text.split(), 1):
        name, _, address = entry.partition("=")
        url, _, secret = address.partition("#")
        wrong = _wrong_with(name, url, secret)
        if wrong is None and name in [hook.name for hook in hooks]:
            wrong = "names a system a second time"
        if wrong is None:
            hooks.append(Hook(name, url, secret))
        else:
            problems.append(f"entry {place} {wrong}")
    return tuple(hooks), problems


def _wrong_with(name: str, url: str, secret: str) -> str | None:
    if not _NAME.fullmatch(name):
        return "is not name=https://host/path#secret, with a name of small letters, digits, - and _"
    try:
        parts = urlsplit(url)
    except ValueError:
        return "has no proper address"
    encrypted = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
    if not encrypted or not parts.hostname or parts.username:
        return "must go to an https address without a user, or to http on this machine"
    return None if len(secret) >= 16 else "needs a secret of at least 16 characters after #"
