"""Where things stand in a chart of a series with its limits and firings: numbers for the template that draws it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from app.surge.definitions import amount
from app.surge.trial import Episode, Line

WIDTH, HEIGHT, LEFT, BOTTOM = 720, 200, 60, 22
MOST_COLUMNS = 330
TICKS = 6


@dataclass(frozen=True)
class Mark:
    """A place on an axis and what stands there."""

    place: float
    text: str


@dataclass(frozen=True)
class Band:
    x: float
    width: float


@dataclass(frozen=True)
class Chart:
    """`runs`: polylines, one for each stretch without a gap. `bands`: while it had fired; one row for each rule set."""

    width: int
    height: int
    runs: tuple[str, ...]
    limits: tuple[float, ...]
    rows: tuple[tuple[Band, ...], ...]
    days: tuple[Mark, ...]
    values: tuple[Mark, ...]
    left: int = LEFT
    base: int = HEIGHT - BOTTOM


def chart(
    line: Line,
    rows: Sequence[Iterable[Episode]],
    limits: Sequence[float],
    begins: datetime,
    ends: datetime,
    zone: tzinfo,
) -> Chart:
    known = [value for _, value in line if value is not None] + list(limits)
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    low, high = _round_range(low, high)
    span = max((ends - begins).total_seconds(), 1.0)

    def x(at: datetime) -> float:
        share = (at - begins).total_seconds() / span
        return round(LEFT + (WIDTH - LEFT) * min(1.0, max(0.0, share)), 1)

    def y(value: float) -> float:
        share = (value - low) / (high - low)
        return round((HEIGHT - BOTTOM) - (HEIGHT - BOTTOM - 6) * min(1.0, max(0.0, share)), 1)

    def band(each: Episode) -> Band:
        start = x(each.fired_at)
        return Band(start, max(1.5, round(x(each.cleared_at or ends) - start, 1)))

    return Chart(
        WIDTH,
        HEIGHT,
        tuple(_runs([(x(at), None if value is None else y(value)) for at, value in thinned(line)], x(ends))),
        tuple(y(limit) for limit in limits),
        tuple(tuple(band(each) for each in row) for row in rows),
        tuple(_days(begins, ends, zone, x)),
        tuple(Mark(y(value), amount(round(value, 1))) for value in (low, (low + high) / 2, high)),
    )


def thinned(line: Line) -> Line:
    """At most a few points for each column of the picture: the lowest and the highest of each stretch stay."""
    size = -(-len(line) // MOST_COLUMNS)
    if size <= 2:
        return line
    found: list[tuple[datetime, float | None]] = []
    for start in range(0, len(line), size):
        part = line[start : start + size]
        known = [(value, at) for at, value in part if value is not None]
        if not known:
            found.append((part[0][0], None))
            continue
        ends = {min(known), max(known)}
        found += sorted((at, value) for value, at in ends)
    return tuple(found)


def _runs(points: Sequence[tuple[float, float | None]], end: float) -> Iterable[str]:
    """Each value holds until the next."""
    run: list[str] = []
    last: float | None = None
    for x, y in [*points, (end, None)]:
        if last is not None:
            run.append(f"{x},{last}")
        if y is None:
            if len(run) > 1:
                yield " ".join(run)
            run = []
        else:
            run.append(f"{x},{y}")
        last = y


def _round_range(low: float, high: float) -> tuple[float, float]:
    """A little room, from whole numbers to whole numbers."""
    room = max((high - low) * 0.08, 0.5)
    bottom = 0.0 if 0 <= low < high * 0.3 else float(int(low - room) - (low < room))
    return bottom, float(int(high + room) + 1)


def _days(begins: datetime, ends: datetime, zone: tzinfo, x: Callable[[datetime], float]) -> Iterable[Mark]:
    """A few dates along the bottom, at local midnight."""
    days = max(1, (ends - begins).days)
    step = max(1, round(days / TICKS))
    first = (begins.astimezone(zone) + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    far = days > 300
    for number in range(0, days, step):
        at = first + timedelta(days=number)
        if at < ends:
            yield Mark(x(at), f"{at:%b %Y}" if far else f"{at.day} {at:%b}")
