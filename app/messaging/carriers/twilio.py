"""Texts by Twilio's Messages resource."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from datetime import UTC, datetime

from twilio.base.exceptions import TwilioRestException
from twilio.base.values import unset
from twilio.rest.api.v2010.account.message import MessageInstance

from app.messaging.carriers import Accepted, Outgoing, Refused, Report, Result
from app.messaging.carriers.errors import CALLBACK_REFUSED
from app.messaging.carriers.twilio_client import (
    CLOCK_TOLERANCE,
    NEWEST_PAGE,
    TwilioSettings,
    asking,
    client_of,
    created,
    with_retries,
)
from app.messaging.status import MessageStatus, parse_status

_SERVICE = "MG"


class TwilioCarrier:
    """The carrier port on Twilio's Messages resource."""

    name = "twilio"

    def __init__(self, settings: TwilioSettings) -> None:
        self._settings = settings
        self._client = client_of(settings)

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
        with asking():
            try:
                message = self._client.messages(carrier_id).fetch()
            except TwilioRestException as error:
                if error.status == 404:
                    return None
                raise
            return Report(parse_status(str(message.status)), _code(message.error_code))

    def _create(self, outgoing: Outgoing, callback_url: str | None) -> Result:
        number, service = self._from(outgoing.sender)
        return created(
            lambda: self._client.messages.create(
                to=outgoing.to,
                body=outgoing.body,
                from_=number or unset,
                messaging_service_sid=service or unset,
                status_callback=with_retries(callback_url) if callback_url else unset,
                validity_period=outgoing.valid_for if outgoing.valid_for is not None else unset,
            ),
            lambda message: _accepted(message, reports=callback_url is not None),
        )

    def _from(self, sender: str | None) -> tuple[str | None, str | None]:
        """The number and the messaging service to name: one of them, as Twilio wants it."""
        if sender is not None:
            return (None, sender) if sender.startswith(_SERVICE) else (sender, None)
        service = self._settings.messaging_service_sid
        return (None if service else self._settings.from_number), service

    def _candidates(self, to: str, earliest: datetime) -> Iterator[MessageInstance]:
        messages = self._client.messages
        with asking():
            yield from messages.list(to=to, limit=NEWEST_PAGE, page_size=NEWEST_PAGE)
            yield from messages.list(to=to, date_sent_after=earliest, page_size=1000)


def _accepted(message: MessageInstance, *, reports: bool) -> Accepted:
    status = parse_status(str(message.status)) or MessageStatus.QUEUED
    return Accepted(str(message.sid), status, reports)


def _code(value: object) -> int | None:
    return int(str(value)) if value is not None and str(value).isdigit() else None
