"""Whether a webhook comes from the carrier (Twilio's X-Twilio-Signature, twilio.com/docs/usage/security).

The signature is the base64 of an HMAC-SHA1, keyed with the account's token, over the address the carrier
called and, for a form, each parameter's name and value in order of the names.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Sequence
from urllib.parse import parse_qs, urlsplit

HEADER = "X-Twilio-Signature"

_DEFAULT_PORTS = {"https": 443, "http": 80}


def called_url(public_url: str, request_target: str) -> str:
    """The address the carrier called: the configured public URL and the path and query of the request.

    Never from the Host header: whoever sends the request chooses that. `request_target` is as it was on
    the wire (still percent-encoded), without a part a proxy has taken away.
    Raises ValueError for a target that is not a path.
    """
    if not request_target.startswith("/"):
        raise ValueError("request_target must start with /")
    return public_url.rstrip("/") + request_target


def is_authentic(
    url: str,
    params: Iterable[tuple[str, str]],
    signature: str | None,
    tokens: Sequence[str],
    body: bytes | None = None,
) -> bool:
    """Whether `signature` was made with one of `tokens` (two while a token is being changed).

    params  every form parameter as it came, repeated names included; new ones appear without notice,
            so none may be left out.
    body    the raw body of a request that is not a form; it must then match bodySHA256 in the URL.
    """
    if not signature:
        return False
    if body is not None:
        if not _body_matches(url, body):
            return False
        params = ()
    form = _form_text(params)
    given = signature.strip().encode()
    return any(
        hmac.compare_digest(_sign(variant + form, token), given)
        for token in tokens
        if token
        for variant in _variants(url)
    )


def _form_text(params: Iterable[tuple[str, str]]) -> str:
    """Names in order, each with its values in order; an equal pair counts once, as in Twilio's library."""
    return "".join(name + value for name, value in sorted(set(params)))


def _sign(text: str, token: str) -> bytes:
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest())


def _body_matches(url: str, body: bytes) -> bool:
    expected = parse_qs(urlsplit(url).query).get("bodySHA256", [""])[0]
    return hmac.compare_digest(hashlib.sha256(body).hexdigest().encode(), expected.lower().encode())


def _variants(url: str) -> set[str]:
    """The URL as configured, without a port and with the usual one: the carrier is not consistent here."""
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    # A colon inside the brackets of an IPv6 address is no port.
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    hosts = {host, name}
    if name == host and parts.scheme in _DEFAULT_PORTS:
        hosts.add(f"{host}:{_DEFAULT_PORTS[parts.scheme]}")
    return {parts._replace(netloc=user + at + one, fragment="").geturl() for one in hosts}
