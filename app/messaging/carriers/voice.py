"""Calls by Twilio's Calls resource: who picks up hears our question and presses a key (see `app.messaging.voice`)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from types import MappingProxyType

from twilio.base.exceptions import TwilioRestException
from twilio.rest.api.v2010.account.call import CallInstance

from app.messaging.carriers import Accepted, ErrorClass, Outgoing, Refused, Report, Result
from app.messaging.carriers.errors import BUSY, CALLED_OFF, NO_SUCH_NUMBER, NOBODY_PICKED_UP
from app.messaging.carriers.twilio_client import (
    CLOCK_TOLERANCE,
    NEWEST_PAGE,
    TwilioSettings,
    asking,
    client_of,
    created,
    with_retries,
)
from app.messaging.status import MessageStatus

RING_SECONDS = 30
"""Most voice mail takes a call after 20 to 30 seconds; ringing on would only talk to machines."""

LONGEST_SECONDS = 300
"""A call that has not ended by then is ended by the carrier."""

STEPS = ("initiated", "ringing", "answered", "completed")

_OF_CALL = MappingProxyType(
    {
        "queued": Report(MessageStatus.QUEUED),
        "initiated": Report(MessageStatus.SENDING),
        "ringing": Report(MessageStatus.SENT),
        "in-progress": Report(MessageStatus.DELIVERED),
        "answered": Report(MessageStatus.DELIVERED),
        "completed": Report(MessageStatus.DELIVERED),
        "busy": Report(MessageStatus.UNDELIVERED, BUSY),
        "no-answer": Report(MessageStatus.UNDELIVERED, NOBODY_PICKED_UP),
        "canceled": Report(MessageStatus.UNDELIVERED, CALLED_OFF),
        "failed": Report(MessageStatus.FAILED),
    }
)
_GONE = frozenset({"404", "410", "484", "604"})


def call_report(word: str, sip: str = "") -> Report | None:
    """What the status of a call says of our message; None for a word we do not know.

    Picked up is delivered, though it may have been a machine: only a key is an answer.
    `sip` is the network's own code, if the carrier passed it on; it tells a number that does not exist
    from a network that failed.
    """
    report = _OF_CALL.get(word.strip().lower())
    if report is not None and report.status is MessageStatus.FAILED and sip in _GONE:
        return Report(MessageStatus.FAILED, NO_SUCH_NUMBER)
    return report


class TwilioVoiceCarrier:
    """The carrier port on Twilio's Calls resource.

    `public_url` is where the carrier fetches what the call says: without it there is no call.
    """

    name = "twilio-voice"

    def __init__(
        self, settings: TwilioSettings, public_url: str, *, ring_seconds: int = RING_SECONDS
    ) -> None:
        self._settings = settings
        self._public_url = public_url.rstrip("/")
        self._ring_seconds = ring_seconds
        self._client = client_of(settings)

    def send(self, outgoing: Outgoing) -> Result:
        """Place one call, once. What it says is fetched from us under the attempt's id when it is answered."""
        caller = outgoing.sender or self._settings.from_number
        if not caller:
            return Refused(None, ErrorClass.CONFIGURATION, "No number is set that calls can come from.")
        address = f"{self._public_url}/webhooks/twilio/voice/{outgoing.attempt_id}"
        return created(
            lambda: self._client.calls.create(
                to=outgoing.to,
                from_=caller,
                url=with_retries(address),
                method="POST",
                status_callback=with_retries(f"{address}/status"),
                status_callback_event=list(STEPS),
                status_callback_method="POST",
                timeout=self._ring_seconds,
                time_limit=LONGEST_SECONDS,
            ),
            _accepted,
        )

    def find(
        self,
        to: str,
        reference: str,  # noqa: ARG002 - a call has no body that could hold it
        since: datetime,
        *,
        known: Collection[str] = (),
    ) -> Accepted | None:
        """See the port. The oldest call of ours to this number in that time that no attempt has.

        When two calls to one number are in doubt at the same time, they may be taken for each other; what
        each says and reports is right all the same, because its addresses name its attempt.
        """
        earliest = since.astimezone(UTC).replace(microsecond=0) - CLOCK_TOLERANCE
        calls = [
            call
            for call in self._candidates(to, earliest)
            if call.sid
            and call.sid not in known
            and call.direction == "outbound-api"
            and (call.date_created is None or call.date_created >= earliest)
        ]
        oldest = min(calls, key=lambda call: call.date_created or earliest, default=None)
        return _accepted(oldest) if oldest else None

    def fetch_status(self, carrier_id: str) -> Report | None:
        """See the port."""
        with asking():
            try:
                call = self._client.calls(carrier_id).fetch()
            except TwilioRestException as error:
                if error.status == 404:
                    return None
                raise
            return call_report(str(call.status)) or Report(None)

    def _candidates(self, to: str, earliest: datetime) -> Iterator[CallInstance]:
        """A call that still waits has no start: the newest page is read without that filter."""
        calls = self._client.calls
        with asking():
            yield from calls.list(to=to, limit=NEWEST_PAGE, page_size=NEWEST_PAGE)
            yield from calls.list(to=to, start_time_after=earliest, page_size=1000)


def _accepted(call: CallInstance) -> Accepted:
    report = call_report(str(call.status))
    status = report.status if report and report.status else MessageStatus.QUEUED
    return Accepted(str(call.sid), status)
