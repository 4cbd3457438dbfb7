"""Signed webhooks to the program under test: delivery reports and texts from phones."""

from __future__ import annotations

import asyncio
import time
import uuid
from urllib.parse import parse_qsl, urlencode, urlsplit

from twilio.request_validator import RequestValidator

from tests.fakes.carrier.ledger import Ledger, Webhook

CONNECT_SECONDS, TOTAL_SECONDS = 5.0, 15.0
AT_ONCE = 64


class Webhooks:
    """Posts forms as Twilio does; signatures come from Twilio's own library."""

    def __init__(self, ledger: Ledger, account_sid: str) -> None:
        self._ledger = ledger
        self._account_sid = account_sid
        self._slots = asyncio.Semaphore(AT_ONCE)
        self.in_flight = 0

    async def post(self, url: str, params: dict[str, str], token: str) -> tuple[int | None, str]:
        """Post until answered or out of tries; returns the last HTTP status (None: no answer) and the body.

        The fragment may say how often to try again and on what (rc, rp), as in Twilio's connection
        overrides; without it, once more and only if no connection came about.
        """
        address, _, fragment = url.partition("#")
        wishes = dict(parse_qsl(fragment))
        tries = 1 + int(wishes.get("rc", 1))
        again_on = set(wishes.get("rp", "ct").split(","))
        token_of_event = str(uuid.uuid4())
        form = {**params, "AccountSid": self._account_sid, "ApiVersion": "2010-04-01"}
        signature = RequestValidator(token).compute_signature(address, form)
        status, body, trouble = None, "", "ct"
        self.in_flight += 1
        try:
            for _ in range(tries):
                async with self._slots:
                    status, body, trouble = await _post_once(address, form, signature, token_of_event)
                self._ledger.webhooks.append(Webhook(time.time(), address, form, status))
                if not trouble or not again_on & {trouble, "all"}:
                    break
        finally:
            self.in_flight -= 1
        return status, body


async def _post_once(
    url: str, form: dict[str, str], signature: str, event: str
) -> tuple[int | None, str, str]:
    """HTTP status, body and what went wrong in the words of the overrides ("" is nothing)."""
    parts = urlsplit(url)
    body = urlencode(form).encode()
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    head = (
        f"POST {target} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n"
        f"Content-Type: application/x-www-form-urlencoded; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\nUser-Agent: TwilioProxy/1.1\r\n"
        f"X-Twilio-Signature: {signature}\r\nI-Twilio-Idempotency-Token: {event}\r\n\r\n"
    )
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            reader, writer = await asyncio.open_connection(parts.hostname, parts.port or 80)
    except (OSError, TimeoutError):
        return None, "", "ct"
    try:
        async with asyncio.timeout(TOTAL_SECONDS):
            writer.write(head.encode("latin-1") + body)
            answer = await reader.read(-1)
    except (OSError, TimeoutError):
        return None, "", "rt"
    finally:
        writer.close()
    first, _, rest = answer.partition(b"\r\n")
    words = first.split()
    if len(words) < 2 or not words[1].isdigit():
        return None, "", "rt"
    status = int(words[1])
    trouble = f"{status // 100}xx" if status >= 400 else ""
    return status, rest.partition(b"\r\n\r\n")[2].decode("utf-8", "replace"), trouble
