"""What each kind of sender can do: the published throughput that limits an activation.

Segments a second: US and Canadian long codes 1; toll-free 3 unless more was ordered; short codes 100. A
messaging service spreads over its pool, so its rate is the sum that its owner states. Calls start at 1 a
second on a new account. A sender's queue at the carrier holds ten hours (twilio.com/docs, "Understanding
Twilio rate limits and message queues", error 21611).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.messaging.channels import Channel


class SenderKind(StrEnum):
    LONG_CODE = "long_code"
    TOLL_FREE = "toll_free"
    SHORT_CODE = "short_code"
    SERVICE = "service"
    CALLER = "caller"
    MAILBOX = "mailbox"
    SIMULATED = "simulated"


RATES: dict[SenderKind, float] = {
    SenderKind.LONG_CODE: 1.0,
    SenderKind.TOLL_FREE: 3.0,
    SenderKind.SHORT_CODE: 100.0,
    SenderKind.SERVICE: 1.0,
    SenderKind.CALLER: 1.0,
    SenderKind.MAILBOX: 10.0,
    SenderKind.SIMULATED: 0.0,
}
"""Segments, calls or mails a second by default; 0 is no limit."""


@dataclass(frozen=True)
class Sender:
    """One number, short code, messaging service or mailbox that sends on one channel.

    address    E.164, a short code, a messaging service (MG...) or a mail address; unique.
    rate       segments, calls or mails a second over all processes; 0 is no limit.
    daily_cap  segments a day that the carrier allows it, None when it names no limit.
    """

    address: str
    kind: SenderKind
    channel: Channel
    rate: float
    daily_cap: int | None = None
