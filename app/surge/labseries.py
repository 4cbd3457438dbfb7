"""Series for the lab from a CSV text: a time, a number or a pair to divide, and if wanted the name of a series."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from app.core.clock import as_utc
from app.surge import csvfile

MOST_ROWS = 250_000
MOST_SERIES = 200
TIMES = ("at", "date", "time", "datum", "observed_at", "timestamp")
NAMES = ("series", "name", "unit", "hospital", "state", "region")
VALUE, USED, OF = "value", "used", "of"
COLUMNS = (
    "the first line must name the columns: at, then value, or used and of; and if there are several, series"
)

Series = dict[str, list[tuple[datetime, float | None]]]


class Unreadable(ValueError):
    """The file cannot be used. The message says why, and in which line."""


def read(content: bytes, zone: str) -> Series:
    """Each series in order of time. A missing number is None: it is not known. Raises Unreadable."""
    try:
        text, _ = csvfile.decode(content)
        names = [name.lower() for name in csvfile.header(text)]
    except csvfile.Unreadable as problem:
        raise Unreadable(str(problem)) from problem
    at = next((name for name in TIMES if name in names), None)
    series = next((name for name in NAMES if name in names), None)
    if at is None or not (VALUE in names or (USED in names and OF in names)):
        raise Unreadable(COLUMNS)
    found: Series = {}
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
        points = found.setdefault(name or "series", [])
        points.append((_moment(row.get(at, ""), zone, reader.line_num), _value(row, reader.line_num)))
        if len(found) > MOST_SERIES:
            raise Unreadable(f"has more than {MOST_SERIES} series; is {series} the name of a series?")
    if not found:
        raise Unreadable("has no rows under its first line")
    for points in found.values():
        points.sort(key=lambda point: point[0])
    return found


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
