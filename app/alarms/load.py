"""How much the alarms of a stretch of time asked of people, in all and by role. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from statistics import median
from zoneinfo import ZoneInfo

from app.alarms.rules import (
    CRITICAL,
    LIMITS,
    QUIET_SEVERITIES,
    Alarm,
    Flood,
    Limits,
    Restless,
    floods,
    most_within,
    restless,
    standing,
)
from app.core.clock import as_utc

TOP = 10
MANAGEABLE, HIGH, TOO_MANY = "manageable", "more than people keep up with", "too many"


@dataclass(frozen=True)
class RoleLoad:
    """`answered` in `median_answer` in the middle. `unanswered`: nobody has said that they see to it, be it that it
    cleared before. `shelved` were put aside. `peak`: the most within ten minutes.
    """

    role: str
    alarms: int
    answered: int
    median_answer: timedelta | None
    shelved: int
    unanswered: int
    peak: int
    floods: int


@dataclass(frozen=True)
class Load:
    """Of the alarms raised from `begins` to `ends`, which is now if the stretch is not over. Shares are in percent, and
    None where there was nothing to divide."""

    begins: datetime
    ends: datetime
    alarms: int
    per_day: float
    busiest_day: int
    flood_share: float
    floods: tuple[Flood, ...]
    critical_share: float | None
    quiet_share: float | None
    roles: tuple[RoleLoad, ...]
    restless: tuple[Restless, ...]
    standing: tuple[Alarm, ...]

    @property
    def verdict(self) -> str:
        return judged(self.per_day)


def judged(per_day: float, limits: Limits = LIMITS) -> str:
    if per_day <= limits.manageable:
        return MANAGEABLE
    return TOO_MANY if per_day >= limits.too_many else HIGH


def week_of(day: date, zone: str) -> tuple[datetime, datetime]:
    """The week that this day is in, from Monday to Monday on the clock of a zone."""
    monday = day - timedelta(days=day.weekday())
    at = ZoneInfo(zone)
    # In UTC, so that a week in which the clock is changed has its true length.
    return (
        as_utc(datetime.combine(monday, time(), tzinfo=at)),
        as_utc(datetime.combine(monday + timedelta(days=7), time(), tzinfo=at)),
    )


def load(
    alarms: Iterable[Alarm],
    begins: datetime,
    ends: datetime,
    now: datetime,
    zone: str,
    limits: Limits = LIMITS,
) -> Load:
    """What was raised from `begins` up to `ends`, or up to `now` when that is earlier. Whatever began before and still
    stood counts only as standing."""
    known = list(alarms)
    end = min(ends, now)
    mine = sorted((a for a in known if begins <= a.raised_at < end), key=lambda a: (a.raised_at, a.id))
    length = max(end - begins, timedelta())
    # A flood over the edge of the week is cut there, so that no week has more than its own time in flood.
    found = floods(mine, end, limits)
    in_flood = sum(((each.ended_at or end) - each.began_at for each in found), timedelta())
    return Load(
        begins=begins,
        ends=end,
        alarms=len(mine),
        per_day=len(mine) / max(length / timedelta(days=1), 1.0),
        busiest_day=_busiest_day(mine, zone),
        flood_share=in_flood / length * 100 if length else 0.0,
        floods=found,
        critical_share=_share(mine, (CRITICAL,)),
        quiet_share=_share(mine, QUIET_SEVERITIES),
        roles=_roles(mine, end, limits),
        restless=restless(mine, limits)[:TOP],
        standing=standing((_as_of(a, end) for a in known if a.raised_at < end), end, limits),
    )


def _roles(alarms: Sequence[Alarm], end: datetime, limits: Limits) -> tuple[RoleLoad, ...]:
    by_role: dict[str, list[Alarm]] = {}
    for each in alarms:
        by_role.setdefault(each.role, []).append(each)
    found = [_role(role, mine, end, limits) for role, mine in by_role.items()]
    return tuple(sorted(found, key=lambda r: (-r.alarms, r.role)))


def _role(role: str, alarms: Sequence[Alarm], end: datetime, limits: Limits) -> RoleLoad:
    took = [
        (a.answered_at - a.raised_at).total_seconds()
        for a in alarms
        if a.answered_at is not None and a.answered_at < end
    ]
    return RoleLoad(
        role=role,
        alarms=len(alarms),
        answered=len(took),
        median_answer=timedelta(seconds=median(took)) if took else None,
        shelved=sum(1 for a in alarms if a.shelved_at is not None and a.shelved_at < end),
        unanswered=len(alarms) - len(took),
        peak=most_within([a.raised_at for a in alarms], limits.span),
        floods=len(floods(alarms, end, limits)),
    )


def _share(alarms: Sequence[Alarm], severities: Sequence[str]) -> float | None:
    if not alarms:
        return None
    return sum(1 for a in alarms if a.severity in severities) / len(alarms) * 100


def _busiest_day(alarms: Sequence[Alarm], zone: str) -> int:
    days: dict[date, int] = {}
    for each in alarms:
        day = each.raised_at.astimezone(ZoneInfo(zone)).date()
        days[day] = days.get(day, 0) + 1
    return max(days.values(), default=0)


def _as_of(alarm: Alarm, end: datetime) -> Alarm:
    """As it was then: what cleared later stood."""
    if alarm.cleared_at is None or alarm.cleared_at < end:
        return alarm
    return Alarm(**{**vars(alarm), "cleared_at": None})
