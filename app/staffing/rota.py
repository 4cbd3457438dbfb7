"""Shifts as they are handed in: by a form, a CSV file or a program; checked one by one."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from app.core.clock import as_utc
from app.core.errors import Invalid
from app.staffing.models import ShiftKind

NEEDED = ("employee_number", "start", "end")
OPTIONAL = ("unit", "department", "job", "kind")
MOST_ROWS = 20_000
MOST_BYTES = 4 * 1024 * 1024
LONGEST_WORK = timedelta(hours=36)
LONGEST_CALL = timedelta(days=8)
FARTHEST = timedelta(days=400)
FORMATS = ("%Y-%m-%d %H:%M", "%m/%d/%Y %H:%M")


@dataclass(frozen=True)
class Given:
    """One shift as it was handed in; `row` is its line in the file, or its place in the list, from 1."""

    row: int
    employee_number: str
    starts_at: datetime
    ends_at: datetime
    kind: str = ShiftKind.PLANNED
    unit: str = ""
    department: str = ""
    job: str = ""


@dataclass(frozen=True)
class Refused:
    row: int
    why: str


def fault(given: Given, now: datetime) -> str | None:
    """What is wrong with a shift in itself; None when nothing is."""
    if given.kind not in set(ShiftKind):
        return f"kind: {given.kind[:40]!r} must be one of {', '.join(ShiftKind)}"
    if given.ends_at <= given.starts_at:
        return "end: must come after the start"
    longest = LONGEST_CALL if given.kind == ShiftKind.ON_CALL else LONGEST_WORK
    if given.ends_at - given.starts_at > longest:
        return f"end: a shift is at most {longest // timedelta(hours=1)} hours long"
    if not now - FARTHEST <= given.starts_at <= now + FARTHEST:
        return "start: must be within 400 days"
    if given.kind == ShiftKind.WORKED and given.ends_at > now:
        return "kind: has not been worked yet; it is planned"
    return None


def read_csv(content: bytes, zone: str) -> tuple[list[Given], list[Refused]]:
    """The rows of a file, with those that cannot be read. Times without a zone are on the wall clock of `zone`.

    Raises Invalid when it is no such file at all.
    """
    if not content:
        raise Invalid.field("file", "choose a file that is not empty")
    if len(content) > MOST_BYTES:
        raise Invalid.field("file", f"must not be larger than {MOST_BYTES // 1024 // 1024} MB")
    rows = _rows(_text(content))
    heads = [name.strip().lower().replace(" ", "_") for name in next(rows, [])]
    if missing := [name for name in NEEDED if name not in heads]:
        raise Invalid.field("file", f"the first line must name the columns; missing: {', '.join(missing)}")
    given, refused = list[Given](), list[Refused]()
    for number, cells in enumerate(rows, 2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(given) + len(refused) >= MOST_ROWS:
            raise Invalid.field("file", f"must not have more than {MOST_ROWS:,} rows")
        row = {name: cell.strip() for name, cell in zip(heads, cells, strict=False)}
        try:
            given.append(_given(number, row, zone))
        except ValueError as error:
            refused.append(Refused(number, str(error)))
    return given, refused


def read_time(text: str, zone: str) -> datetime:
    """A moment in UTC. An hour that the clock shows twice is its first one; one that it skips is refused.

    Raises ValueError with words for whoever typed it.
    """
    moment = _parsed(text)
    if moment.tzinfo is not None:
        return as_utc(moment)
    there = moment.replace(tzinfo=ZoneInfo(zone))
    utc = as_utc(there)
    if utc.astimezone(there.tzinfo).replace(tzinfo=None) != moment:
        raise ValueError(f"{text}: the clocks go forward then; there is no such time that day")
    return utc


def _parsed(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        pass
    for form in FORMATS:
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007 - the caller adds the zone
        except ValueError:
            continue
    raise ValueError(f"{text[:40]!r} must be a time such as 2026-11-23 07:00")


def _given(number: int, row: dict[str, str], zone: str) -> Given:
    for name in NEEDED:
        if not row.get(name):
            raise ValueError(f"{name}: is empty")
    times = {}
    for name in ("start", "end"):
        try:
            times[name] = read_time(row[name], zone)
        except (ValueError, OverflowError) as error:
            raise ValueError(f"{name}: {error}") from None
    return Given(
        number,
        row["employee_number"],
        times["start"],
        times["end"],
        (row.get("kind") or ShiftKind.PLANNED).lower().replace(" ", "_"),
        row.get("unit", ""),
        row.get("department", ""),
        row.get("job", ""),
    )


def _text(content: bytes) -> str:
    """Spreadsheets write UTF-8 with a mark in front, or the code page of Windows."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    if "\x00" in text:
        raise Invalid.field("file", "is no CSV file; in a spreadsheet choose Save as, CSV")
    return text


def _rows(text: str) -> Iterator[list[str]]:
    head = text.partition("\n")[0]
    delimiter = max(",;\t", key=head.count)
    try:
        yield from csv.reader(io.StringIO(text), delimiter=delimiter)
    except csv.Error:
        raise Invalid.field("file", "is no CSV file; in a spreadsheet choose Save as, CSV") from None
