"""When quiet tests are made: on working days between nine and six of the wall clock, a share each day. Pure.

A share a day keeps what carriers allow for what matters, and finds a broken sender the same day.
"""

from __future__ import annotations

import zlib
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

FROM, LAST, TO = time(9), time(17, 45), time(18)
"""The last test of a day is planned a little before the window closes, so that it is made in it."""

WORKING_DAYS = 5
WEEKS = (1, 52)
DAY_MOST = (1, 2000)
GRACE = timedelta(minutes=30)
"""How long after its time a test that was held up is still made; then it moves to the next working day."""


def window(day: date, zone: str) -> tuple[datetime, datetime]:
    """Nine to six of that day on the wall clock of the zone, in UTC. No zone changes its clock in between."""
    place = ZoneInfo(zone)
    begin, end = (datetime.combine(day, at, place).astimezone(UTC) for at in (FROM, TO))
    return begin, end


def works(day: date) -> bool:
    return day.weekday() < WORKING_DAYS


def local_day(moment: datetime, zone: str) -> date:
    return moment.astimezone(ZoneInfo(zone)).date()


def share(methods: int, every_weeks: int, most: int) -> int:
    """How many are tested a day so that each has its turn in so many weeks, but no more than `most`."""
    return min(most, -(-methods // (every_weeks * WORKING_DAYS)))


def spread(day: date, zone: str, count: int, seed: str, not_before: datetime) -> list[datetime]:
    """The moments of a day's share, in order, each in a stretch of its own; of a day begun, what is left of it."""
    begin, _ = window(day, zone)
    end = datetime.combine(day, LAST, ZoneInfo(zone)).astimezone(UTC)
    first = min(max(begin, not_before), end)
    left = -(-count * int((end - first).total_seconds()) // int((end - begin).total_seconds()))
    stretch = (end - first) / max(left, 1)
    return [first + stretch * (n + zlib.crc32(f"{seed}:{day}:{n}".encode()) / 2**32) for n in range(left)]


def may_run(due_at: datetime, now: datetime, zone: str) -> bool:
    """Whether a test that is due may be made now: in the window, and not long after its time."""
    day = local_day(now, zone)
    begin, end = window(day, zone)
    return works(day) and due_at <= now < end and now >= begin and now - due_at <= GRACE


def moved(due_at: datetime, now: datetime, zone: str) -> datetime:
    """The same time of the wall clock on the next working day that lies ahead."""
    at = due_at.astimezone(ZoneInfo(zone)).time()
    at = min(max(at, FROM), LAST)
    day = local_day(now, zone)
    while True:
        moment = datetime.combine(day, at, ZoneInfo(zone)).astimezone(UTC)
        if works(day) and moment > now:
            return moment
        day += timedelta(days=1)


def is_due(last: datetime | None, every_weeks: int, now: datetime) -> bool:
    """Whether a method's turn has come. A few hours early is well: the same time of day would drift later."""
    return last is None or now - last >= timedelta(weeks=every_weeks) - timedelta(hours=12)
