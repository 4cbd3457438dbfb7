"""What the carrier has seen, with arrival times: the oracle of exactly-once."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import pairwise


@dataclass(slots=True)
class Text:
    """One text in either direction. Times are seconds since 1970, as the carrier saw them."""

    sid: str
    direction: str
    to: str
    sender: str | None
    service: str | None
    body: str
    segments: int
    created: float
    status: str
    callback: str | None = None
    valid_for: int | None = None
    error_code: int | None = None
    sent: float | None = None
    updated: float = 0.0
    media: int = 0


@dataclass(slots=True)
class PhoneCall:
    """One call to a person. `heard` is what was said to whoever picked up, `pressed` the keys, in order.

    events        the steps the caller wants callbacks for.
    ring_seconds  how long it may ring; longest, how long it may last.
    started       when somebody picked up.
    sip           the network's own code, when nobody did.
    """

    sid: str
    to: str
    sender: str
    url: str
    created: float
    updated: float
    callback: str | None
    events: tuple[str, ...]
    ring_seconds: float
    longest: float
    status: str = "queued"
    started: float | None = None
    ended: float | None = None
    sip: int | None = None
    heard: list[str] = field(default_factory=list)
    pressed: list[str] = field(default_factory=list)


@dataclass(slots=True, frozen=True)
class Call:
    """One request to the API. `answered` is the HTTP status; 0 was no answer at all."""

    at: float
    method: str
    path: str
    to: str | None
    body: str | None
    answered: int
    sid: str | None = None


@dataclass(slots=True, frozen=True)
class Webhook:
    """One try to reach the caller's webhook. `answered` is None when no answer came."""

    at: float
    url: str
    params: dict[str, str]
    answered: int | None


@dataclass
class Ledger:
    """Append-only; lists are in order of arrival."""

    calls: list[Call] = field(default_factory=list)
    sent_texts: list[Text] = field(default_factory=list)
    received_texts: list[Text] = field(default_factory=list)
    placed: list[PhoneCall] = field(default_factory=list)
    webhooks: list[Webhook] = field(default_factory=list)
    call_by_sid: dict[str, PhoneCall] = field(default_factory=dict)
    by_sid: dict[str, Text] = field(default_factory=dict)
    by_number: defaultdict[str, list[Text]] = field(default_factory=lambda: defaultdict(list))

    def add(self, text: Text) -> None:
        outbound = text.direction.startswith("outbound")
        (self.sent_texts if outbound else self.received_texts).append(text)
        self.by_sid[text.sid] = text
        self.by_number[text.to].append(text)

    def add_call(self, call: PhoneCall) -> None:
        self.placed.append(call)
        self.call_by_sid[call.sid] = call

    def clear(self) -> None:
        for part in (
            self.placed,
            self.call_by_sid,
            self.calls,
            self.sent_texts,
            self.received_texts,
            self.webhooks,
            self.by_sid,
            self.by_number,
        ):
            part.clear()

    def accepted(self, to: str | None = None) -> list[Text]:
        """Texts taken from the API, whatever the caller was told about them."""
        taken = self.sent_texts if to is None else self.by_number.get(to, [])
        return [text for text in list(taken) if text.direction == "outbound-api"]

    def texts(self) -> dict[str, list[str]]:
        """Number -> bodies accepted for it, in order."""
        bodies: dict[str, list[str]] = {}
        for text in self.accepted():
            bodies.setdefault(text.to, []).append(text.body)
        return bodies

    def duplicates(self) -> dict[tuple[str, str], int]:
        """(number, body) -> times accepted, for those accepted more than once."""
        counts = Counter((text.to, text.body) for text in self.accepted())
        return {key: count for key, count in counts.items() if count > 1}

    def order(self) -> list[str]:
        """Numbers in the order their texts were accepted."""
        return [text.to for text in self.accepted()]

    def gaps(self) -> list[float]:
        """Seconds from each accepted text to the next."""
        times = [text.created for text in self.accepted()]
        return [later - earlier for earlier, later in pairwise(times)]

    def peak_segments(self, window: float = 1.0, sender: str | None = None) -> int:
        """The most segments accepted in any `window` seconds, of one sender or service or of all."""
        texts = [t for t in self.accepted() if sender is None or sender in (t.sender, t.service)]
        return _peak([(text.created, text.segments) for text in texts], window)

    def calls_to(self, to: str | None = None) -> list[PhoneCall]:
        """Calls taken from the API, whatever the caller was told about them."""
        return [call for call in list(self.placed) if to in (None, call.to)]

    def peak_calls(self, window: float = 1.0, sender: str | None = None) -> int:
        """The most calls accepted in any `window` seconds, of one caller or of all."""
        calls = [call for call in self.calls_to() if sender in (None, call.sender)]
        return _peak([(call.created, 1) for call in calls], window)

    def summary(self) -> dict[str, object]:
        """Figures for a caller in another process."""
        accepted = self.accepted()
        times = [text.created for text in accepted]
        return {
            "requests": len(self.calls),
            "accepted": len(accepted),
            "recipients": len({text.to for text in accepted}),
            "duplicates": sum(count - 1 for count in self.duplicates().values()),
            "segments": sum(text.segments for text in accepted),
            "received": len(self.received_texts),
            "calls": len(self.placed),
            "picked_up": sum(call.started is not None for call in self.calls_to()),
            "keys": sum(bool(call.pressed) for call in self.calls_to()),
            "webhooks": len(self.webhooks),
            "webhooks_failed": sum(w.answered is None or w.answered >= 300 for w in list(self.webhooks)),
            "statuses": dict(Counter(text.status for text in accepted)),
            "first_at": min(times, default=None),
            "last_at": max(times, default=None),
        }


def _peak(amounts: list[tuple[float, int]], window: float) -> int:
    """The largest sum within any `window` seconds; the list is in order of time."""
    most = total = start = 0
    for at, amount in amounts:
        total += amount
        while at - amounts[start][0] >= window:
            total -= amounts[start][1]
            start += 1
        most = max(most, total)
    return most
