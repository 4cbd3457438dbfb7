"""What we send from: numbers, short codes, messaging services, mailboxes, as MUSTER_SENDERS names them.

Segments a second by default: US and Canadian long codes 1; toll-free 3 unless more was ordered; short codes 100. A
messaging service spreads over its pool, so its rate is the sum that its owner states. Calls start at 1 a second on a
new account. A sender's queue at the carrier holds ten hours (twilio.com/docs, "Understanding Twilio rate limits and
message queues", error 21611).

Kept apart from the program, so that settings can be read before it is imported.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class Channel(StrEnum):
    """SMS a text; VOICE a call that speaks the text and takes a digit; EMAIL a mail with a link to answer by;
    WEBHOOK a signed JSON post to another system, which no person answers."""

    SMS = "sms"
    VOICE = "voice"
    EMAIL = "email"
    WEBHOOK = "webhook"


class SenderKind(StrEnum):
    LONG_CODE = "long_code"
    TOLL_FREE = "toll_free"
    SHORT_CODE = "short_code"
    SERVICE = "service"
    CALLER = "caller"
    MAILBOX = "mailbox"
    POSTER = "poster"
    SIMULATED = "simulated"


RATES: dict[SenderKind, float] = {
    SenderKind.LONG_CODE: 1.0,
    SenderKind.TOLL_FREE: 3.0,
    SenderKind.SHORT_CODE: 100.0,
    SenderKind.SERVICE: 1.0,
    SenderKind.CALLER: 1.0,
    SenderKind.MAILBOX: 10.0,
    SenderKind.POSTER: 0.0,
    SenderKind.SIMULATED: 0.0,
}
"""Segments, calls or mails a second by default; 0 is no limit."""


@dataclass(frozen=True)
class Sender:
    """One number, short code, messaging service or mailbox that sends on one channel.

    address    E.164, a short code, a messaging service (MG...) or a mail address; unique on its channel.
    rate       segments, calls or mails a second over all processes; 0 is no limit.
    daily_cap  segments a day that the carrier allows it, None when it names no limit.
    """

    address: str
    kind: SenderKind
    channel: Channel
    rate: float
    daily_cap: int | None = None


POSTER = Sender("webhook", SenderKind.POSTER, Channel.WEBHOOK, 0.0)
"""What goes to other systems has no address of ours to come from."""

_CHANNELS = {
    SenderKind.LONG_CODE: Channel.SMS,
    SenderKind.TOLL_FREE: Channel.SMS,
    SenderKind.SHORT_CODE: Channel.SMS,
    SenderKind.SERVICE: Channel.SMS,
    SenderKind.CALLER: Channel.VOICE,
    SenderKind.MAILBOX: Channel.EMAIL,
}
_NUMBER = (r"\+[1-9]\d{6,14}", "a number like +12025550100")
_TOLL_FREE = r"\+18(?:00|33|44|55|66|77|88)\d{7}"
_SHORT_CODE = r"\d{5,6}"
_SHAPES: dict[SenderKind, tuple[str, str]] = {
    SenderKind.LONG_CODE: _NUMBER,
    SenderKind.CALLER: _NUMBER,
    SenderKind.TOLL_FREE: (_TOLL_FREE, "a number like +18335550101"),
    SenderKind.SHORT_CODE: (_SHORT_CODE, "5 or 6 digits"),
    SenderKind.SERVICE: (r"MG[0-9a-fA-F]{32}", "MG and 32 hexadecimal digits"),
    SenderKind.MAILBOX: (r"(?=.{3,80}$)[^@\s,]+@[^@\s,]+", "an address like muster@hospital.example"),
}
_ENTRY = re.compile(
    r"(?P<kind>[a-z_]+):(?P<address>.+?)(?:@(?P<rate>\d+(?:\.\d+)?))?(?:/(?P<cap>[1-9]\d{0,8}))?"
)


def read(text: str) -> tuple[tuple[Sender, ...], list[str]]:
    """The senders a comma list names, each `kind:address[@rate][/daily_cap]`; and what is wrong with it."""
    senders: list[Sender] = []
    problems: list[str] = []
    for place, entry in enumerate((part.strip() for part in text.split(",")), 1):
        found = _one(entry)
        if isinstance(found, str):
            problems.append(f"entry {place} {found}")
        elif any((s.channel, s.address) == (found.channel, found.address) for s in senders):
            problems.append(f"entry {place} names a sender a second time")
        else:
            senders.append(found)
    return tuple(senders), problems


def of_account(number: str | None, service: str | None, rate: float) -> tuple[Sender, ...]:
    """The senders of an account of which only one number or messaging service is named; a service goes first.

    rate  0 leaves the pace of texts to the carrier's own queue. A number can be called from as well.
    """
    senders: list[Sender] = []
    if service or number:
        kind = SenderKind.SERVICE if service else _kind_of(number or "")
        senders.append(Sender(service or number or "", kind, Channel.SMS, rate))
    if number and _kind_of(number) is not SenderKind.SHORT_CODE:
        senders.append(Sender(number, SenderKind.CALLER, Channel.VOICE, RATES[SenderKind.CALLER]))
    return tuple(senders)


def simulated(*channels: Channel) -> tuple[Sender, ...]:
    """A sender for each channel whose messages go to simulated phones and mailboxes."""
    return tuple(Sender("simulated", SenderKind.SIMULATED, channel, 0.0) for channel in channels)


def _kind_of(number: str) -> SenderKind:
    if re.fullmatch(_SHORT_CODE, number):
        return SenderKind.SHORT_CODE
    return SenderKind.TOLL_FREE if re.fullmatch(_TOLL_FREE, number) else SenderKind.LONG_CODE


def _one(entry: str) -> Sender | str:
    match = _ENTRY.fullmatch(entry)
    if match is None:
        return "is not kind:address[@rate][/daily_cap], like toll_free:+18335550101@3"
    if match["kind"] not in _CHANNELS:
        return f"has the kind {match['kind']!r}; allowed are {', '.join(_CHANNELS)}"
    kind = SenderKind(match["kind"])
    shape, expected = _SHAPES[kind]
    if not re.fullmatch(shape, match["address"]):
        return f"({kind}): the address must be {expected}"
    rate = float(match["rate"]) if match["rate"] else RATES[kind]
    if rate > 10_000:
        return f"({kind}): the rate must be at most 10000 a second, 0 for no limit"
    return Sender(match["address"], kind, _CHANNELS[kind], rate, int(match["cap"]) if match["cap"] else None)
