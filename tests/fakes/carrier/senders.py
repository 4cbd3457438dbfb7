"""How fast texts leave: rates, queues and validity of sender numbers and pools of them.

Segments a second are Twilio's published defaults for the United States: long code 1, toll-free 3,
short code 100; a queue holds ten hours (36,000 s) of sending.
"""

from __future__ import annotations

from dataclasses import dataclass

LONG_CODE, TOLL_FREE, SHORT_CODE = 1.0, 3.0, 100.0
QUEUE_SECONDS = 36_000.0
FULL_SENDER, FULL_POOL, EXPIRED = 21611, 30001, 30036


@dataclass
class Sender:
    """A number that sends `rate` segments a second; `free_at` is when its queue runs empty."""

    number: str
    rate: float = LONG_CODE
    queue_seconds: float = QUEUE_SECONDS
    free_at: float = 0.0


@dataclass(frozen=True)
class Departure:
    """When a text leaves (carrier seconds) and from where, or the code of what stops it then."""

    number: str
    at: float
    error_code: int | None = None


@dataclass
class Senders:
    """The account's numbers and pools (messaging services). Rates count only when `enforced`."""

    numbers: dict[str, Sender]
    pools: dict[str, list[str]]
    enforced: bool = False

    def knows(self, number: str | None, service: str | None) -> bool:
        return service in self.pools if service else number in self.numbers

    def pool_of(self, number: str) -> str | None:
        return next((pool for pool, numbers in self.pools.items() if number in numbers), None)

    def is_full(self, number: str, now: float) -> bool:
        """Whether a text from this very number is refused: its queue holds all it may."""
        sender = self.numbers.get(number)
        return bool(self.enforced and sender and sender.free_at - now >= sender.queue_seconds)

    def depart(
        self, number: str | None, service: str | None, segments: int, valid_for: float, now: float
    ) -> Departure:
        """Queue a text. One of a pool takes the number that is free first."""
        candidates = [
            self.numbers[n] for n in self.pools.get(service or "", [number or ""]) if n in self.numbers
        ]
        if not candidates or not self.enforced:
            return Departure(candidates[0].number if candidates else number or "", now)
        sender = min(candidates, key=lambda one: one.free_at)
        starts = max(now, sender.free_at)
        if starts - now >= sender.queue_seconds:
            return Departure(sender.number, now, FULL_POOL)
        if starts - now > valid_for:
            return Departure(sender.number, now + valid_for, EXPIRED)
        sender.free_at = starts + segments / sender.rate
        return Departure(sender.number, starts)

    def reset(self) -> None:
        for sender in self.numbers.values():
            sender.free_at = 0.0
