"""The sheet of a huddle: everything that stands on the page, as values. It is made anew for each look and frozen when
the huddle is held; page, paper and what is looked up later show the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby

import msgspec

from app.huddle.rules import short_of


class Number(msgspec.Struct, frozen=True):
    """`value` None: nobody has said. `fresh` False: too old to count on; it is shown, and stands in no sum."""

    value: int | None = None
    at: datetime | None = None
    source: str = ""
    fresh: bool = False

    @property
    def known(self) -> int | None:
        return self.value if self.fresh else None


NOBODY = Number()


class Row(msgspec.Struct, frozen=True):
    """A unit. `free`: beds that can take a patient; `over`: patients more than it can look after. `nets`: beds free at
    each moment of the sheet. `rostered`: nurses on the roster of the next shift, a hint. `asked`: what may be typed.
    """

    unit_id: str
    code: str
    name: str
    group: str
    inpatient: bool
    census: Number
    staffed: Number
    free: int | None
    over: int
    at_most: bool
    limit: str
    blocked: Number
    causes: str
    out: Number
    into: Number
    needed: int | None
    ratio: int | None
    nurses: Number
    rostered: int | None
    nets: tuple[int | None, ...]
    stale: tuple[str, ...]
    asked: tuple[str, ...]

    @property
    def said_at(self) -> datetime | None:
        """When the unit last said something of the day."""
        times = [each.at for each in (self.out, self.into, self.nurses) if each.at and each.fresh]
        return max(times, default=None)

    @property
    def short(self) -> int | None:
        """Nurses missing in the next shift, by what the unit said; a roster may not hold everybody."""
        return short_of(self.needed, self.nurses.known)

    @property
    def numbers(self) -> tuple[int | None, ...]:
        """What is compared between two sheets: census, free, blocked, nurses short."""
        return (self.census.known, self.free, self.blocked.known, self.short)


class Moment(msgspec.Struct, frozen=True):
    label: str
    at: datetime


class Net(msgspec.Struct, frozen=True):
    """Over all units that have told: beds free where some are, and beds missing where some are; never set off against
    each other, since a bed in one unit is no bed in another. `without`: units that have not told.
    """

    free: int | None
    missing: int
    units_missing: int
    without: int


class Total(msgspec.Struct, frozen=True):
    """Over the inpatient units that have told; None where none has. `without`: units whose free beds nobody can tell;
    `unsaid`: those that have not said what the day will bring.
    """

    census: int | None
    staffed: int | None
    free: int | None
    blocked: int | None
    out: int | None
    into: int | None
    needed: int | None
    nurses_short: int
    units_short: int
    nets: tuple[Net, ...]
    without: tuple[str, ...]
    unsaid: tuple[str, ...]


class Promise(msgspec.Struct, frozen=True):
    """What the last sheet said of midnight, and what was counted then. None: it was not said, or not counted."""

    unit: str
    promised: int | None
    counted: int | None
    counted_at: datetime | None = None

    @property
    def off(self) -> int | None:
        if self.promised is None or self.counted is None:
            return None
        return self.counted - self.promised


class Line(msgspec.Struct, frozen=True):
    """A concern. `huddles`: how many huddles it has been through. `done_at` None: it is open."""

    item_id: str
    kind: str
    text: str
    unit: str
    owner: str
    due_at: datetime
    raised_at: datetime
    raised_by: str
    huddles: int
    done_at: datetime | None = None
    outcome: str = ""


class Waiting(msgspec.Struct, frozen=True):
    """Admitted patients who wait in an emergency department for a bed."""

    unit: str
    boarders: Number
    longest: Number


class Sheet(msgspec.Struct, frozen=True):
    """`day`: the hospital's day, as 2026-11-23. `fired`: titles of what stands. `since_last`: items done since."""

    hospital: str
    code: str
    zone: str
    day: str
    made_at: datetime
    level: str
    level_at: datetime | None
    recommended: str
    fired: tuple[str, ...]
    moments: tuple[Moment, ...]
    rows: tuple[Row, ...]
    total: Total
    waiting: tuple[Waiting, ...]
    promised_day: str
    promises: tuple[Promise, ...]
    items: tuple[Line, ...]
    since_last: tuple[Line, ...]

    @property
    def groups(self) -> list[list[Row]]:
        """The rows by class of unit, in their order."""
        return [list(rows) for _, rows in groupby(self.rows, key=lambda row: row.group)]


def write(sheet: Sheet) -> str:
    return msgspec.json.encode(sheet).decode()


def read(text: str) -> Sheet:
    return msgspec.json.decode(text, type=Sheet)


def total(rows: tuple[Row, ...], moments: int) -> Total:
    inpatient = [row for row in rows if row.inpatient]
    short = [row.short for row in inpatient if row.short]
    return Total(
        census=_sum(row.census.known for row in inpatient),
        staffed=_sum(row.staffed.known for row in inpatient),
        free=_sum(row.free for row in inpatient),
        blocked=_sum(row.blocked.known for row in inpatient),
        out=_sum(row.out.known for row in inpatient),
        into=_sum(row.into.known for row in inpatient),
        needed=_sum(row.needed for row in inpatient),
        nurses_short=sum(short),
        units_short=len(short),
        nets=tuple(_net([row.nets[place] for row in inpatient]) for place in range(moments)),
        without=tuple(row.name for row in inpatient if row.free is None),
        unsaid=tuple(
            row.name for row in inpatient if row.asked and (row.out.known is None or row.into.known is None)
        ),
    )


def _net(values: list[int | None]) -> Net:
    known = [value for value in values if value is not None]
    return Net(
        free=_sum(max(0, value) for value in known),
        missing=-sum(value for value in known if value < 0),
        units_missing=sum(value < 0 for value in known),
        without=len(values) - len(known),
    )


def _sum(values: Iterable[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None
