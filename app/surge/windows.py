"""What a rule looks at: the value now, its mean, its change, or where it is heading.

A reading speaks for the time since the one before it, so that a mean of seven daily numbers is their mean, and hours
that were counted often weigh no more than others. The result changes only when a reading comes in or goes stale.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

NOW, MEAN, CHANGE, PROJECTED = "now", "mean", "change", "projected"
KINDS = (NOW, MEAN, CHANGE, PROJECTED)
LEAST_COVERED = 0.7
"""Share of a window that readings must cover: five days of seven will do, four will not."""
LEAST_POINTS = 3
MOST_POINTS = 256
DIGITS = 9
"""Rounding that keeps a mean of equal numbers equal to them."""


class Bounds(NamedTuple):
    """Where a value surely lies: known when both are the same; None is no bound."""

    low: float | None
    high: float | None

    @property
    def known(self) -> bool:
        return self.low is not None and self.low == self.high


UNKNOWN = Bounds(None, None)


class Point(NamedTuple):
    """What a window remembers: the last value of a stretch, its mean, and for how many seconds it speaks. `at` is in
    seconds since 1970: windows count a lot.

    `last` None: from here on nothing was known. `seconds` None: the first of all, which speaks as long as the next.
    """

    at: float
    last: float | None
    mean: float = 0.0
    seconds: float | None = 0.0


Memory = tuple[Point, ...]


class Window:
    """Takes readings in order of time and says what the rule compares with its threshold."""

    def __init__(self, kind: str, minutes: int, horizon: int, memory: Memory = ()) -> None:
        self.kind = kind
        self._length = minutes * 60.0
        self._horizon = horizon * 60.0
        self._points = list(memory)
        self._look = {MEAN: self._mean, CHANGE: self._change, PROJECTED: self._projected}.get(kind)

    @property
    def memory(self) -> Memory:
        return tuple(self._points)

    def take(self, moment: datetime, bounds: Bounds) -> Bounds:
        if self._look is None:
            return bounds
        at = moment.timestamp()
        low, high = bounds
        value = low if low == high else None
        self._remember(at, value)
        if value is None:
            return UNKNOWN
        found = self._look(at, value)
        return UNKNOWN if found is None else Bounds(found, found)

    def _remember(self, at: float, value: float | None) -> None:
        points = self._points
        if points and points[-1].at >= at:
            points.pop()  # the same moment again: the newer word counts
        if value is None:
            if len(points) > 1 and points[-1].last is None and points[-2].last is None:
                points.pop()  # the first and the newest word that nothing is known are enough
            if points:
                points.append(Point(at, None))
        elif not points:
            points.append(Point(at, value, value, None))
        else:
            self._append(at, value)
        begins = at - self._length
        while len(points) > 1 and points[1].at <= begins:
            del points[0]

    def _append(self, at: float, value: float) -> None:
        points = self._points
        before = points[-1]
        gap = at - before.at
        if before.seconds is None:
            points[-1] = before = Point(before.at, before.last, before.mean, gap)
        fine = self._length / MOST_POINTS
        if gap >= fine or before.last is None or len(points) < 2 or before.at // fine != at // fine:
            points.append(Point(at, value, value, gap))
            return
        weight = before.seconds or 0.0
        mean = (before.mean * weight + value * gap) / (weight + gap)
        points[-1] = Point(at, value, mean, weight + gap)

    def _mean(self, at: float, _value: float) -> float | None:
        begins = at - self._length
        total = covered = 0.0
        for when, last, mean, seconds in self._points:
            if last is not None and when > begins and seconds:
                weight = min(seconds, when - begins)
                covered += weight
                total += mean * weight
        if covered < LEAST_COVERED * self._length:
            return None
        return round(total / covered, DIGITS)

    def _change(self, at: float, value: float) -> float | None:
        first = self._points[0]
        if first.at > at - self._length or first.last is None:
            return None
        return round(value - first.last, DIGITS)

    def _projected(self, at: float, value: float) -> float | None:
        """The value at the horizon, if it goes on as the straight line that fits the window best."""
        begins = at - self._length
        points = [(p.at - at, p.last) for p in self._points if p.last is not None and p.at >= begins]
        if len(points) < LEAST_POINTS or -points[0][0] < self._length * LEAST_COVERED:
            return None
        middle = sum(x for x, _ in points) / len(points)
        level = sum(y for _, y in points) / len(points)
        spread = joint = 0.0
        for x, y in points:
            spread += (x - middle) * (x - middle)
            joint += (x - middle) * (y - level)
        return round(value + joint / spread * self._horizon, DIGITS)
