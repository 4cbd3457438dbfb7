"""Series for the lab from a CSV text: a time, a number or a pair to divide, and if wanted the name of a series.

Columns that are called like a reading (occupied_beds) or a measure (free_beds) are taken too, so that one file can try
rules about several things.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from app.core.clock import as_utc
from app.surge import csvfile
from app.surge.lab import series_samples, usual_gap
from app.surge.measures import MEASURES, Measure, UnitBeds
from app.surge.metrics import HIGHEST_VALUE, METRICS
from app.surge.occupancy import Known, samples
from app.surge.triggers import Sample
from app.surge.windows import UNKNOWN

MOST_ROWS = 250_000
MOST_SERIES = 200
TIMES = ("at", "date", "time", "datum", "observed_at", "timestamp")
NAMES = ("series", "name", "unit", "hospital", "state", "region")
VALUE, USED, OF = "value", "used", "of"
COLUMNS = (
    "the first line must name the columns: at, then value, or used and of, or readings such as occupied_beds; and if "
    "there are several, series"
)

Points = list[tuple[datetime, float | None]]


@dataclass
class Track:
    """One series: the number that is looked at, if the file has one, and its columns that have a known name."""

    points: Points = field(default_factory=list)
    columns: dict[str, Points] = field(default_factory=dict)

    @property
    def times(self) -> list[datetime]:
        found = {at for points in (self.points, *self.columns.values()) for at, _ in points}
        return sorted(found)


class Unreadable(ValueError):
    """The file cannot be used. The message says why, and in which line."""


def read(content: bytes, zone: str) -> dict[str, Track]:
    """Each series in order of time. A missing number is None: it is not known. Raises Unreadable."""
    try:
        text, _ = csvfile.decode(content)
        names = [name.lower() for name in csvfile.header(text)]
    except csvfile.Unreadable as problem:
        raise Unreadable(str(problem)) from problem
    at = next((name for name in TIMES if name in names), None)
    series = next((name for name in NAMES if name in names), None)
    single = VALUE in names or (USED in names and OF in names)
    known = [name for name in names if name in METRICS or name in MEASURES]
    if at is None or not (single or known):
        raise Unreadable(COLUMNS)
    found: dict[str, Track] = {}
    first = text.split("\n", 1)[0]
    reader = csv.reader(io.StringIO(text), delimiter=max(",;\t", key=first.count))
    next(reader, None)
    for count, cells in enumerate(reader, start=1):
        if not any(cells):
            continue
        if count > MOST_ROWS:
            raise Unreadable(f"has more than {MOST_ROWS} rows")
        row = dict(zip(names, (cell.strip() for cell in cells), strict=False))
        name = row.get(series, "") if series else ""
        track = found.setdefault(name or "series", Track())
        moment = _moment(row.get(at, ""), zone, reader.line_num)
        if single:
            track.points.append((moment, _value(row, reader.line_num)))
        for column in known:
            number = _count(row.get(column, ""), column, reader.line_num)
            track.columns.setdefault(column, []).append((moment, number))
        if len(found) > MOST_SERIES:
            raise Unreadable(f"has more than {MOST_SERIES} series; is {series} the name of a series?")
    if not found:
        raise Unreadable("has no rows under its first line")
    for track in found.values():
        for points in (track.points, *track.columns.values()):
            points.sort(key=lambda point: point[0])
    return found


def seen(track: Track, name: str, measure: Measure, target: str) -> Sequence[Sample] | None:
    """What a series says of a measure; None when nothing. `target` is the measure whose number the file has.

    A reading is believed for twice the usual time between numbers, and a measure is not known before each of its
    readings has come once.
    """
    ends, age = track.times[-1], usual_gap([(at, None) for at in track.times]) * 2
    if measure.slug == target and track.points:
        return series_samples(track.points, ends)
    if measure.slug in track.columns and measure.slug not in METRICS:
        return series_samples(track.columns[measure.slug], ends)
    if not measure.metrics or set(measure.metrics) - set(track.columns) or measure.whole == "physical":
        return None
    readings = [
        ((name, metric), Known(round(value), at))
        for metric in measure.metrics
        for at, value in track.columns[metric]
        if value is not None
    ]
    first = {
        metric: min((r.at for (_, m), r in readings if m == metric), default=None)
        for metric in measure.metrics
    }
    begun = [at for at in first.values() if at is not None]
    if len(begun) < len(first):
        return [Sample(at, UNKNOWN) for at in track.times]
    place = UnitBeds(name, 0, HIGHEST_VALUE)  # a file does not say how many there can be at most
    found = samples([place], {}, readings, None, ends, measure, age)
    return [sample if sample.at >= max(begun) else Sample(sample.at, UNKNOWN) for sample in found]


def _moment(text: str, zone: str, line: int) -> datetime:
    try:
        moment = datetime.fromisoformat(text.replace("/", "-"))
        return as_utc(moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone)))
    except (ValueError, OverflowError) as problem:
        raise Unreadable(
            f"line {line}: {text[:40]!r} is no time such as 2026-11-23 or 2026-11-23T14:30"
        ) from problem


def _value(row: Mapping[str, str], line: int) -> float | None:
    if row.get(VALUE) is not None:
        return _number(row[VALUE], line)
    used, of = _number(row.get(USED, ""), line), _number(row.get(OF, ""), line)
    return None if used is None or not of else used * 100 / of


def _count(text: str, column: str, line: int) -> float | None:
    found = _number(text, line)
    if found is not None and column in METRICS and not 0 <= found <= HIGHEST_VALUE:
        raise Unreadable(f"line {line}: {column} must be from 0 to {HIGHEST_VALUE}")
    return found


def _number(text: str, line: int) -> float | None:
    """None for what is missing or suppressed: it must not become a zero."""
    if text.lower() in csvfile.MISSING or text.removesuffix(".0") == csvfile.SUPPRESSED:
        return None
    try:
        found = float(text.replace(",", ""))
    except ValueError:
        found = float("nan")
    if not abs(found) <= 1e9:
        raise Unreadable(f"line {line}: {text[:40]!r} is no number")
    return found
