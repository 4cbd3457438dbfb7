"""Whether somebody can be called in now, and why not: from shifts, leave and the hospital's hour rules.

Hours are elapsed time in UTC, so that a night in which the clock is changed is as long as it was. Nothing here is
guessed: of whom no shift is known, it says that it does not know.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.core.clock import local

WEEK = timedelta(days=7)
PAUSE = timedelta(hours=1)
"""Two shifts with no longer a gap between them are one stretch of work."""


@dataclass(frozen=True)
class Stint:
    """Work, or a time on call. `place` is where, or what somebody is on call for."""

    starts_at: datetime
    ends_at: datetime
    place: str = ""
    on_call: bool = False


@dataclass(frozen=True)
class Away:
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Rules:
    """The longest work in any seven days, the longest on end, the least rest between shifts, and how long
    somebody who is called in is expected to work. `source` names whose figures they are."""

    week: timedelta
    stretch: timedelta
    rest: timedelta
    call_in: timedelta
    source: str = ""


class State(StrEnum):
    ON_LEAVE = "on_leave"
    ON_DUTY = "on_duty"
    ON_CALL = "on_call"
    RESTING = "resting"
    OFF = "off"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Availability:
    """How somebody stands at a moment.

    until    when the state ends; None for off and unknown.
    worked   in the seven days before.
    stretch  worked on end up to now, when on duty.
    next_at  when the next shift begins that is known.
    """

    state: State
    until: datetime | None = None
    place: str = ""
    worked: timedelta = timedelta()
    stretch: timedelta = timedelta()
    next_at: datetime | None = None


def availability(
    stints: Iterable[Stint], away: Iterable[Away], rules: Rules, now: datetime, *, known: bool = True
) -> Availability:
    """The state at `now`. `known`: shifts of this person are recorded around now, so that none means off.

    Leave goes before all else. Whoever is on call has been put there by the hospital: the least rest between
    shifts does not stand against it; the hours in seven days and on end do, see `over_hours`.
    """
    every = sorted(stints, key=lambda each: (each.starts_at, each.ends_at))
    work = [each for each in every if not each.on_call]
    spans = joined([(each.starts_at, each.ends_at) for each in work])
    worked = within(spans, now - WEEK, now)
    running = next((span for span in spans if span[0] <= now < span[1]), None)
    stretch = _on_end(spans, now) if running else timedelta()
    next_at = min((each.starts_at for each in work if each.starts_at > now), default=None)

    def stands(state: State, until: datetime | None = None, place: str = "") -> Availability:
        return Availability(state, until, place, worked, stretch, next_at)

    if (leave_ends := _leave_ends(away, now)) is not None:
        return stands(State.ON_LEAVE, leave_ends)
    if running is not None:
        return stands(State.ON_DUTY, running[1], _place(work, now))
    calls = [each for each in every if each.on_call and each.starts_at <= now < each.ends_at]
    if calls:
        return stands(State.ON_CALL, max(each.ends_at for each in calls), calls[-1].place)
    rested_at = max((ends + rules.rest for _, ends in spans if ends <= now), default=None)
    if rested_at is not None and rested_at > now:
        return stands(State.RESTING, rested_at)
    return stands(State.OFF if known else State.UNKNOWN)


def over_hours(found: Availability, rules: Rules) -> str | None:
    """Why the hours forbid more work; None when they do not. Only what has been worked counts: a shift that is
    planned can be moved."""
    if found.state is State.ON_DUTY:
        if found.worked >= rules.week:
            return f"{hours(found.worked)} h worked in 7 days; the most is {hours(rules.week)} h"
        if found.stretch >= rules.stretch:
            return f"{hours(found.stretch)} h on end; the most is {hours(rules.stretch)} h"
        return None
    if found.worked + rules.call_in > rules.week:
        shift, most = hours(rules.call_in), hours(rules.week)
        return f"{hours(found.worked)} h worked in 7 days, and a {shift} h shift would pass {most} h"
    return None


def described(found: Availability, now: datetime, zone: str) -> str:
    """The state in words: on duty until 07:00 in 4 West."""
    until = when(found.until, now, zone) if found.until else "further notice"
    place = found.place[:60]
    if found.state is State.ON_DUTY:
        return f"on duty until {until}{f' in {place}' if place else ''}"
    if found.state is State.ON_CALL:
        return f"on call{f' for {place}' if place else ''} until {until}"
    if found.state is State.ON_LEAVE:
        return f"on leave until {until}"
    if found.state is State.RESTING:
        return f"rests until {until}"
    return "off duty" if found.state is State.OFF else "availability unknown"


def when(moment: datetime, now: datetime, zone: str) -> str:
    """07:00 within a day, Friday 07:00 within a week, else 4 Dec 07:00; on the wall clock of `zone`."""
    there = local(moment, zone)
    ahead = abs(moment - now)
    if ahead < timedelta(hours=20):
        return f"{there:%H:%M}"
    if ahead < timedelta(days=6):
        return f"{there:%A %H:%M}"
    return f"{there.day} {there:%b %H:%M}"


def hours(length: timedelta) -> str:
    """31, or 31.5; whole and tenths, never rounded up to a limit that is not reached."""
    tenths = length // timedelta(minutes=6)
    return f"{tenths // 10}.{tenths % 10}" if tenths % 10 else str(tenths // 10)


def joined(spans: Iterable[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """The same time without overlaps, in order; spans that touch become one."""
    found: list[tuple[datetime, datetime]] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def within(spans: Iterable[tuple[datetime, datetime]], start: datetime, end: datetime) -> timedelta:
    """How much of `spans`, which do not overlap, lies between two moments."""
    return sum(
        (min(b, end) - max(a, start) for a, b in spans if a < end and b > start),
        timedelta(),
    )


def _on_end(spans: Sequence[tuple[datetime, datetime]], now: datetime) -> timedelta:
    """Work up to now without a longer break than PAUSE."""
    total, begins = timedelta(), None
    for start, end in reversed([span for span in spans if span[0] <= now]):
        if begins is not None and begins - end > PAUSE:
            break
        total += min(end, now) - start
        begins = start
    return total


def _leave_ends(away: Iterable[Away], now: datetime) -> datetime | None:
    """When the leave ends that runs now, with those that follow on without a gap."""
    spans = joined([(each.starts_at, each.ends_at) for each in away])
    return next((end for start, end in spans if start <= now < end), None)


def _place(work: Sequence[Stint], now: datetime) -> str:
    """Where the latest begun of the running shifts is."""
    return next((each.place for each in reversed(work) if each.starts_at <= now < each.ends_at), "")
