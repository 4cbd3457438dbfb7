"""How many will be here by when, against how many are needed. Values only; a template draws them as SVG."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

LEAST = timedelta(minutes=30)
"""The shortest time that the axis shows: a curve of two minutes would frighten nobody and tell nothing."""

_EVERY = tuple(timedelta(minutes=m) for m in (10, 15, 30, 60, 120, 240, 480, 720, 1440))
MOST_TICKS = 5

LEFT, RIGHT, TOP, BOTTOM = 30.0, 350.0, 12.0, 132.0
"""Where the plot lies in a drawing of 360 by 160."""


@dataclass(frozen=True)
class Curve:
    """`steps`: at each of these moments so many people in all are here, as they promised."""

    start: datetime
    end: datetime
    steps: tuple[tuple[datetime, int], ...]
    need: int
    deadline: datetime | None

    @property
    def total(self) -> int:
        return self.steps[-1][1] if self.steps else 0

    @property
    def top(self) -> int:
        return max(self.need, self.total, 1)

    def by(self, moment: datetime) -> int:
        """How many are here at a moment."""
        return max((number for at, number in self.steps if at <= moment), default=0)

    @property
    def in_time(self) -> int:
        """How many are here by the deadline; with none, all who come."""
        return self.total if self.deadline is None else self.by(self.deadline)

    @property
    def enough_at(self) -> datetime | None:
        """When as many are here as are needed; None when those on the way are too few."""
        return next((at for at, number in self.steps if number >= self.need), None)


@dataclass(frozen=True)
class Drawn:
    """The same in the units of the drawing. `ticks` are times along the bottom with their place."""

    line: str
    need_y: float
    deadline_x: float | None
    now_x: float | None
    ticks: tuple[tuple[float, datetime], ...]


def curve(
    start: datetime, arrivals: Iterable[datetime], need: int, deadline: datetime | None = None
) -> Curve:
    """`arrivals` are the latest moments that people promised, in any order."""
    counted = 0
    steps: list[tuple[datetime, int]] = []
    for at, group in groupby(sorted(arrivals)):
        counted += len(list(group))
        steps.append((at, counted))
    ends = [start + LEAST, *(at for at, _ in steps[-1:]), *([deadline] if deadline else [])]
    return Curve(start, max(ends), tuple(steps), need, deadline)


def drawn(one: Curve, now: datetime | None = None) -> Drawn:
    """`now` draws a line at this moment, and makes room for it."""
    end = max(one.end, now) if now is not None else one.end
    span = end - one.start

    def x(at: datetime) -> float:
        share = min(max((at - one.start) / span, 0.0), 1.0)
        return round(LEFT + share * (RIGHT - LEFT), 1)

    def y(number: int) -> float:
        return round(BOTTOM - number / one.top * (BOTTOM - TOP), 1)

    points = [(LEFT, y(0))]
    for at, number in one.steps:
        points += [(x(at), points[-1][1]), (x(at), y(number))]
    points.append((RIGHT, points[-1][1]))
    return Drawn(
        line=" ".join(f"{px},{py}" for px, py in points),
        need_y=y(one.need),
        deadline_x=x(one.deadline) if one.deadline else None,
        now_x=x(now) if now is not None else None,
        ticks=tuple((x(at), at) for at in _ticks(one.start, end)),
    )


def _ticks(start: datetime, end: datetime) -> list[datetime]:
    """At most five round times after the start."""
    every = next((step for step in _EVERY if (end - start) / step <= MOST_TICKS), _EVERY[-1])
    first = start.replace(minute=0, second=0, microsecond=0)
    count = int((end - first) / every)
    stride = count // MOST_TICKS + 1 if every is _EVERY[-1] else 1
    times = [first + every * n for n in range(1, count + 1, stride)]
    return [at for at in times if at > start]


def table(one: Curve, most: int = 12) -> list[tuple[datetime, int]]:
    """The curve as rows; of more steps than `most`, evenly chosen ones with the last among them."""
    if len(one.steps) <= most:
        return list(one.steps)
    last = len(one.steps) - 1
    return [one.steps[round(n * last / (most - 1))] for n in range(most)]
