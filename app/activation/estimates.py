"""How long a call-out takes to send, what it costs, and which limits of the carriers will bite. Values only.

What carriers allow, as published (twilio.com/docs, "Understanding Twilio rate limits and message queues" and
the 10DLC pages; what T-Mobile lets through in a day is in its 10DLC articles and those of other carriers'
resellers):

* Segments a second: a US or Canadian long code 1, a toll-free number 3, a short code 100. A registered 10DLC
  brand has 3.75 with low volume, 12 with a trust score under 50, 120 from 50, 225 from 75, over the large
  networks together. A new account places 1 call a second.
* A sender's queue at the carrier takes what it can send in ten hours (36,000 s, error 21611).
* T-Mobile lets a 10DLC brand send its subscribers 2,000, 10,000, 40,000 or 200,000 segments a day, by quarter
  of the trust score, from the lowest (error 30023). Which phones are T-Mobile's we do not know.
* Texts from a toll-free number that is not verified are blocked since 31 January 2024 (error 30032).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum

from app.messaging.channels import Channel
from app.messaging.senders import RATES, Sender, SenderKind
from config.settings import Prices

QUEUE_SECONDS = 36_000
KINDS: tuple[tuple[str, float], ...] = (
    ("one long code", RATES[SenderKind.LONG_CODE]),
    ("one toll-free number", RATES[SenderKind.TOLL_FREE]),
    ("10DLC, low volume", 3.75),
    ("10DLC, trust score under 50", 12.0),
    ("10DLC, trust score from 50", 120.0),
    ("10DLC, trust score from 75", 225.0),
    ("one short code", RATES[SenderKind.SHORT_CODE]),
)
"""What to compare one's own senders with: words and segments a second."""

DAILY_10DLC = (2_000, 10_000, 40_000, 200_000)
"""T-Mobile's segments a day, by quarter of a brand's trust score, the lowest first."""

MONEY = 10_000
"""Prices and costs are whole ten-thousandths of the currency."""


@dataclass(frozen=True)
class Load:
    """`messages` of the same size on one channel: segments for a text, 1 for a call or a mail."""

    channel: Channel
    messages: int
    size: int = 1

    @property
    def units(self) -> int:
        return self.messages * self.size


@dataclass(frozen=True)
class Way:
    """One channel of a call-out, all its loads together.

    units    segments, calls or mails.
    rate     units a second over its senders; 0 is no limit.
    seconds  until the last has been handed to the carrier; None when nothing sends on this channel.
    """

    channel: Channel
    messages: int
    units: int
    senders: tuple[Sender, ...]
    rate: float
    seconds: int | None


class Weight(IntEnum):
    """How much a warning matters; the heaviest stands first."""

    NOTE = 1
    WATCH = 2
    ACT = 3


@dataclass(frozen=True)
class Caution:
    """Something to know before it is sent, in plain words."""

    weight: Weight
    words: str


def seconds_for(units: int, rate: float) -> int:
    """Until so many segments, calls or mails have been handed over at a steady rate; 0 for no limit."""
    return math.ceil(units / rate) if rate > 0 else 0


def ways(loads: Iterable[Load], senders: Sequence[Sender]) -> list[Way]:
    """Each channel that is used, over its senders side by side."""
    by_channel: dict[Channel, list[Load]] = {}
    for load in loads:
        if load.messages:
            by_channel.setdefault(load.channel, []).append(load)
    return [_way(channel, by_channel[channel], senders) for channel in Channel if channel in by_channel]


def _way(channel: Channel, loads: Sequence[Load], senders: Sequence[Sender]) -> Way:
    own = tuple(sender for sender in senders if sender.channel is channel)
    units = sum(load.units for load in loads)
    rate = 0.0 if any(sender.rate <= 0 for sender in own) else sum(sender.rate for sender in own)
    seconds = seconds_for(units, rate) if own else None
    return Way(channel, sum(load.messages for load in loads), units, own, rate, seconds)


def compared(segments: int) -> list[tuple[str, int]]:
    """How long so many segments take on each kind of sender: words and seconds."""
    return [(words, seconds_for(segments, rate)) for words, rate in KINDS]


def daily(segments: int) -> list[tuple[str, int, int]]:
    """T-Mobile's allowances: which scores, segments a day, and how many of these are too many if every phone
    were T-Mobile's."""
    quarters = ("lowest quarter", "second quarter", "third quarter", "highest quarter")
    return [
        (f"trust score in the {quarter}", cap, max(segments - cap, 0))
        for quarter, cap in zip(quarters, DAILY_10DLC, strict=True)
    ]


def cost(way: Way, prices: Prices) -> int | None:
    """At most: each call is taken for a begun minute. None when there is no price; mails cost nothing."""
    price = {Channel.SMS: prices.segment, Channel.VOICE: prices.minute}.get(way.channel, 0)
    return None if price is None else way.units * price


def limits(
    ways_: Sequence[Way], *, life: timedelta, within_minutes: int | None = None, ten_dlc: bool = True
) -> list[Caution]:
    """What the carriers will not do, or not in time, the heaviest first.

    life            a message that could not be handed over for so long is not sent any more.
    within_minutes  the shortest time in which somebody is wanted.
    ten_dlc         whether long codes and services are bound by the networks' daily allowance.
    """
    found: list[Caution] = []
    for way in ways_:
        found += _time_limits(way, life, within_minutes)
        if way.channel is Channel.SMS:
            found += _caps(way, ten_dlc)
    return sorted(found, key=lambda warning: -warning.weight)


def _time_limits(way: Way, life: timedelta, within_minutes: int | None) -> list[Caution]:
    thing = THINGS[way.channel]
    if way.seconds is None:
        return [Caution(Weight.ACT, f"No sender can take {thing}: {way.messages:,} cannot go out.")]
    found = []
    if way.seconds > QUEUE_SECONDS:
        held = math.floor(QUEUE_SECONDS * way.rate)
        words = (
            f"The carrier's queue takes 10 hours: {way.units - held:,} of {way.units:,} {UNITS[way.channel]}"
        )
        found.append(Caution(Weight.ACT, f"{words} are more than it holds."))
    if way.seconds > life.total_seconds():
        hours = lasts(int(life.total_seconds()))
        share = 1 - life.total_seconds() / way.seconds
        late = math.ceil(way.messages * share)
        words = f"It takes {lasts(way.seconds)} to send all {thing}, and what waits longer than {hours} is not sent"
        found.append(Caution(Weight.ACT, f"{words}: about {late:,} of {way.messages:,}."))
    if within_minutes is not None and way.seconds >= within_minutes * 30:
        words = f"The last of the {thing} leave after {lasts(way.seconds)}, of {within_minutes} min that people have"
        heavy = Weight.ACT if way.seconds >= within_minutes * 60 else Weight.WATCH
        found.append(Caution(heavy, f"{words} to arrive."))
    return found


def _caps(way: Way, ten_dlc: bool) -> list[Caution]:
    found = []
    named = [sender for sender in way.senders if sender.daily_cap is not None]
    allowed = sum(sender.daily_cap or 0 for sender in named)
    if named and len(named) == len(way.senders) and way.units > allowed:
        words = f"The senders may send {allowed:,} segments a day: {way.units - allowed:,} of {way.units:,}"
        found.append(Caution(Weight.ACT, f"{words} would wait until tomorrow."))
    kinds = {sender.kind for sender in way.senders if sender.daily_cap is None}
    bites = [cap for cap in DAILY_10DLC if way.units > cap]
    if ten_dlc and bites and kinds & {SenderKind.LONG_CODE, SenderKind.SERVICE}:
        caps = ", ".join(f"{cap:,}" for cap in DAILY_10DLC[:-1]) + f" or {DAILY_10DLC[-1]:,}"
        words = f"T-Mobile lets a 10DLC brand send {caps} segments a day, by its trust score. {way.units:,} segments"
        found.append(Caution(Weight.WATCH, f"{words} can pass the allowance of {_quarters(len(bites))}."))
    if SenderKind.TOLL_FREE in kinds:
        words = "Texts from a toll-free number are blocked until the number is verified."
        found.append(Caution(Weight.NOTE, words))
    return found


THINGS = {Channel.SMS: "texts", Channel.VOICE: "calls", Channel.EMAIL: "mails", Channel.WEBHOOK: "posts"}
UNITS = THINGS | {Channel.SMS: "segments"}


def _quarters(number: int) -> str:
    return ("the lowest scores", "scores in the lower half", "all but the highest scores", "every score")[
        number - 1
    ]


def lasts(seconds: int) -> str:
    """24 s, 13 min 20 s, 40 min, 2 h 5 min: enough to decide by. Never less than it is."""
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        minutes, rest = divmod(seconds, 60)
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(math.ceil(seconds / 60), 60)
    return f"{hours:,} h {minutes} min" if minutes else f"{hours:,} h"


def money(amount: int, currency: str) -> str:
    """About so much, in hundredths and never less than it is."""
    hundredths = math.ceil(amount * 100 / MONEY)
    return f"about {currency} {hundredths // 100:,}.{hundredths % 100:02}"
