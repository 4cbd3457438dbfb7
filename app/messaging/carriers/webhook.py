"""Posts to other systems: JSON, signed with a secret that both sides know, only to addresses of the settings.

A receiver checks `Muster-Signature`: "sha256=" and the hexadecimal HMAC-SHA256, keyed with the secret, over the
value of `Muster-Timestamp`, a full stop and the raw body; and that the time stamp is not old. The same message may
come twice, under the same `reference`.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Collection, Iterable
from datetime import UTC, datetime

import requests
from requests.adapters import HTTPAdapter

from app.messaging.carriers import Accepted, Ambiguous, ErrorClass, Outgoing, Refused, Report, Result
from app.messaging.carriers.twilio_client import never_written
from app.messaging.status import MessageStatus
from config.outward import Hook

TIMEOUT_SECONDS = 5.0
SIGNATURE, TIMESTAMP = "Muster-Signature", "Muster-Timestamp"


class WebhookCarrier:
    """The carrier port on posts to other systems; `to` is a name of the settings. An answer of 2xx is delivery."""

    name = "webhook"

    def __init__(
        self, hooks: Iterable[Hook], now: Callable[[], datetime], *, timeout: float = TIMEOUT_SECONDS
    ) -> None:
        self._hooks = {hook.name: hook for hook in hooks}
        self._now = now
        self._timeout = timeout
        self._session = requests.Session()
        self._session.trust_env = False  # neither a proxy nor a password file comes between
        adapter = HTTPAdapter(pool_maxsize=32, max_retries=0)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)

    def send(self, outgoing: Outgoing) -> Result:
        """Post one message, once; a redirection is not followed."""
        hook = self._hooks.get(outgoing.to)
        if hook is None:
            return Refused(None, ErrorClass.FIX_CONTACT, "No system of this name is in the settings.")
        now = self._now()
        body = _content(outgoing, now)
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Muster",
            TIMESTAMP: str(int(now.timestamp())),
            SIGNATURE: signature(hook.secret, str(int(now.timestamp())), body),
        }
        try:
            answer = self._session.post(
                hook.url,
                data=body,
                headers=headers,
                timeout=self._timeout,
                allow_redirects=False,
                stream=True,
            )
            answer.close()
        except requests.RequestException as error:
            if never_written(error):
                return Refused(None, ErrorClass.RETRY_LATER, "No connection to the other system.")
            return Ambiguous("The other system did not answer.")
        return _result(answer.status_code, outgoing.attempt_id)

    def find(
        self,
        to: str,  # noqa: ARG002
        reference: str,  # noqa: ARG002
        since: datetime,  # noqa: ARG002
        *,
        known: Collection[str] = (),  # noqa: ARG002
    ) -> Accepted | None:
        """See the port. The other system cannot be asked: nothing is ever found."""
        return None

    def fetch_status(self, carrier_id: str) -> Report | None:  # noqa: ARG002
        """See the port. All there is to know came with the answer."""
        return Report(MessageStatus.DELIVERED)


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """The signature of a body posted at this time."""
    signed = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256)
    return f"sha256={signed.hexdigest()}"


def _content(outgoing: Outgoing, now: datetime) -> bytes:
    content = {
        "id": outgoing.attempt_id,
        "reference": outgoing.reference,
        "title": outgoing.title,
        "text": outgoing.body,
        "sent_at": now.astimezone(UTC).isoformat(),
    }
    return json.dumps(content, ensure_ascii=False).encode()


def _result(status: int, attempt_id: str) -> Result:
    if 200 <= status < 300:
        return Accepted(f"post:{attempt_id}", MessageStatus.DELIVERED, reports=False)
    if status in (429, 503):
        return Refused(status, ErrorClass.RETRY_LATER, f"The other system answered {status}.")
    if status >= 500:
        return Ambiguous(f"The other system answered {status}.")
    # That one system is set up wrongly: it must not stop the others.
    return Refused(status, ErrorClass.FIX_CONTACT, f"The other system answered {status}.")
