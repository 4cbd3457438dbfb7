"""A census list as the house keeps it, as CSV or as ADT messages, to keyed visits and places.

Only the visit number and the place are looked at; numbers become keyed hashes here, and nothing else of a line
leaves this file.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field

from app.census import hl7
from app.census.hl7 import UNREADABLE
from app.census.reconciling import Listed
from app.census.reduce import LONGEST, Context, place_in_list
from app.census.visits import Place
from app.core.errors import Invalid

LARGEST = 8 * 1024 * 1024
MOST_LINES = 20_000
MOST_FAULTS = 50
# Heading to what it is, small letters, signs left out.
VISIT = {
    "visit": "visit",
    "visitnumber": "visit",
    "encounter": "visit",
    "account": "account",
    "accountnumber": "account",
}
LOCATION = {"location", "unit", "pointofcare", "nursingunit", "ward"}
HEADINGS = (
    "expected is a first line with the headings visit (or account) and location, and if wanted room and bed"
)


@dataclass
class CensusListIn:
    """`faults` name lines that could not be read, and why; never what stands in them."""

    form: str
    rows: list[Listed] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    left_out: int = 0
    _line_of: dict[str, int] = field(default_factory=dict)

    def add(self, line: int, visit: str, place: Place) -> None:
        if visit in self._line_of:
            self.fault(line, f"the same visit stands in line {self._line_of[visit]}")
            return
        self._line_of[visit] = line
        self.rows.append(Listed(visit, place, line))

    def fault(self, line: int, why: str) -> None:
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(f"Line {line}: {why}.")
        else:
            self.left_out += 1


def read_list(body: bytes, context: Context) -> CensusListIn:
    """Raises Invalid when the whole cannot be read, or holds no patient."""
    if len(body) > LARGEST:
        raise Invalid.field("list", f"must not be larger than {LARGEST // 1024 // 1024} MB")
    begins = body.lstrip(b"\xef\xbb\xbf\r\n\x0b ")[:3]
    found = _messages(body, context) if begins in (b"MSH", b"FHS", b"BHS") else _lines(body, context)
    if not found.rows:
        why = f"; {found.faults[0]}" if found.faults else ""
        raise Invalid.field("list", f"has no patient that could be read{why}")
    if found.left_out:
        found.faults.append(f"And {found.left_out} more.")
    return found


def _messages(body: bytes, context: Context) -> CensusListIn:
    """One ADT message a patient, as a system sends them when it is asked who is in the house."""
    found = CensusListIn("adt")
    for line, part in enumerate(hl7.open_envelope(body).parts[:MOST_LINES], 1):
        try:
            visit, place = place_in_list(hl7.parse(part), context)
        except hl7.Malformed as problem:
            found.fault(line, str(problem))
            continue
        except ValueError as refused:
            found.fault(line, str(refused))
            continue
        found.add(line, visit, place)
    return found


def _lines(body: bytes, context: Context) -> CensusListIn:
    found = CensusListIn("csv")
    rows = _rows(_text(body))
    _, head = next(rows, (1, []))
    columns = {_plain(name): index for index, name in reversed(list(enumerate(head)))}
    visit_name = next((name for name in columns if name in VISIT), None)
    place_name = next((name for name in columns if name in LOCATION), None)
    if visit_name is None or place_name is None:
        raise Invalid.field("list", HEADINGS)
    at = (columns[place_name], columns.get("room", -1), columns.get("bed", -1))
    for line, row in rows:
        number = _cell(row, columns[visit_name])
        parts = _parts([_cell(row, index) for index in at])
        if not number:
            found.fault(line, "has no visit number")
        elif not parts[0]:
            found.fault(line, "names no location")
        elif max(map(len, (number, *parts))) > LONGEST or UNREADABLE in "".join((number, *parts)):
            found.fault(line, f"has a value that is longer than {LONGEST} characters or cannot be read")
        else:
            visit = context.names.of(context.facility_id, VISIT[visit_name], number)
            found.add(line, visit, Place(*parts))
    return found


def _text(body: bytes) -> str:
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        return body.decode("utf-16", "replace")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("cp1252", "replace")


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Line and cells, empty lines left out; the separator is whichever the first line has most of."""
    text = text.replace("\x00", "")
    first = text.lstrip().split("\n", 1)[0]
    separator = max(",;\t|", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                yield reader.line_num, row
            if reader.line_num > MOST_LINES:
                raise Invalid.field("list", f"must not have more than {MOST_LINES} lines")
    except csv.Error as problem:
        raise Invalid.field("list", f"is no CSV file: {problem}") from None


def _parts(cells: list[str]) -> tuple[str, str, str]:
    """Unit, room and bed, in capitals; a location may hold all three, written as in PV1-3."""
    unit, room, bed = (cell.upper() for cell in cells)
    if "^" in unit:
        unit, more_room, more_bed = (*(part.strip() for part in unit.split("^")), "", "")[:3]
        room, bed = room or more_room, bed or more_bed
    return unit, room, bed


def _plain(name: str) -> str:
    return "".join(c for c in name.lower() if c.isalnum())


def _cell(row: list[str], index: int) -> str:
    return row[index].strip() if 0 <= index < len(row) else ""
