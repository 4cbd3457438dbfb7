"""Texts by Twilio, on its own client with a transport of ours.

Twilio's create has no idempotency key, and its client by default waits for ever and logs phone numbers
in query strings: so the transport here has a time limit, never repeats a request and logs nothing.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException
from twilio.base.values import unset
from twilio.http import HttpClient
from twilio.http.response import Response
from twilio.rest import Client
from twilio.rest.api.v2010.account.message import MessageInstance
from urllib3.exceptions import HTTPError, NewConnectionError

from app.messaging.carriers import Accepted, Ambiguous, CarrierUnavailable, Outgoing, Refused, Report, Result
from app.messaging.carriers.errors import (
    CALLBACK_REFUSED,
    ErrorClass,
    classify_answer,
    without_numbers,
)
from app.messaging.status import MessageStatus, parse_status

TWILIO_URL = "https://api.twilio.com"

# By default Twilio repeats a callback once, and only if it could not connect: a 500 of ours would lose it.
# The fragment is read by Twilio, is not sent and is not signed
# (twilio.com/docs/usage/webhooks/webhooks-connection-overrides).
CALLBACK_RETRIES = "rc=3&rp=5xx,ct,rt"

# How far the carrier's clock may run apart from ours before `find` misses a text.
CLOCK_TOLERANCE = timedelta(seconds=60)

# Texts to one person that can be waiting at the carrier at the same time, with much to spare.
NEWEST_PAGE = 100

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_UNREADABLE = (ValueError, TypeError, KeyError, AttributeError)


@dataclass(frozen=True)
class TwilioSettings:
    """Account and sender: `from_number` (E.164 or short code), or `messaging_service_sid`, which goes first.

    base_url     where the API is; http only on this machine, because the token goes with every request.
    timeout      seconds to connect, and again for each wait for the answer.
    connections  kept open, one for each thread that sends.
    """

    account_sid: str
    auth_token: str = field(repr=False)
    from_number: str | None = None
    messaging_service_sid: str | None = None
    base_url: str = TWILIO_URL
    timeout: float = 10.0
    connections: int = 32

    def __post_init__(self) -> None:
        if not self.account_sid or not self.auth_token:
            raise ValueError("account_sid and auth_token must both be set")
        if not self.from_number and not self.messaging_service_sid:
            raise ValueError("set from_number or messaging_service_sid")
        url = urlsplit(self.base_url)
        encrypted = url.scheme == "https" or (url.scheme == "http" and url.hostname in _LOOPBACK)
        if not encrypted or not url.hostname:
            raise ValueError("base_url must be an https address, or http on this machine")
        if self.timeout <= 0:
            raise ValueError("timeout must be more than 0 seconds")


class TwilioCarrier:
    """The carrier port on Twilio's Messages resource."""

    name = "twilio"

    def __init__(self, settings: TwilioSettings) -> None:
        self._settings = settings
        self._client = Client(
            settings.account_sid,
            settings.auth_token,
            http_client=_Transport(settings.base_url, settings.timeout, settings.connections),
            # An edge or region set in the environment must not redirect us.
            environment={"TWILIO_ACCOUNT_SID": settings.account_sid},
        )

    def send(self, outgoing: Outgoing) -> Result:
        """Hand over one text, once; a text whose callback address is refused goes again without one."""
        result = self._create(outgoing, outgoing.callback_url)
        if isinstance(result, Refused) and result.code == CALLBACK_REFUSED and outgoing.callback_url:
            return self._create(outgoing, None)
        return result

    def find(
        self, to: str, reference: str, since: datetime, *, known: Collection[str] = ()
    ) -> Accepted | None:
        """See the port. A text still queued has no DateSent: the newest page is read without that filter."""
        earliest = since.astimezone(UTC).replace(microsecond=0) - CLOCK_TOLERANCE
        mark = re.compile(rf"(?<!\w){re.escape(reference)}(?!\w)")
        for message in self._candidates(to, earliest):
            if (
                message.sid
                and message.sid not in known
                and (message.direction or "").startswith("outbound")
                and mark.search(message.body or "")
                and (message.date_created is None or message.date_created >= earliest)
            ):
                return _accepted(message, reports=True)
        return None

    def fetch_status(self, carrier_id: str) -> Report | None:
        """See the port."""
        try:
            message = self._client.messages(carrier_id).fetch()
        except TwilioRestException as error:
            if error.status == 404:
                return None
            raise CarrierUnavailable(_what_failed(error)) from None
        except (TwilioException, OSError, HTTPError, *_UNREADABLE) as error:
            raise CarrierUnavailable(_what_failed(error)) from None
        return Report(parse_status(str(message.status)), _code(message.error_code))

    def _create(self, outgoing: Outgoing, callback_url: str | None) -> Result:
        sender = outgoing.sender or self._settings.messaging_service_sid or self._settings.from_number or ""
        service = sender.startswith("MG")
        try:
            message = self._client.messages.create(
                to=outgoing.to,
                body=outgoing.body,
                from_=unset if service else sender,
                messaging_service_sid=sender if service else unset,
                status_callback=_with_retries(callback_url) if callback_url else unset,
                validity_period=outgoing.valid_for if outgoing.valid_for is not None else unset,
            )
        except TwilioRestException as error:
            return _refusal(error.status, error.code, error.msg)
        except TwilioServiceException as error:
            return _refusal(error.status, error.code, error.detail or error.title)
        except (OSError, HTTPError) as error:
            return _network_trouble(error)
        except (TwilioException, *_UNREADABLE):
            return Ambiguous("The carrier's answer could not be read.")
        if not message.sid:
            return Ambiguous("The carrier's answer named no message.")
        return _accepted(message, reports=callback_url is not None)

    def _candidates(self, to: str, earliest: datetime) -> Iterator[MessageInstance]:
        messages = self._client.messages
        try:
            yield from messages.list(to=to, limit=NEWEST_PAGE, page_size=NEWEST_PAGE)
            yield from messages.list(to=to, date_sent_after=earliest, page_size=1000)
        except (TwilioException, OSError, HTTPError, *_UNREADABLE) as error:
            raise CarrierUnavailable(_what_failed(error)) from None


class _Transport(HttpClient):
    """One request, one time, within a time limit, on a pooled connection, with nothing logged."""

    def __init__(self, base_url: str, timeout: float, connections: int) -> None:
        super().__init__(logging.getLogger(__name__), False, timeout)
        self._base_url = base_url.rstrip("/")
        self._session = requests.Session()
        # A proxy from the environment serves the way to the carrier, not a carrier on this machine.
        self._session.trust_env = urlsplit(base_url).hostname not in _LOOPBACK
        adapter = HTTPAdapter(pool_connections=2, pool_maxsize=connections, max_retries=0)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)

    def request(
        self,
        method: str,
        uri: str,
        params: dict[str, object] | None = None,
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        answer = self._session.request(
            method,
            uri.replace(TWILIO_URL, self._base_url, 1),
            params=params,  # type: ignore[arg-type]
            data=data,
            headers=headers,
            auth=auth,
            timeout=timeout or self.timeout,
            allow_redirects=allow_redirects,
        )
        answer.encoding = "utf-8"
        return Response(answer.status_code, answer.text, answer.headers)


def _accepted(message: MessageInstance, *, reports: bool) -> Accepted:
    status = parse_status(str(message.status)) or MessageStatus.QUEUED
    return Accepted(str(message.sid), status, reports)


def _refusal(http_status: int, code: int | None, words: str) -> Refused | Ambiguous:
    detail = without_numbers(words)
    error_class = classify_answer(http_status, code)
    if error_class is ErrorClass.AMBIGUOUS:
        return Ambiguous(f"The carrier answered {http_status}: {detail}")
    return Refused(code, error_class, detail)


def _network_trouble(error: Exception) -> Refused | Ambiguous:
    """Only a request that was certainly never written may be called refused."""
    if isinstance(error, requests.exceptions.SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(error):
        return Refused(None, ErrorClass.CONFIGURATION, "The carrier's certificate could not be verified.")
    if _never_written(error):
        return Refused(None, ErrorClass.RETRY_LATER, "No connection to the carrier.")
    if isinstance(error, requests.exceptions.Timeout):
        return Ambiguous("The carrier did not answer in time.")
    return Ambiguous("The connection broke after the request was sent.")


def _never_written(error: Exception) -> bool:
    if isinstance(error, requests.exceptions.ConnectTimeout | requests.exceptions.ProxyError):
        return True
    cause: Any = error.args[0] if error.args else None
    return isinstance(getattr(cause, "reason", cause), NewConnectionError)


def _what_failed(error: Exception) -> str:
    """What can be told without the query string, which holds the phone number."""
    status = getattr(error, "status", None)
    return (
        f"The carrier answered {status}."
        if status
        else f"The carrier could not be asked ({type(error).__name__})."
    )


def _code(value: object) -> int | None:
    return int(str(value)) if value is not None and str(value).isdigit() else None


def _with_retries(url: str) -> str:
    return url if "#" in url else f"{url}#{CALLBACK_RETRIES}"
