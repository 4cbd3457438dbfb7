"""Small drawings of capacity, as numbers for a template: a line over fourteen days, and a bar of beds.

Each comes with the words that say the same to somebody who does not see it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from math import ceil, floor

from app.surge.definitions import amount, with_unit

WIDTH, TOP, LEFT, RIGHT, BOTTOM = 400, 16, 34, 44, 16
APART = 11
"""Labels of limits stand so far apart at least, or they cannot be read."""


@dataclass(frozen=True)
class Limit:
    """A line to compare with, `label` at its end; `text_y` is where the label has room."""

    y: float
    text_y: float
    label: str


@dataclass(frozen=True)
class Flag:
    """When a level was set; `label` is short."""

    x: float
    label: str


@dataclass(frozen=True)
class Spark:
    """`runs`: polylines, one for each stretch without a gap; `dots`: marks that stand alone."""

    width: int
    height: int
    runs: tuple[str, ...]
    dots: tuple[tuple[float, float], ...]
    limits: tuple[Limit, ...]
    flags: tuple[Flag, ...]
    last: tuple[float, float] | None
    high: str
    low: str
    first_day: str
    words: str
    left: int = LEFT
    right: int = WIDTH - RIGHT
    top: int = TOP
    known: bool = True


@dataclass(frozen=True)
class Piece:
    """`kind` is occupied, available, blocked, unstaffed or unknown."""

    kind: str
    x: float
    width: float
    beds: int


@dataclass(frozen=True)
class Bar:
    """Beds side by side, 0 to 100. `staffed` is where the beds with staff end."""

    pieces: tuple[Piece, ...]
    staffed: float | None
    words: str


def spark(
    points: Sequence[float | None],
    begins: datetime,
    step: timedelta,
    *,
    name: str,
    zone: tzinfo,
    unit: str = "",
    limits: Iterable[tuple[float, str]] = (),
    flags: Iterable[tuple[datetime, str]] = (),
    height: int = 84,
) -> Spark:
    lines, marks = sorted(set(limits)), list(flags)
    known = [point for point in points if point is not None]
    low, high = _range([*known, *(value for value, _ in lines)])
    base = height - BOTTOM

    def x(place: float) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * place / max(1, len(points) - 1), 1)

    def y(value: float) -> float:
        return round(base - (base - TOP) * (value - low) / (high - low), 1)

    runs, dots = _runs([(x(i), None if p is None else y(p)) for i, p in enumerate(points)])
    ends = begins + step * (len(points) - 1)
    placed = tuple(Flag(x((at - begins) / step), label) for at, label in marks if begins <= at <= ends + step)
    final = points[-1] if points else None
    return Spark(
        WIDTH,
        height,
        runs,
        dots,
        tuple(_limits(lines, y, base)),
        tuple(Flag(min(each.x, WIDTH - RIGHT), each.label) for each in placed),
        None if final is None else (x(len(points) - 1), y(final)),
        amount(high),
        amount(low),
        _day(begins, zone),
        _words(points, name, unit, lines, [(at, label) for at, label in marks if begins <= at], zone),
        known=len(known) > 0,
    )


def bar(*, occupied: int, available: int, blocked: int, unstaffed: int, staffed: int, unknown: int) -> Bar:
    """`unknown`: beds of units that nobody has counted. More patients than staffed beds stand past the mark."""
    beds = (
        ("occupied", occupied),
        ("available", available),
        ("blocked", blocked),
        ("unstaffed", unstaffed),
        ("unknown", unknown),
    )
    total = sum(count for _, count in beds)
    pieces, place = [], 0
    for kind, count in beds:
        if count > 0:
            start, end = (round(100 * each / total, 2) for each in (place, place + count))
            pieces.append(Piece(kind, start, round(end - start, 2), count))
            place += count
    said = {
        "occupied": "occupied",
        "available": "available",
        "blocked": "blocked",
        "unstaffed": "without staff",
        "unknown": "in units without a fresh count",
    }
    words = ", ".join(f"{count} {said[kind]}" for kind, count in beds if count > 0) or "no bed known"
    at = round(100 * min(staffed, total) / total, 2) if total and staffed else None
    return Bar(tuple(pieces), at, words)


def _range(values: Sequence[float]) -> tuple[float, float]:
    if not values:
        return 0.0, 1.0
    low, high = min(values), max(values)
    room = max((high - low) * 0.05, 0.5)
    size = 5 if high - low >= 10 else 1
    bottom = floor((low - room) / size) * size
    return float(max(0, bottom) if low >= 0 else bottom), float(ceil((high + room) / size) * size)


def _runs(
    points: Iterable[tuple[float, float | None]],
) -> tuple[tuple[str, ...], tuple[tuple[float, float], ...]]:
    runs: list[list[tuple[float, float]]] = [[]]
    for x, y in points:
        if y is None:
            runs.append([])
        else:
            runs[-1].append((x, y))
    lines = tuple(" ".join(f"{x},{y}" for x, y in run) for run in runs if len(run) > 1)
    return lines, tuple(run[0] for run in runs if len(run) == 1)


def _limits(lines: Sequence[tuple[float, str]], y: Callable[[float], float], base: float) -> Iterable[Limit]:
    """From the lowest up; a label that would cover the one below it moves up."""
    place = float(base) + APART
    for value, label in lines:
        at = y(value)
        place = min(at, place - APART)
        yield Limit(at, round(place + 4, 1), label)


def _day(at: datetime, zone: tzinfo) -> str:
    local = at.astimezone(zone)
    return f"{local.day} {local:%b}"


def _words(
    points: Sequence[float | None],
    name: str,
    unit: str,
    lines: Sequence[tuple[float, str]],
    flags: Sequence[tuple[datetime, str]],
    zone: tzinfo,
) -> str:
    known = [point for point in points if point is not None]
    if not known:
        return f"{name}: nobody has counted in this time"
    said = [
        f"lowest {with_unit(min(known), unit)}",
        f"highest {with_unit(max(known), unit)}",
        "not known now" if points[-1] is None else f"now {with_unit(points[-1], unit)}",
    ]
    missing = len(points) - len(known)
    if missing:
        said.append(f"no full count for {missing} of {len(points)} quarters of a day")
    said += [f"limit {label}" for _, label in lines]
    said += [f"{label} set {_day(at, zone)}" for at, label in flags]
    return f"{name}: {', '.join(said)}"
