"""Settings come from the environment, are checked once at start, and say by name what is wrong."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from config import senders as sending
from config.outward import Hook, Mail, read_hooks, read_mail
from config.senders import Channel, Sender, SenderKind

DEMO_SECRET = "demo-secret-not-for-production-use"  # noqa: S105 - refused outside demo mode
VAR = Path("var")
E164 = re.compile(r"\+[1-9]\d{6,14}")
MOST_ON_WATCH = 5
_PRICE = re.compile(r"([0-9]{1,4})(?:\.([0-9]{1,4}))?")


class SettingsError(Exception):
    """One line for each setting that is missing or wrong."""


@dataclass(frozen=True)
class Twilio:
    account_sid: str
    auth_token: str = field(repr=False)
    next_auth_token: str | None = field(default=None, repr=False)
    messaging_service_sid: str | None = None
    from_number: str | None = None
    base_url: str | None = None


@dataclass(frozen=True)
class Prices:
    """In ten-thousandths of the currency; None when nobody has said what it costs."""

    segment: int | None = None
    minute: int | None = None
    currency: str = "USD"


@dataclass(frozen=True)
class Settings:
    """`mode` is demo (generated data, simulated phones, known accounts) or production.

    senders  what messages go out from. Left empty, it is what the account names; else simulated ones.
    """

    mode: str = "demo"
    database_url: str = f"sqlite:///{VAR / 'muster.db'}"
    redis_url: str | None = None
    public_url: str = "http://127.0.0.1:8000"
    secret_key: str = field(default=DEMO_SECRET, repr=False)
    signing_key_file: Path = VAR / "journal.key"
    twilio: Twilio | None = None
    mail: Mail | None = None
    webhooks: tuple[Hook, ...] = ()
    senders: tuple[Sender, ...] = ()
    jobs: str = "inline"
    max_sockets: int = 200
    segments_per_second: int = 0
    prices: Prices = Prices()
    daily_messages: int = 6
    session_idle_minutes: int = 30
    session_hours: int = 12
    watchdog_url: str | None = field(default=None, repr=False)
    watch_contacts: tuple[str, ...] = field(default=(), repr=False)
    log_format: str = "text"

    def __post_init__(self) -> None:
        standing_in = (SenderKind.SIMULATED, SenderKind.POSTER)
        if all(sender.kind in standing_in for sender in self.senders):
            object.__setattr__(self, "senders", self._stand_ins())
        if self.mail and not any(sender.kind is SenderKind.MAILBOX for sender in self.senders):
            object.__setattr__(self, "senders", (*self.senders, sending.mailbox(self.mail.sender)))

    def _stand_ins(self) -> tuple[Sender, ...]:
        """Once real messages go out, nothing is simulated beside them."""
        if self.simulated:
            return (*sending.simulated(Channel.SMS, Channel.VOICE, Channel.EMAIL), sending.POSTER)
        if self.twilio is None:
            return (sending.POSTER,)
        account = self.twilio
        ours = sending.of_account(
            account.from_number, account.messaging_service_sid, self.segments_per_second
        )
        return (*ours, sending.POSTER)

    @property
    def simulated(self) -> bool:
        """Messages to people go to simulated phones and mailboxes."""
        return self.twilio is None and self.mail is None

    @property
    def demo(self) -> bool:
        return self.mode == "demo"

    @property
    def alone(self) -> bool:
        """One process does everything: with SQLite, and wherever nothing joins several processes."""
        return _alone(self.database_url, self.redis_url)

    @property
    def secure_cookies(self) -> bool:
        return self.public_url.startswith("https://")


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Read MUSTER_* and TWILIO_* variables. Raises SettingsError naming every wrong one."""
    env = os.environ if environ is None else environ
    reader = _Reader(env)
    mode = reader.choice("MUSTER_MODE", ("demo", "production"), "demo")
    host, port = env.get("HOST", "127.0.0.1"), env.get("PORT", "8000")
    database_url = reader.database_url("MUSTER_DATABASE_URL", Settings.database_url, mode)
    redis_url = reader.url("MUSTER_REDIS_URL", ("redis", "rediss", "unix"), None)
    settings = Settings(
        mode=mode,
        database_url=database_url,
        redis_url=redis_url,
        public_url=(reader.url("MUSTER_PUBLIC_URL", ("http", "https"), f"http://{host}:{port}") or "").rstrip(
            "/"
        ),
        secret_key=reader.secret("MUSTER_SECRET_KEY", mode),
        signing_key_file=Path(env.get("MUSTER_SIGNING_KEY_FILE", str(Settings.signing_key_file))),
        twilio=reader.twilio(),
        mail=reader.mail("MUSTER_SMTP_URL", "MUSTER_MAIL_FROM"),
        webhooks=reader.webhooks("MUSTER_WEBHOOKS"),
        senders=reader.senders("MUSTER_SENDERS"),
        jobs=reader.choice(
            "MUSTER_JOBS", ("inline", "off"), "inline" if _alone(database_url, redis_url) else "off"
        ),
        max_sockets=reader.integer("MUSTER_MAX_SOCKETS", 200, 1, 10_000),
        # Of the one sender that TWILIO_* names; 0 leaves the pace to the carrier's own queue.
        segments_per_second=reader.integer("MUSTER_SEGMENTS_PER_SECOND", 0, 0, 10_000),
        prices=reader.prices(),
        # How many messages that are not urgent a person may have in 24 hours before more are held back.
        daily_messages=reader.integer("MUSTER_DAILY_MESSAGES", 6, 1, 1000),
        session_idle_minutes=reader.integer("MUSTER_SESSION_IDLE_MINUTES", 30, 1, 24 * 60),
        session_hours=reader.integer("MUSTER_SESSION_HOURS", 12, 1, 24 * 7),
        # Called after each clean audit: whoever waits there takes silence as the alarm.
        watchdog_url=reader.outside("MUSTER_WATCHDOG_URL"),
        watch_contacts=reader.numbers("MUSTER_WATCH_CONTACT"),
        log_format=reader.choice("MUSTER_LOG_FORMAT", ("text", "json"), "text" if mode == "demo" else "json"),
    )
    reader.require_production(settings)
    if reader.problems:
        raise SettingsError("\n".join(reader.problems))
    return settings


def _on_this_machine(parts: SplitResult) -> bool:
    return parts.scheme == "http" and parts.hostname in ("127.0.0.1", "::1", "localhost")


def _alone(database_url: str, redis_url: str | None) -> bool:
    return redis_url is None or database_url.startswith("sqlite")


class _Reader:
    def __init__(self, env: Mapping[str, str]) -> None:
        self.env = env
        self.problems: list[str] = []

    def problem(self, name: str, expected: str) -> None:
        self.problems.append(f"{name}: {expected}")

    def choice(self, name: str, allowed: tuple[str, ...], default: str) -> str:
        value = self.env.get(name) or default
        if value not in allowed:
            self.problem(name, f"is {value!r}; allowed are {', '.join(allowed)}")
        return value

    def integer(self, name: str, default: int, low: int, high: int) -> int:
        text = self.env.get(name) or str(default)
        if not text.isdecimal() or not low <= int(text) <= high:
            self.problem(name, f"is {text!r}; expected is a whole number from {low} to {high}")
            return default
        return int(text)

    def url(self, name: str, schemes: tuple[str, ...], default: str | None) -> str | None:
        value = self.env.get(name) or default
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme not in schemes or not (parts.netloc or parts.path):
            self.problem(name, f"is no URL that starts with {' or '.join(s + '://' for s in schemes)}")
        return value

    def outside(self, name: str) -> str | None:
        """An address that may hold a secret: https, or on this machine."""
        value = self.env.get(name) or None
        parts = urlsplit(value or "")
        if value and not (parts.scheme == "https" and parts.netloc) and not _on_this_machine(parts):
            self.problem(name, "expected is an address that starts with https://, or http://127.0.0.1")
        return value

    def numbers(self, name: str) -> tuple[str, ...]:
        """Phone numbers with commas between; the problem does not repeat them."""
        found = tuple(each.strip() for each in (self.env.get(name) or "").split(",") if each.strip())
        if len(found) > MOST_ON_WATCH or not all(E164.fullmatch(each) for each in found):
            self.problem(name, f"expected are up to {MOST_ON_WATCH} numbers like +12025550100, by commas")
        return found

    def database_url(self, name: str, default: str, mode: str) -> str:
        value = self.env.get(name) or (default if mode == "demo" else "")
        if not value:
            self.problem(
                name, "is missing; expected is postgresql://user:password@host/name or sqlite:///path"
            )
        elif not value.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
            self.problem(name, "expected is postgresql://user:password@host/name or sqlite:///path")
        return value

    def secret(self, name: str, mode: str) -> str:
        value = self.env.get(name) or (DEMO_SECRET if mode == "demo" else "")
        if mode != "demo" and value == DEMO_SECRET:
            self.problem(
                name,
                "is the demo's; make one with: python -c 'import secrets; print(secrets.token_hex(32))'",
            )
        elif len(value) < 32:
            self.problem(name, "is missing or short; expected are at least 32 random characters")
        return value

    def prices(self) -> Prices:
        currency = self.env.get("MUSTER_CURRENCY") or Prices.currency
        if not (len(currency) == 3 and currency.isascii() and currency.isupper()):
            self.problem("MUSTER_CURRENCY", f"is {currency!r}; expected are three letters, such as USD")
        return Prices(self.price("MUSTER_SEGMENT_PRICE"), self.price("MUSTER_CALL_MINUTE_PRICE"), currency)

    def price(self, name: str) -> int | None:
        """A price in ten-thousandths; None when it is not set."""
        text = self.env.get(name) or None
        if text is None:
            return None
        found = _PRICE.fullmatch(text)
        if found is None:
            self.problem(name, f"is {text!r}; expected is a price such as 0.0083, with at most 4 decimals")
            return None
        whole, part = found.group(1), found.group(2) or ""
        return int(whole + part.ljust(4, "0"))

    def senders(self, name: str) -> tuple[Sender, ...]:
        text = self.env.get(name)
        if not text:
            return ()
        found, problems = sending.read(text)
        for problem in problems:
            self.problem(name, problem)
        return (*found, sending.POSTER)

    def mail(self, url: str, sender: str) -> Mail | None:
        if not self.env.get(url):
            return None
        found, problems = read_mail(self.env[url], self.env.get(sender, ""))
        for name, expected in problems:
            self.problem(name, expected)
        return found

    def webhooks(self, name: str) -> tuple[Hook, ...]:
        found, problems = read_hooks(self.env.get(name, ""))
        for problem in problems:
            self.problem(name, problem)
        return found

    def twilio(self) -> Twilio | None:
        names = (
            "TWILIO_ACCOUNT_SID",
            "TWILIO_AUTH_TOKEN",
            "TWILIO_FROM_NUMBER",
            "TWILIO_MESSAGING_SERVICE_SID",
        )
        sid, token, sender, service = (self.env.get(n) or None for n in names)
        if not any((sid, token, sender, service)):
            return None
        others = bool(self.env.get("MUSTER_SENDERS"))
        if not sid or not sid.startswith("AC"):
            self.problem("TWILIO_ACCOUNT_SID", "is missing or does not start with AC")
        if not token:
            self.problem("TWILIO_AUTH_TOKEN", "is missing")
        if not sender and not service and not others:
            self.problem(
                "TWILIO_FROM_NUMBER",
                "set this (like +12025550100), TWILIO_MESSAGING_SERVICE_SID (MG...) or MUSTER_SENDERS",
            )
        return Twilio(
            account_sid=sid or "",
            auth_token=token or "",
            next_auth_token=self.env.get("TWILIO_NEXT_AUTH_TOKEN") or None,
            messaging_service_sid=service,
            from_number=sender,
            base_url=self.url("MUSTER_TWILIO_BASE_URL", ("http", "https"), None),
        )

    def require_production(self, settings: Settings) -> None:
        if settings.demo:
            return
        if not self.env.get("MUSTER_PUBLIC_URL"):
            self.problem(
                "MUSTER_PUBLIC_URL",
                "is missing; expected is the address people use, such as https://muster.example",
            )
        if not settings.signing_key_file.exists():
            self.problem(
                "MUSTER_SIGNING_KEY_FILE",
                f"no file {settings.signing_key_file}; make one with: flask --app wsgi journal key",
            )
        self._require_carriers(settings)

    def _require_carriers(self, settings: Settings) -> None:
        """A sender that nothing carries would keep every message waiting."""
        named = {sender.kind for sender in settings.senders} if self.env.get("MUSTER_SENDERS") else set()
        if SenderKind.MAILBOX in named and settings.mail is None:
            self.problem("MUSTER_SMTP_URL", "is missing, and MUSTER_SENDERS names a mailbox")
        if named - {SenderKind.MAILBOX, SenderKind.POSTER} and settings.twilio is None:
            self.problem("TWILIO_ACCOUNT_SID", "is missing, and MUSTER_SENDERS names senders of that account")
