"""How fast one sender may send, over all processes (promise I7): a bucket that runs empty by the clock.

And which of several senders takes a message. Pure: what is known of a sender goes in as a `Standing`.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Protocol, TypeVar
from zoneinfo import ZoneInfo

BURST = timedelta(milliseconds=100)
"""How far ahead of its pace a sender may run, so that a claim need not be made for every single text."""

CALMED_AFTER = timedelta(seconds=20)
"""A sender that was asked to slow down is twice as fast again after each of these."""

SLOWEST = 6
_LARGEST = 24  # segments in a text of 1,600 characters, none of them in GSM-7
_UNLIMITED = 64.0  # a second, from which a sender without a limit slows down
_FIRST_PROBE, _LONGEST_PROBE = timedelta(seconds=30), timedelta(minutes=10)
_DAY_BEGINS = ZoneInfo("America/Los_Angeles")  # daily allowances of US networks (error 30023)


class Standing(Protocol):
    """What is known of a sender; see `models.SenderState`."""

    sender: str
    rate: float
    daily_cap: int | None
    free_at: datetime
    slow: int
    slowed_at: datetime | None
    stopped_since: datetime | None
    probes: int
    probe_at: datetime | None
    rests_until: datetime | None
    rests_for_some: bool
    day: date | None
    used: int


S = TypeVar("S", bound=Standing)


def effective_rate(one: Standing, now: datetime) -> float:
    """Segments a second at the moment; 0 is no limit."""
    level = slowness(one, now)
    if level == 0:
        return one.rate
    return (one.rate or _UNLIMITED) / 2.0**level


def slowness(one: Standing, now: datetime) -> int:
    """How many times the pace is halved now, after the carrier asked to slow down."""
    if one.slowed_at is None:
        return 0
    return max(0, one.slow - max(now - one.slowed_at, timedelta()) // CALMED_AFTER)


def is_spent(one: Standing, now: datetime) -> bool:
    """Whether it takes nothing more today: its allowance is used up."""
    if one.rests_until is not None and now < one.rests_until and not one.rests_for_some:
        return True
    return one.daily_cap is not None and one.day == day_of(now) and one.used >= one.daily_cap


def room_at(one: Standing, now: datetime) -> datetime:
    """When it takes its next message; `now` when it does at once."""
    if one.stopped_since is not None:
        return max(one.probe_at or now, now)
    if is_spent(one, now):
        return day_after(now)
    return max(_free_at(one, now) - BURST, now)


def has_room(one: Standing, now: datetime) -> bool:
    return not (one.stopped_since is None and is_spent(one, now)) and room_at(one, now) <= now


def take(one: Standing, size: int, now: datetime) -> None:
    """Give it a message of `size` segments. A stopped one takes this one to see whether it works again."""
    if one.stopped_since is not None:
        one.probes += 1
        one.probe_at = now + next_probe(one.probes)
    if rate := effective_rate(one, now):
        one.free_at = _free_at(one, now) + timedelta(seconds=size / rate)
    today = day_of(now)
    one.used = size + (one.used if one.day == today else 0)
    one.day = today


def _free_at(one: Standing, now: datetime) -> datetime:
    """When its bucket is empty. A clock that was set back must not leave it waiting for what has been."""
    rate = effective_rate(one, now)
    if rate == 0:
        return now
    return min(max(one.free_at, now), now + BURST + timedelta(seconds=_LARGEST / rate))


def next_probe(probes: int) -> timedelta:
    """How long after a stop, or after the last try, a stopped sender is tried with one message."""
    return min(_FIRST_PROBE * 2 ** min(probes, 10), _LONGEST_PROBE)


def choose(address: str, able: Sequence[S], now: datetime) -> S | None:
    """Who of those that may write to this address takes the message; None when none has room.

    A stopped sender whose moment has come is tried first. Then the one this address always hears from, if it has room:
    shares are as the rates. Else who has most room; who rests for some networks comes last.
    """
    roomy = [one for one in able if has_room(one, now)]
    if not roomy:
        return None
    stopped = [one for one in roomy if one.stopped_since is not None]
    if stopped:
        return stopped[0]
    fit = [one for one in roomy if not _rests(one, now)] or roomy
    usual = max((one for one in able if one.stopped_since is None), key=lambda one: _liking(address, one))
    return usual if usual in fit else min(fit, key=lambda one: (one.free_at, one.sender))


def day_of(now: datetime) -> date:
    return now.astimezone(_DAY_BEGINS).date()


def day_after(now: datetime) -> datetime:
    """When daily allowances begin anew."""
    tomorrow = day_of(now) + timedelta(days=1)
    return datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=_DAY_BEGINS).astimezone(now.tzinfo)


def _rests(one: Standing, now: datetime) -> bool:
    return one.rests_until is not None and now < one.rests_until


def _liking(address: str, one: Standing) -> float:
    """The same for the same two on every machine; over many addresses the highest as often as the rate says."""
    digest = hashlib.blake2b(f"{one.sender} {address}".encode(), digest_size=8).digest()
    chance = (int.from_bytes(digest, "big") + 1) / (2**64 + 1)
    return -(one.rate or 1000.0) / math.log(chance)
