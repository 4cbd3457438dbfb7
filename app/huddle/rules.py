"""What the day will bring: how many beds are left at set hours, and who is short of nurses. Pure.

Whoever is said to leave or come by midnight is taken to do so evenly from when it was said until then: a line to
plan along, not a forecast. What leaves is rounded down and what comes up, so that no bed is promised twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.core.clock import as_utc

HOURS = ((14, "14:00"), (19, "19:00"), (24, "midnight"))
SECOND = timedelta(seconds=1)
JUST_NOW = timedelta(minutes=2)
"""So long after a huddle was held, holding it again is somebody pressing the same button."""


@dataclass(frozen=True)
class Said:
    """Patients who will have left, or come, by midnight, counted from `at` on."""

    value: int
    at: datetime


def midnight(day: date, zone: str) -> datetime:
    """The end of a day on the hospital's clock."""
    return as_utc(datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone)))


def moments(now: datetime, zone: str) -> list[tuple[str, datetime]]:
    """The hours of the hospital's day that are still to come."""
    day = now.astimezone(ZoneInfo(zone)).date()
    found = [
        (
            label,
            midnight(day, zone) if hour == 24 else as_utc(datetime.combine(day, time(hour), ZoneInfo(zone))),
        )
        for hour, label in HOURS
    ]
    return [(label, at) for label, at in found if at > now]


def is_today(at: datetime, now: datetime, zone: str) -> bool:
    """Whether something was said on the hospital's present day: what was said of yesterday is no word on today."""
    return at.astimezone(ZoneInfo(zone)).date() == now.astimezone(ZoneInfo(zone)).date()


def net(
    free: int | None, out: Said | None, into: Said | None, now: datetime, at: datetime, ends: datetime
) -> int | None:
    """Beds free at `at`, below 0 when so many patients will have none; None when any part is not known.

    `free` is how many there are now, below 0 when there are too few.
    """
    if free is None or out is None or into is None or not now <= at <= ends:
        return None
    leaving = _part(out.value, out.at, now, at, ends)
    coming = -_part(-into.value, into.at, now, at, ends)
    return free + leaving - coming


def _part(value: int, since: datetime, now: datetime, at: datetime, ends: datetime) -> int:
    """Of `value` from `since` until `ends`, those between `now` and `at`; rounded down, also below 0."""
    whole, wanted = (ends - since) // SECOND, (at - now) // SECOND
    return value * wanted // whole if whole > 0 else 0


def short_of(needed: int | None, there: int | None) -> int | None:
    """Nurses missing; 0 when there are enough, None when either is not known."""
    if needed is None or there is None:
        return None
    return max(0, needed - there)
