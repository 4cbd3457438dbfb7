"""The timeline as CSV that a spreadsheet may open without running what somebody typed."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import datetime

from app.core.clock import local
from app.review.timeline import Line

HEADER = (
    "exercise",
    "incident",
    "entry",
    "happened",
    "recorded",
    "group",
    "what",
    "who",
    "position held",
    "kind",
    "corrects entry",
    "corrected by",
    "chain verified",
)
# OWASP, "CSV injection": a cell that begins so is run as a formula by common spreadsheets.
_RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def rows(lines: Iterable[Line], *, number: str, exercise: bool, zone: str) -> Iterator[str]:
    """The header and one row a line, in text; times on the hospital's wall clock with their offset."""
    yield _row(HEADER)
    for line in lines:
        yield _row(
            (
                "EXERCISE" if exercise else "no",
                number,
                str(line.seq),
                _time(line.at, zone),
                _time(line.recorded_at, zone),
                line.group,
                line.text,
                line.who,
                ", ".join(line.positions),
                line.kind,
                str(line.corrects or ""),
                "; ".join(f"{each.seq}: {each.statement}" for each in line.corrections),
                "yes" if line.sound else "NO",
            )
        )


def safe(cell: str) -> str:
    """The cell, with an apostrophe before it if a spreadsheet might take it for a formula."""
    return f"'{cell}" if cell.lstrip(" ").startswith(_RISKY) else cell


def _row(cells: Iterable[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow([safe(cell) for cell in cells])
    return out.getvalue()


def _time(at: datetime, zone: str) -> str:
    return local(at, zone).isoformat(sep=" ", timespec="seconds")
