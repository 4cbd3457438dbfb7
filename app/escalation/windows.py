"""Hours of the day in which a step may be done, on the wall clock of the hospital. Pure.

A window that ends before it begins runs over midnight. When the clock goes forward over its beginning it opens
with the first minute that exists; when an hour comes twice, it is open both times.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.core.errors import Invalid

DAY = 24 * 60
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Window:
    """Minutes of the day: `begins` is in it, `ends` is not."""

    begins: int
    ends: int

    def is_open(self, at: datetime, zone: str) -> bool:
        shown = at.astimezone(ZoneInfo(zone))
        minute = shown.hour * 60 + shown.minute
        if self.begins < self.ends:
            return self.begins <= minute < self.ends
        return minute >= self.begins or minute < self.ends

    def opens(self, at: datetime, zone: str) -> datetime:
        """`at` itself if it is in the window, else the first moment after it that is."""
        if self.is_open(at, zone):
            return at
        found = [
            opening
            for day in range(-1, 4)
            for opening in self._openings(at, zone, day)
            if opening > at and self.is_open(opening, zone)
        ]
        return min(found)

    def words(self) -> str:
        return f"{clock(self.begins)} to {clock(self.ends)}"

    def _openings(self, at: datetime, zone: str, day: int) -> list[datetime]:
        """When the window begins on a day of the wall clock: twice on a day that has the minute twice."""
        date = at.astimezone(ZoneInfo(zone)).date() + timedelta(days=day)
        begins = datetime.combine(date, time(*divmod(self.begins, 60)), ZoneInfo(zone))
        first, second = begins.astimezone(UTC), begins.replace(fold=1).astimezone(UTC)
        if second >= first:
            return [first, second]
        # The minute does not exist that day: it opens with the first that does, if the window lasts so long.
        skipped = (second + n * MINUTE for n in range(int((first - second) / MINUTE) + 1))
        return [moment for moment in skipped if self.is_open(moment, zone)][:1]


def clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def minute_of(field: str, text: str) -> int:
    """07:30 as minutes of the day. Raises Invalid naming the field."""
    hours, colon, minutes = text.strip().partition(":")
    plain = colon and hours.isdecimal() and minutes.isdecimal() and len(minutes) == 2 and len(hours) <= 2
    if not plain or int(hours) > 23 or int(minutes) > 59:
        raise Invalid.field(field, "must be a time of day such as 07:30")
    return int(hours) * 60 + int(minutes)
