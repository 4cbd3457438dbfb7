"""The port to whoever carries our texts.

`send` never raises for carrier trouble: what happened is its result, and the three results ask for three
different things. Only `Ambiguous` may be followed by a second send of the same attempt's text, and only
after `find` has looked for the first (promise I3).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from app.messaging.carriers.errors import ErrorClass
from app.messaging.channels import Channel
from app.messaging.status import MessageStatus

__all__ = [
    "Accepted",
    "Ambiguous",
    "Carrier",
    "CarrierUnavailable",
    "ErrorClass",
    "Outgoing",
    "Refused",
    "Report",
    "Result",
]


@dataclass(frozen=True)
class Outgoing:
    """One text of one attempt.

    to            E.164 ("+12025550123"); for mail an address, for a webhook the name it has in the settings.
    body          1 to 1,600 characters; holds `reference` as a word of its own.
    attempt_id    our id of this try; leaves us in callback addresses and as the id of a mail or post.
    reference     the short mark in the body by which `find` and a human recognise a repeated text.
    callback_url  absolute URL for delivery reports, already naming the attempt; None asks for no reports.
    channel       how it goes; title is the subject of a mail.
    sender        the address it goes out from; None leaves the choice to the carrier's own settings.
    valid_for     seconds after which the carrier shall drop the text unsent, 1 to 36,000; None leaves
                  the carrier's own limit.
    """

    to: str
    body: str
    attempt_id: str
    reference: str
    callback_url: str | None = None
    valid_for: int | None = None
    channel: Channel = Channel.SMS
    title: str | None = None
    sender: str | None = None


@dataclass(frozen=True)
class Accepted:
    """The carrier has taken the text. `reports` is false when it will send no callbacks: poll instead."""

    carrier_id: str
    status: MessageStatus = MessageStatus.QUEUED
    reports: bool = True


@dataclass(frozen=True)
class Refused:
    """The carrier certainly did not take the text. `detail` holds no phone number."""

    code: int | None
    error_class: ErrorClass
    detail: str


@dataclass(frozen=True)
class Ambiguous:
    """Nobody knows whether the carrier took the text. `detail` holds no phone number."""

    detail: str


Result = Accepted | Refused | Ambiguous


@dataclass(frozen=True)
class Report:
    """What the carrier says of a text now; `status` is None for a word we do not know."""

    status: MessageStatus | None
    error_code: int | None = None


class CarrierUnavailable(Exception):
    """The carrier could not be asked. It says nothing about the text: ask again later."""


class Carrier(Protocol):
    """Implementations are safe to call from several threads and hold no database connection."""

    name: str

    def send(self, outgoing: Outgoing) -> Result:
        """Hand over one text, once. Never raises for trouble with the carrier or the network."""
        ...

    def find(
        self, to: str, reference: str, since: datetime, *, known: Collection[str] = ()
    ) -> Accepted | None:
        """The text to `to` that holds `reference` and was taken at or after `since` (aware), if any.

        `known` are carrier ids that other attempts hold already; they are passed over, so that a clock
        that runs apart from the carrier's cannot give one text to two attempts.
        Raises CarrierUnavailable when the carrier cannot be asked: that is not "not found".
        """
        ...

    def fetch_status(self, carrier_id: str) -> Report | None:
        """What became of a text; None when the carrier does not know the id. Raises CarrierUnavailable."""
        ...
