"""When a text that did not go through is tried again, how long a try may take, and when the carrier is asked.

Times follow what Twilio says of its own: an answer may take 26 s, a text may wait ten hours in a queue
(twilio.com/docs/api/errors/20500, /docs/messaging/guides/scale-queue-latency).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from app.messaging.carriers.errors import ErrorClass
from app.messaging.status import MessageStatus

MOST_TRIES = 12
LEASE = timedelta(seconds=60)
"""How long a sender may keep a text in hand: longer than two calls with all their time limits."""

LONGEST_WAIT = timedelta(hours=10)
"""What has waited longer for its sender is too late, whatever it says; a sender's queue at the carrier is as long."""

_LITTLE = (timedelta(minutes=1), timedelta(minutes=3))
_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=2), timedelta(seconds=60)
_BEFORE_LOOKUP = {"twilio": timedelta(seconds=30)}
_FIRST_LOOK, _NEXT_LOOK = timedelta(minutes=5), timedelta(minutes=15)
_NO_RECEIPT = timedelta(hours=1)


def next_try(
    error_class: ErrorClass, tries: int, now: datetime, expires_at: datetime | None, chance: float
) -> datetime | None:
    """When to try again after `tries` tries, or None to give up.

    `chance` (0 to 1) spreads the tries of many texts: the wait is cut by up to half.
    """
    if error_class is ErrorClass.RETRY_LATER and tries < MOST_TRIES:
        wait = min(_FIRST_WAIT * 2 ** (tries - 1), _LONGEST_WAIT) * (1 - chance / 2)
    elif error_class is ErrorClass.RETRY_LITTLE and tries <= len(_LITTLE):
        wait = _LITTLE[tries - 1]
    else:
        return None
    return now + wait if expires_at is None or now + wait < expires_at else None


def lookup_at(carrier: str, now: datetime) -> datetime:
    """When to ask the carrier about an ambiguous try: not before it could have answered."""
    return now + _BEFORE_LOOKUP.get(carrier, timedelta())


def next_look(
    status: MessageStatus | None, started_at: datetime, expires_at: datetime | None, now: datetime
) -> datetime | None:
    """When to ask what became of a text, should no report come; None when nothing more is to be expected.

    Some networks give no receipts: then "sent" is the last word, and an hour is enough to wait for more.
    """
    last = (expires_at or started_at + LONGEST_WAIT) + _NEXT_LOOK
    if status is MessageStatus.SENT:
        last = min(last, started_at + _NO_RECEIPT)
    following = now + (_FIRST_LOOK if now - started_at < _FIRST_LOOK else _NEXT_LOOK)
    return min(following, last) if now < last else None
