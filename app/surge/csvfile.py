"""Readings from a CSV file of somebody else's making: pure rules from text to rows and to named troubles.

Real files have suppressed counts (-999999 in the US federal ones), NA for missing, thousands commas, weekly
averages with fractions, and names where codes are wanted. None of it may become a number nobody reported.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from app.surge.metrics import HIGHEST_VALUE, METRICS

LARGEST = 64 * 1024 * 1024
MISSING = {"", "na", "n/a", "nan", "null", "none", "-", "--", ".", "not reported"}
SUPPRESSED = "-999999"
WHOLE = "*"
"""Stands for the whole hospital where a file names no units."""
NUMBER = re.compile(r"[+-]?([0-9]{1,3}(,[0-9]{3})+|[0-9]+)(\.[0-9]+)?")
DATE_ORDERS = {
    "ymd": ("year first: 2026-11-23", ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d")),
    "mdy": ("month first: 11/23/2026", ("%m/%d/%Y", "%m-%d-%Y", "%m/%d/%y")),
    "dmy": ("day first: 23.11.2026", ("%d.%m.%Y", "%d/%m/%Y", "%d-%m-%Y")),
}
CLOCKS = ("", " %H:%M", " %H:%M:%S")


class Unreadable(ValueError):
    """The file as a whole cannot be used. The message says why."""


@dataclass(frozen=True)
class Columns:
    """Which column says what. A `facility` or `unit` without a column is the same for every row.

    `values` is metric to column. `facility_names` and `unit_names` turn what the file says into codes; a name
    that is mapped to "" is left out on purpose.
    """

    time_column: str
    date_order: str = "ymd"
    facility_column: str = ""
    facility: str = ""
    unit_column: str = ""
    unit: str = WHOLE
    values: dict[str, str] = field(default_factory=dict)
    facility_names: dict[str, str] = field(default_factory=dict)
    unit_names: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Found:
    """A number in the file. `line` counts from 1 with the header; `unit` is a code or WHOLE."""

    line: int
    facility: str
    unit: str
    metric: str
    value: int
    observed_at: datetime


@dataclass(frozen=True)
class Trouble:
    """One cell that cannot be taken: where, what stands there, and what is allowed."""

    line: int
    column: str
    value: str
    message: str


@dataclass
class Result:
    """What a file says. Suppressed, missing and left-out cells are counted; no troubles, no zeros."""

    found: list[Found] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    rows: int = 0
    missing: int = 0
    suppressed: int = 0
    rounded: int = 0
    left_out: int = 0
    unknown_facilities: dict[str, int] = field(default_factory=dict)
    unknown_units: dict[str, int] = field(default_factory=dict)


def decode(content: bytes) -> tuple[str, str]:
    """The text of a file and its encoding; gzip is opened. Raises Unreadable."""
    if content[:2] == b"\x1f\x8b":
        content = _unzip(content)
    if b"\x00" in content:
        raise Unreadable("This is no CSV text: it holds zero bytes. Export the sheet as CSV (UTF-8).")
    if content.startswith(b"\xef\xbb\xbf"):
        return _text(content, "utf-8-sig")
    try:
        return content.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return content.decode("latin-1"), "latin-1"


def header(text: str) -> list[str]:
    """The column names. Raises Unreadable when there are none, or one stands twice."""
    names = [name.strip() for name in next(_rows(text), (1, []))[1]]
    if len(names) < 2:
        raise Unreadable("The first line must name the columns, separated by commas, semicolons or tabs.")
    for name in names:
        if name and names.count(name) > 1:
            raise Unreadable(f"The column {name!r} stands twice in the first line; names must differ.")
    return names


def row_count(text: str) -> int:
    """How many rows stand under the header. Raises Unreadable when one of them is no CSV."""
    return sum(1 for _ in _rows(text)) - 1


def preview(text: str, most: int = 5) -> list[list[str]]:
    """The first rows under the header."""
    rows = _rows(text)
    next(rows, None)
    return [row for _, row in (pair for pair, _ in zip(rows, range(most), strict=False))]


def read(text: str, mapping: Columns, zone: Mapping[str, str]) -> Result:
    """Go through the whole file. `zone` is facility code to IANA zone; it also says which codes there are.

    A time without a zone is on that hospital's wall clock; a date alone is its midnight, when the day begins.
    """
    names = header(text)
    result = Result()
    rows = _rows(text)
    next(rows, None)
    for line, cells in rows:
        if not any(cell.strip() for cell in cells):
            continue
        result.rows += 1
        if len(cells) != len(names):
            message = f"the row has {len(cells)} columns; the first line has {len(names)}"
            result.troubles.append(Trouble(line, "", "", message))
            continue
        _row(line, dict(zip(names, (cell.strip() for cell in cells), strict=True)), mapping, zone, result)
    return result


def number(text: str) -> tuple[int, bool]:
    """A count and whether it was rounded (half up). Raises ValueError saying what is allowed."""
    if text.endswith("%"):
        raise ValueError("is a percentage; allowed are counts")
    if not NUMBER.fullmatch(text):
        raise ValueError(f"is no number; allowed are whole numbers from 0 to {HIGHEST_VALUE}")
    exact = Decimal(text.replace(",", ""))
    if not 0 <= exact <= HIGHEST_VALUE:
        raise ValueError(f"is out of range; allowed are whole numbers from 0 to {HIGHEST_VALUE}")
    rounded = int(exact.to_integral_value(ROUND_HALF_UP))
    return rounded, exact != rounded


def moment(text: str, date_order: str, zone: str) -> datetime:
    """A date or a date and time, aware. Raises ValueError saying what is allowed."""
    words, dates = DATE_ORDERS[date_order]
    cleaned = text.replace("T", " ").strip()
    if date_order == "ymd":
        try:
            found = datetime.fromisoformat(cleaned)
            return found if found.tzinfo else found.replace(tzinfo=ZoneInfo(zone))
        except ValueError:
            pass
    for date in dates:
        for clock in CLOCKS:
            try:
                return datetime.strptime(cleaned, date + clock).replace(tzinfo=ZoneInfo(zone))
            except ValueError:
                continue
    raise ValueError(f"is no date; allowed is {words}, with or without a time such as 14:30")


def guess(names: Sequence[str]) -> Columns:
    """A first mapping from the column names, for a source nobody has mapped yet."""
    return Columns(
        time_column=_like(
            names, "observed_at", "timestamp", "collection_week", "snapshot_date", "datetime", "date"
        ),
        facility_column=_like(names, "facility", "hospital_name", "providername", "hospital", "provider"),
        unit_column=_like(names, "unit", "unit_code", "ward", "department"),
        values={
            metric: column for metric in METRICS if (column := _like(names, *_USUAL.get(metric, (metric,))))
        },
    )


_USUAL = {
    "staffed_beds": (
        "staffed_beds",
        "inpatient_beds_7_day_avg",
        "total staffed bed capacity",
        "staffed",
    ),
    "occupied_beds": ("occupied_beds", "inpatient_beds_used_7_day_avg", "bed census", "occupied", "census"),
    "blocked_beds": ("blocked_beds", "blocked"),
    "ed_boarding": ("ed_boarding", "boarding"),
}


def _row(line: int, row: dict[str, str], mapping: Columns, zone: Mapping[str, str], result: Result) -> None:
    facility = _code(row, mapping.facility_column, mapping.facility, mapping.facility_names, zone)
    if facility is None:
        name = row[mapping.facility_column]
        result.unknown_facilities[name] = result.unknown_facilities.get(name, 0) + 1
        message = "is no hospital we know; choose which one it is, or leave it out"
        result.troubles.append(Trouble(line, mapping.facility_column, name, message))
        return
    if not facility:
        result.left_out += 1
        return
    unit = mapping.unit
    if mapping.unit_column:
        said = row[mapping.unit_column]
        unit = mapping.unit_names.get(said, said)
        if not unit:
            result.left_out += 1
            return
    try:
        observed_at = moment(row[mapping.time_column], mapping.date_order, zone[facility])
    except ValueError as problem:
        result.troubles.append(Trouble(line, mapping.time_column, row[mapping.time_column], str(problem)))
        return
    for metric, column in mapping.values.items():
        _cell(line, column, row[column], (facility, unit, metric, observed_at), result)


def _cell(line: int, column: str, text: str, place: tuple[str, str, str, datetime], result: Result) -> None:
    facility, unit, metric, observed_at = place
    if text.lower() in MISSING:
        result.missing += 1
    elif text.removesuffix(".0") == SUPPRESSED:
        result.suppressed += 1
    else:
        try:
            value, rounded = number(text)
        except ValueError as problem:
            result.troubles.append(Trouble(line, column, text, str(problem)))
            return
        result.rounded += rounded
        result.found.append(Found(line, facility, unit, metric, value, observed_at))


def _code(
    row: dict[str, str], column: str, constant: str, names: Mapping[str, str], known: Mapping[str, str]
) -> str | None:
    """The hospital's code, "" for one that is left out, None for a name nobody has mapped."""
    if not column:
        return constant
    said = row[column]
    return names.get(said, said if said in known else None)


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Each row with the number of its first line."""
    reader = csv.reader(io.StringIO(text), delimiter=_delimiter(text))
    before = 0
    try:
        for row in reader:
            yield before + 1, row
            before = reader.line_num
    except csv.Error as problem:
        raise Unreadable(f"Line {before + 1} is no CSV: {problem}.") from problem


def _delimiter(text: str) -> str:
    first = text.split("\n", 1)[0]
    return max(",;\t", key=first.count)


def _like(names: Sequence[str], *wanted: str) -> str:
    """The first column whose name is one of these, whatever its case; else "" """
    by_name = {name.lower(): name for name in names}
    return next((by_name[name] for name in wanted if name in by_name), "")


def _text(content: bytes, encoding: str) -> tuple[str, str]:
    try:
        return content.decode(encoding), encoding
    except UnicodeDecodeError as problem:
        raise Unreadable(f"The file says it is UTF-8, but byte {problem.start} is not.") from problem


def _unzip(content: bytes) -> bytes:
    try:
        with gzip.open(io.BytesIO(content)) as file:
            opened = file.read(LARGEST + 1)
    except (OSError, EOFError) as problem:
        raise Unreadable(f"The compressed file cannot be opened: {problem}.") from problem
    if len(opened) > LARGEST:
        raise Unreadable(f"Unpacked, the file is larger than {LARGEST // 1024 // 1024} MB.")
    return opened
