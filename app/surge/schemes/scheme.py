"""A scheme as data: what it has, what can be wrong with it, and how a TOML file of it is read. Pure.

No value of any published framework stands in here: whoever answers for a scheme fills it in from its source.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from itertools import pairwise
from math import isfinite
from pathlib import Path
from typing import Any

import msgspec

from app.surge.measures import MEASURES, suits

UP, DOWN = "up", "down"
DIRECTIONS = {UP: "the higher, the worse", DOWN: "the lower, the worse"}
MOST_PARAMETERS, MOST_BANDS, MOST_CUTS, MOST_POINTS = 40, 10, 20, 1000
LARGEST = 1_000_000.0
TEMPLATE = Path(__file__).parents[1] / "data" / "opel_template.toml"


@dataclass(frozen=True)
class Parameter:
    """`cut_points` go the way it gets worse, each with its `points`; before the first there are none. `measure` of
    the units of a class `place`; without one, its value is typed in and good for `max_age` minutes.
    """

    slug: str
    label: str
    direction: str
    cut_points: tuple[float, ...]
    points: tuple[int, ...]
    unit: str = ""
    measure: str = ""
    place: str = ""
    max_age: int = 24 * 60

    def points_of(self, value: float) -> int:
        reached = 0
        for cut, points in zip(self.cut_points, self.points, strict=True):
            if value >= cut if self.direction == UP else value <= cut:
                reached = points
        return reached

    @property
    def most(self) -> int:
        return max(self.points, default=0)


@dataclass(frozen=True)
class Action:
    """What an organisation of a type does at a level."""

    organisation: str
    text: str


@dataclass(frozen=True)
class Band:
    """The level of a sum of points from `from_points` to `to_points`; None: without an end."""

    level: int
    label: str
    from_points: int
    to_points: int | None = None
    actions: tuple[Action, ...] = ()


@dataclass(frozen=True)
class Scheme:
    """`version` is the framework's own; dates are ISO, or empty where nobody has said."""

    title: str
    framework: str = ""
    version: str = ""
    source: str = ""
    effective_from: str = ""
    effective_to: str = ""
    reviewed: str = ""
    reviewer: str = ""
    parameters: tuple[Parameter, ...] = field(default=())
    bands: tuple[Band, ...] = field(default=())

    @property
    def empty(self) -> bool:
        """There is nothing that could be added up."""
        return not self.parameters or not self.bands

    @property
    def most(self) -> int:
        return sum(each.most for each in self.parameters)


class Unreadable(ValueError):
    """A file is no scheme. The message says where and why."""


def write(scheme: Scheme) -> str:
    return msgspec.json.encode(scheme).decode()


@lru_cache(maxsize=256)
def read(text: str) -> Scheme:
    return msgspec.json.decode(text, type=Scheme)


def template() -> Scheme:
    return from_toml(TEMPLATE.read_bytes())


def errors_of(scheme: Scheme) -> dict[str, str]:
    """What is wrong, by field: `parameters.0.points`, `bands.1.from_points`. Counting starts at 0."""
    errors: dict[str, str] = {}
    if not 1 <= len(scheme.title.strip()) <= 200:
        errors["title"] = "must have 1 to 200 characters"
    for name in ("framework", "version", "source", "reviewer"):
        if len(getattr(scheme, name)) > 500:
            errors[name] = "must have at most 500 characters"
    dates = {name: _date(scheme, name, errors) for name in ("effective_from", "effective_to", "reviewed")}
    if dates["effective_from"] and dates["effective_to"] and dates["effective_to"] < dates["effective_from"]:
        errors["effective_to"] = "must not lie before the day from which it is in force"
    if len(scheme.parameters) > MOST_PARAMETERS:
        errors["parameters"] = f"must be at most {MOST_PARAMETERS}"
    slugs = [each.slug for each in scheme.parameters]
    for number, each in enumerate(scheme.parameters):
        for name, why in _parameter_errors(each).items():
            errors[f"parameters.{number}.{name}"] = why
        if slugs.count(each.slug) > 1:
            errors[f"parameters.{number}.label"] = "stands twice; parameters must differ by name"
    return errors | _band_errors(scheme)


def _parameter_errors(parameter: Parameter) -> dict[str, str]:
    errors: dict[str, str] = {}
    cuts, points = parameter.cut_points, parameter.points
    if not 1 <= len(parameter.label.strip()) <= 200 or not parameter.slug:
        errors["label"] = "must have 1 to 200 characters, some of them letters"
    if parameter.direction not in DIRECTIONS:
        errors["direction"] = f"must be {UP} or {DOWN}"
    if not 1 <= len(cuts) <= MOST_CUTS or not all(isfinite(c) and abs(c) <= LARGEST for c in cuts):
        errors["cut_points"] = f"must be 1 to {MOST_CUTS} numbers"
    elif not all(a < b if parameter.direction == UP else a > b for a, b in pairwise(cuts)):
        way = "rise" if parameter.direction == UP else "fall"
        errors["cut_points"] = f"must {way} from one to the next, the way it gets worse"
    if len(points) != len(cuts):
        errors["points"] = f"must be as many as cut-points: {len(cuts)}, not {len(points)}"
    elif not all(0 <= each <= MOST_POINTS for each in points):
        errors["points"] = f"must be whole numbers from 0 to {MOST_POINTS}"
    elif not all(a < b for a, b in pairwise(points)):
        errors["points"] = "must rise with every cut-point: worse never counts less"
    if parameter.measure:
        measure = MEASURES.get(parameter.measure)
        if measure is None:
            errors["measure"] = f"must be one of {', '.join(MEASURES)}, or empty"
        elif not suits(measure, parameter.place):
            errors["measure"] = f"{measure.label} is not counted in {parameter.place or 'no place'}"
    if not 1 <= parameter.max_age <= 60 * 24 * 60:
        errors["max_age"] = "must be 1 minute to 60 days"
    return errors


def _band_errors(scheme: Scheme) -> dict[str, str]:
    errors: dict[str, str] = {}
    bands = scheme.bands
    if len(bands) > MOST_BANDS:
        errors["bands"] = f"must be at most {MOST_BANDS}"
    for number, band in enumerate(bands):
        if not 1 <= len(band.label.strip()) <= 200:
            errors[f"bands.{number}.label"] = "must have 1 to 200 characters"
        if number == 0 and band.from_points != 0:
            errors["bands.0.from_points"] = "must be 0: without points the lowest level holds"
        if band.to_points is not None and band.to_points < band.from_points:
            errors[f"bands.{number}.to_points"] = "must not be less than where it begins"
        if any(len(each.text) > 2000 or not each.text.strip() for each in band.actions):
            errors[f"bands.{number}.actions"] = "each must have 1 to 2000 characters"
    for number, (before, band) in enumerate(pairwise(bands), start=1):
        if band.level != before.level + 1:
            errors[f"bands.{number}.level"] = f"must be {before.level + 1}: levels follow each other"
        if before.to_points is None:
            errors[f"bands.{number - 1}.to_points"] = "must be given: only the last level has no end"
        elif band.from_points != before.to_points + 1:
            why = f"must be {before.to_points + 1}: sums may neither be left out nor fall into two levels"
            errors[f"bands.{number}.from_points"] = why
    last = len(bands) - 1
    if bands and scheme.parameters and bands[-1].from_points > scheme.most:
        why = f"is never reached: all parameters together give {scheme.most} at most"
        errors.setdefault(f"bands.{last}.from_points", why)
    if bands and bands[-1].to_points is not None and bands[-1].to_points < scheme.most:
        errors[f"bands.{last}.to_points"] = f"must be empty, or at least {scheme.most}, the most there can be"
    return errors


def _date(scheme: Scheme, name: str, errors: dict[str, str]) -> date | None:
    text = getattr(scheme, name)
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        errors[name] = "must be a date such as 2026-11-25, or empty"
        return None


def slug_of(label: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", label.lower()).strip("_")[:60]


def from_toml(content: bytes) -> Scheme:
    """Raises Unreadable. What the file says may still be wrong: see `errors_of`."""
    try:
        found = tomllib.loads(content.decode("utf-8-sig"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise Unreadable(f"This is no TOML text: {problem}") from problem
    for table in _tables(found, "parameters"):
        table.setdefault("slug", slug_of(str(table.get("label", ""))))
    for table in _tables(found, "bands"):
        table.setdefault("label", f"Level {table.get('level', '')}")
    _only(found, Scheme.__dataclass_fields__, "the file")
    for name, kind in (("parameters", Parameter), ("bands", Band)):
        for number, table in enumerate(_tables(found, name), start=1):
            _only(table, kind.__dataclass_fields__, f"{name}, number {number}")
    try:
        return msgspec.convert(found, Scheme)
    except msgspec.ValidationError as problem:
        raise Unreadable(f"It does not fit: {problem}") from problem


def _tables(found: Mapping[str, Any], name: str) -> Sequence[dict[str, Any]]:
    tables = found.get(name, [])
    if not isinstance(tables, list) or not all(isinstance(each, dict) for each in tables):
        raise Unreadable(f"{name}: must be a list of tables")
    return tables


def _only(table: Mapping[str, Any], known: Mapping[str, Any], where: str) -> None:
    for name in table:
        if name not in known:
            raise Unreadable(f"{name!r} in {where} is unknown; known are {', '.join(known)}")
