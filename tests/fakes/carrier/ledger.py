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
    webhooks: list[Webhook] = field(default_factory=list)
    by_sid: dict[str, Text] = field(default_factory=dict)
    by_number: defaultdict[str, list[Text]] = field(default_factory=lambda: defaultdict(list))

    def add(self, text: Text) -> None:
        outbound = text.direction.startswith("outbound")
        (self.sent_texts if outbound else self.received_texts).append(text)
        self.by_sid[text.sid] = text
        self.by_number[text.to].append(text)

    def clear(self) -> None:
        for part in (
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
        most = total = start = 0
        for text in texts:
            total += text.segments
            while text.created - texts[start].created >= window:
                total -= texts[start].segments
                start += 1
            most = max(most, total)
        return most

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
            "webhooks": len(self.webhooks),
            "webhooks_failed": sum(w.answered is None or w.answered >= 300 for w in list(self.webhooks)),
            "statuses": dict(Counter(text.status for text in accepted)),
            "first_at": min(times, default=None),
            "last_at": max(times, default=None),
        }
