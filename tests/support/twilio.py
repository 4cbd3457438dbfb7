"""Twilio's own client and our webhooks, both against the fake carrier."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from app.messaging.carriers import Outgoing
from app.messaging.carriers.signature import HEADER, called_url, is_authentic
from app.messaging.carriers.twilio import TwilioCarrier, TwilioSettings
from tests.fakes.carrier import Settings

ANA, BEN = "+12025550123", "+12025550124"
FROM = Settings().default_sender


@dataclass
class Inbox:
    """A server of ours that takes webhooks, checks their signatures and keeps them."""

    url: str = ""
    tokens: list[str] = field(default_factory=lambda: [Settings().auth_token])
    got: list[tuple[str, dict[str, str], bool]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    twiml: str = "<Response/>"

    @Request.application
    def app(self, request: Request) -> Response:
        url = called_url(self.url, request.environ["REQUEST_URI"])
        ok = is_authentic(url, list(request.form.items(multi=True)), request.headers.get(HEADER), self.tokens)
        self.got.append((request.path, request.form.to_dict(), ok))
        return Response(self.twiml, self.answers.pop(0) if self.answers else 200, mimetype="text/xml")

    def statuses(self, path: str = "") -> list[str]:
        return [form["MessageStatus"] for at, form, _ in self.got if at.startswith(path)]


def carrier_at(url: str, **changes: object) -> TwilioCarrier:
    settings = Settings()
    values: dict = {
        "account_sid": settings.account_sid,
        "auth_token": settings.auth_token,
        "from_number": FROM,
    }
    return TwilioCarrier(TwilioSettings(**{**values, "base_url": url, "timeout": 0.5, **changes}))


def text(to: str = ANA, reference: str = "K7Q2", **more: object) -> Outgoing:
    return Outgoing(to, f"Mass casualty, {reference}. Reply 1, 2, 3 or 9.", "attempt-1", reference, **more)


def now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def tls_server(folder: Path) -> Iterator[int]:
    """A server with a certificate nobody has signed; yields its port."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now() - timedelta(days=1))
        .not_valid_after(now() + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    file = folder / "server.pem"
    file.write_bytes(pem + certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    server = make_server("127.0.0.1", 0, Response("{}"), ssl_context=context)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    server.server_close()
    thread.join()
