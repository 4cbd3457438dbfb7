"""Data packs (CSV and TOML files shipped beside the code), read field by field.

Every complaint names the file, the place in it, the field and what is allowed, so that whoever edits
a pack can mend it without reading code.
"""

import csv
import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

SLUG = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*")


class PackError(ValueError):
    """A data pack cannot be used. The message names file, field and what is allowed."""


@dataclass(frozen=True)
class Fields:
    """The named values of one row or table, and where it stands."""

    where: str
    values: Mapping[str, object]

    def error(self, field: str, why: str) -> PackError:
        return PackError(f"{self.where}: {field}: {why}")

    def only(self, *known: str) -> None:
        """Refuse fields nobody reads: they are misspellings."""
        for field in self.values:
            if field not in known:
                raise self.error(field, f"unknown field; known are {', '.join(known)}")

    def text(self, field: str) -> str:
        value = self.values.get(field)
        if not isinstance(value, str) or not value.strip():
            raise self.error(field, "must be text and not empty")
        return value.strip()

    def optional_text(self, field: str) -> str | None:
        return self.text(field) if self.values.get(field) else None

    def slug(self, field: str = "slug") -> str:
        value = self.text(field)
        if not SLUG.fullmatch(value):
            raise self.error(field, f"{value!r} must be lower-case words joined by underscores")
        return value

    def choice(self, field: str, allowed: Collection[str]) -> str:
        value = self.text(field)
        if value not in allowed:
            raise self.error(field, f"{value!r} is unknown; allowed are {_listed(allowed)}")
        return value

    def integer(self, field: str, lowest: int, highest: int) -> int:
        value = self.values.get(field)
        if isinstance(value, str) and re.fullmatch(r"-?[0-9]+", value):
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= highest:
            raise self.error(field, f"{value!r} must be a whole number from {lowest} to {highest}")
        return value

    def texts(self, field: str, allowed: Collection[str] | None = None) -> tuple[str, ...]:
        """A list of different texts, in its order; each of `allowed` when that is given."""
        values = self.values.get(field)
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise self.error(field, "must be a list of texts")
        for value in values:
            if allowed is not None and value not in allowed:
                raise self.error(field, f"{value!r} is unknown; allowed are {_listed(allowed)}")
            if values.count(value) > 1:
                raise self.error(field, f"{value!r} is listed twice")
        return tuple(values)

    def tables(self, field: str) -> list["Fields"]:
        tables = self.values.get(field)
        if not isinstance(tables, list) or not tables:
            raise self.error(field, f"needs at least one [[{field}]] table")
        for table in tables:
            if not isinstance(table, dict):
                raise self.error(field, f"must be [[{field}]] tables")
        return [Fields(f"{self.where} {field} {n}", table) for n, table in enumerate(tables, start=1)]


def read_csv(path: Path, *columns: str) -> list[Fields]:
    """The rows of a CSV pack, which must have exactly `columns`."""
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        if tuple(reader.fieldnames or ()) != columns:
            raise PackError(f"{path.name}: header: columns must be {', '.join(columns)}")
        rows = [Fields(f"{path.name} line {reader.line_num}", row) for row in reader]
    for row in rows:
        if len(row.values) != len(columns) or None in row.values.values():
            raise row.error("row", f"must have {len(columns)} values")
    return rows


def read_toml(path: Path) -> Fields:
    try:
        return Fields(path.name, tomllib.loads(path.read_text(encoding="utf-8")))
    except tomllib.TOMLDecodeError as problem:
        raise PackError(f"{path.name}: syntax: {problem}") from problem


def _listed(values: Collection[str]) -> str:
    """The allowed values for a message, short enough to read."""
    shown = list(values)
    if len(shown) > 15:
        return f"{', '.join(shown[:15])} and {len(shown) - 15} more"
    return ", ".join(shown)
