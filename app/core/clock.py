"""Time is injected, so that rules can be tested at any minute of any day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo


class Clock(Protocol):
    def now(self) -> datetime:
        """The present moment, timezone-aware, in UTC."""


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class ManualClock:
    """A clock that stands still until it is moved; for tests and for the demo's past."""

    def __init__(self, at: datetime) -> None:
        self._at = as_utc(at)

    def now(self) -> datetime:
        return self._at

    def set(self, at: datetime) -> None:
        self._at = as_utc(at)

    def advance(self, **amount: float) -> datetime:
        """Move by `timedelta(**amount)`, backwards too, and return the new moment."""
        self._at += timedelta(**amount)
        return self._at


def as_utc(moment: datetime) -> datetime:
    """The same moment in UTC. Raises ValueError for a naive datetime: it could mean any moment."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no time zone")
    return moment.astimezone(UTC)


def local(moment: datetime, zone: str) -> datetime:
    """The moment on the wall clock of an IANA zone such as America/New_York."""
    return as_utc(moment).astimezone(ZoneInfo(zone))


def iso(moment: datetime) -> str:
    """Fixed-width UTC text with microseconds: sorts as time does. The form used in the journal."""
    # strftime does not pad the years before 1000 everywhere; isoformat does.
    return as_utc(moment).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def from_iso(text: str) -> datetime:
    """Read ISO 8601 text with a zone. Raises ValueError if it has none or is no time."""
    return as_utc(datetime.fromisoformat(text))
