"""What a scheme says about values: points, their sum, and the level it falls into. Pure.

What is missing counts neither as nothing nor as the worst: the sum then lies between two numbers, and so may the level.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from app.surge.schemes.scheme import Band, Parameter, Scheme


@dataclass(frozen=True)
class Seen:
    """The value of a parameter; `fresh` False: too old to be believed."""

    value: float
    fresh: bool
    at: datetime | None = None
    source: str = ""


@dataclass(frozen=True)
class Line:
    """`points` of the last value, also of an old one; None when there is no value."""

    parameter: Parameter
    seen: Seen | None
    points: int | None

    @property
    def certain(self) -> bool:
        return self.seen is not None and self.seen.fresh


@dataclass(frozen=True)
class Assessment:
    """`least` is what is surely there, `most` what it can be at most; `level` and `highest` are their bands."""

    lines: tuple[Line, ...]
    least: int
    most: int
    level: Band | None
    highest: Band | None

    @property
    def provisional(self) -> bool:
        return any(not each.certain for each in self.lines)

    @property
    def missing(self) -> list[str]:
        return [each.parameter.label for each in self.lines if each.seen is None]

    @property
    def stale(self) -> list[str]:
        return [each.parameter.label for each in self.lines if each.seen is not None and not each.seen.fresh]

    @property
    def known(self) -> bool:
        """Whether anything at all is."""
        return any(each.certain for each in self.lines)


def assess(scheme: Scheme, values: Mapping[str, Seen]) -> Assessment:
    """`values` by the slug of the parameter."""
    lines, least, most = [], 0, 0
    for parameter in scheme.parameters:
        seen = values.get(parameter.slug)
        points = None if seen is None else parameter.points_of(seen.value)
        line = Line(parameter, seen, points)
        lines.append(line)
        least += points if line.certain and points is not None else 0
        most += points if line.certain and points is not None else parameter.most
    if scheme.empty:
        return Assessment(tuple(lines), least, most, None, None)
    return Assessment(tuple(lines), least, most, band_of(scheme, least), band_of(scheme, most))


def band_of(scheme: Scheme, points: int) -> Band:
    """The last level that begins at or under the sum."""
    return [band for band in scheme.bands if band.from_points <= points][-1]
