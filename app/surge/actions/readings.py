"""Readings come in: checked one by one, the good ones stored, triggers moved on, all in one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from itertools import islice
from typing import Any, NamedTuple

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.bulk import insert_rows
from app.core.clock import as_utc
from app.core.db import UnitOfWork
from app.core.permissions import Permission
from app.facilities.models import Facility, Unit
from app.surge.actions.firing import Look, carry_out, evaluate_hospitals
from app.surge.actions.hospitals import note_changes, take
from app.surge.metrics import HIGHEST_VALUE, METRICS
from app.surge.models import LatestReading, Reading, ReadingMark
from app.surge.occupancy import Key, Known
from app.surge.queries import latest_of

FUTURE_ALLOWED = timedelta(minutes=5)
LOOKED_UP_AT_ONCE = 200
MARK_HOURS = 6
LISTED = 30
_KEPT = ("unit_id", "metric", "value", "observed_at", "seq")


@dataclass(frozen=True)
class Given:
    """One reading as it comes in: `facility` and `unit` are codes."""

    facility: str
    unit: str
    metric: str
    value: int
    observed_at: datetime
    source: str


@dataclass(frozen=True)
class Refused:
    """`index` counts from 0 in what was given."""

    index: int
    errors: dict[str, list[str]]


@dataclass
class Entered:
    """`accepted` counts the good ones, those that were known already (`unchanged`) included."""

    accepted: int = 0
    unchanged: int = 0
    corrected: int = 0
    refused: list[Refused] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


class _Place(NamedTuple):
    facility_id: str
    unit_id: str
    physical_beds: int


class _Row(NamedTuple):
    unit_id: str
    metric: str
    observed_at: datetime
    source: str
    value: int

    @property
    def key(self) -> tuple[str, str, datetime, str]:
        return self[:4]


def enter(uow: UnitOfWork, actor: Actor, *, readings: Sequence[Given]) -> Entered:
    """Take the good readings and name what is wrong with each of the others.

    The same reading again changes nothing; another value for the same unit, metric, moment and source is
    a correction: both are kept and the newer one counts. Raises Forbidden without the permission anywhere.
    """
    actor.require(Permission.READING_ENTER)
    places = _places(uow, {given.facility for given in readings})
    codes = _Codes(uow)
    entered = Entered()
    rows: dict[str, list[_Row]] = {}
    for index, given in enumerate(readings):
        place = places.get((given.facility, given.unit))
        errors = _errors(given, place, places, codes, actor, uow.now)
        if errors or place is None:
            entered.refused.append(Refused(index, errors))
            continue
        row = _Row(place.unit_id, given.metric, as_utc(given.observed_at), given.source.strip(), given.value)
        rows.setdefault(place.facility_id, []).append(row)
        entered.accepted += 1
        if given.metric == "occupied_beds" and place.physical_beds and given.value > place.physical_beds:
            entered.warnings.append(
                f"{given.facility} {given.unit}: {given.value} occupied beds, but it has "
                f"{place.physical_beds} physical beds. Taken; please check."
            )
    take(uow, rows)
    _take_in(uow, actor, rows, entered)
    return entered


def _take_in(uow: UnitOfWork, actor: Actor, rows: dict[str, list[_Row]], entered: Entered) -> None:
    """Store what is new of hospitals that are taken, and move their triggers: few statements, however many they are."""
    before = latest_of(uow.session, rows)
    home = {row.unit_id: facility_id for facility_id, mine in rows.items() for row in mine}
    arrivals: dict[str, list[tuple[Key, Known]]] = {}
    stored = _store(uow, actor, [row for facility_id in sorted(rows) for row in rows[facility_id]], entered)
    for row, _ in stored:
        arrival = (row.unit_id, row.metric), Known(row.value, row.observed_at)
        arrivals.setdefault(home[row.unit_id], []).append(arrival)
    looks = {each: Look(before.get(each, {}), found) for each, found in arrivals.items()}
    note_changes(uow, {each: look.after for each, look in looks.items()})
    carry_out(uow, evaluate_hospitals(uow, looks))


class _Codes:
    """The codes of all hospitals, asked for only when one is wrong."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow

    @cached_property
    def all(self) -> list[str]:
        return list(self._uow.session.scalars(sa.select(Facility.code).order_by(Facility.code)))


def _places(uow: UnitOfWork, codes: set[str]) -> dict[tuple[str, str], _Place]:
    query = sa.select(Facility.code, Unit.code, Facility.id, Unit.id, Unit.physical_beds).join(
        Unit, Unit.facility_id == Facility.id
    )
    rows = uow.session.execute(query.where(Facility.code.in_(codes)).order_by(Facility.code, Unit.code))
    return {
        (facility, unit): _Place(facility_id, unit_id, beds)
        for facility, unit, facility_id, unit_id, beds in rows
    }


def _errors(
    given: Given,
    place: _Place | None,
    places: dict[tuple[str, str], _Place],
    codes: _Codes,
    actor: Actor,
    now: datetime,
) -> dict[str, list[str]]:
    """What is wrong with one reading, by field, with what is allowed."""
    errors = {}
    if place is None:
        if given.facility in codes.all:
            units = ", ".join(unit for facility, unit in places if facility == given.facility)
            errors["unit"] = f"{given.facility} has no unit {given.unit!r}; its units are {units or 'none'}"
        else:
            known = ", ".join(codes.all[:LISTED]) or "none"
            errors["facility"] = f"there is no hospital with the code {given.facility!r}; known are {known}"
    elif not actor.may(Permission.READING_ENTER, place.facility_id):
        errors["facility"] = f"you may not enter readings for {given.facility}"
    if given.metric not in METRICS:
        errors["metric"] = f"{given.metric!r} is unknown; allowed are {', '.join(METRICS)}"
    if not 0 <= given.value <= HIGHEST_VALUE:
        errors["value"] = f"{given.value} must be a whole number from 0 to {HIGHEST_VALUE}"
    if given.observed_at > now + FUTURE_ALLOWED:
        errors["observed_at"] = "lies more than 5 minutes in the future"
    elif given.observed_at.year < 2000:
        errors["observed_at"] = "must not lie before the year 2000"
    if not 1 <= len(given.source.strip()) <= 200:
        errors["source"] = "must have 1 to 200 characters"
    return {name: [message] for name, message in errors.items()}


def _store(uow: UnitOfWork, actor: Actor, rows: Sequence[_Row], entered: Entered) -> list[tuple[_Row, int]]:
    """Insert what is new and what corrects; return those rows with their seq."""
    stored: list[tuple[_Row, int]] = []
    for wave in _waves(rows):
        new = _insert(uow, actor, [(row, 0) for row in wave])
        stored += new
        if len(new) == len(wave):
            continue
        inserted = {row.key for row, _ in new}
        there = [row for row in wave if row.key not in inserted]
        known = _revisions(uow, there)
        changed = [row for row in there if known[row.key][1] != row.value]
        entered.unchanged += len(there) - len(changed)
        entered.corrected += len(changed)
        stored += _insert(uow, actor, [(row, known[row.key][0] + 1) for row in changed])
    _remember(uow, stored)
    return stored


def _waves(rows: Sequence[_Row]) -> list[list[_Row]]:
    """The rows in order, in lists in which no key stands twice: what comes again corrects it."""
    waves: list[list[_Row]] = []
    times: Counter[tuple[Any, ...]] = Counter()
    for row in rows:
        key = row.key
        if times[key] == len(waves):
            waves.append([])
        waves[times[key]].append(row)
        times[key] += 1
    return waves


def _insert(uow: UnitOfWork, actor: Actor, rows: Sequence[tuple[_Row, int]]) -> list[tuple[_Row, int]]:
    """Those of these revisions that were not there, with their seq."""
    if not rows:
        return []
    table: Any = Reading.__table__
    values = [(*row, revision) for row, revision in rows]
    same = {"received_at": uow.now, "entered_by": actor.name}
    insert, given = insert_rows(uow.session, table, (*_Row._fields, "revision"), values, same)
    returned = (*(table.c[name] for name in _Row._fields[:4]), table.c.seq)
    inserted = uow.session.execute(insert.on_conflict_do_nothing().returning(*returned), given)
    by_key = {row[:4]: row for row, _ in rows}
    return [(by_key[tuple(key)], seq) for *key, seq in inserted]


def _revisions(uow: UnitOfWork, rows: Sequence[_Row]) -> dict[tuple[Any, ...], tuple[int, int]]:
    """The newest revision and its value for each of these, which are all there."""
    columns = (Reading.unit_id, Reading.metric, Reading.observed_at, Reading.source)
    found: dict[tuple[Any, ...], tuple[int, int]] = {}
    for some in _chunks(rows):
        wanted = sa.tuple_(*columns).in_([row.key for row in some])
        query = sa.select(*columns, Reading.revision, Reading.value).where(wanted)
        for *key, revision, value in uow.session.execute(query.order_by(Reading.revision)):
            found[tuple(key)] = (revision, value)
    return found


def _remember(uow: UnitOfWork, stored: Iterable[tuple[_Row, int]]) -> None:
    """Keep the newest observation of each metric, and of each six hours."""
    latest: dict[tuple[Any, ...], tuple[_Row, int]] = {}
    marks: dict[tuple[Any, ...], tuple[_Row, int]] = {}
    for row, seq in stored:
        hour = row.observed_at.hour // MARK_HOURS * MARK_HOURS
        begins_at = row.observed_at.replace(hour=hour, minute=0, second=0, microsecond=0)
        _keep_newest(latest, (row.unit_id, row.metric), row, seq)
        _keep_newest(marks, (row.unit_id, row.metric, begins_at), row, seq)
    newest = [(*key, row.value, row.observed_at, seq, row.source) for key, (row, seq) in latest.items()]
    _upsert(uow, LatestReading, (*_KEPT, "source"), newest, {"received_at": uow.now})
    last = [(*key[:2], row.value, row.observed_at, seq, key[2]) for key, (row, seq) in marks.items()]
    _upsert(uow, ReadingMark, (*_KEPT, "begins_at"), last, {})


def _keep_newest(
    slots: dict[tuple[Any, ...], tuple[_Row, int]], slot: tuple[Any, ...], row: _Row, seq: int
) -> None:
    held = slots.get(slot)
    if held is None or (held[0].observed_at, held[1]) < (row.observed_at, seq):
        slots[slot] = (row, seq)


def _upsert(
    uow: UnitOfWork,
    model: type[LatestReading | ReadingMark],
    names: Sequence[str],
    values: Sequence[tuple[Any, ...]],
    same: dict[str, Any],
) -> None:
    """Insert, or replace what was observed earlier (or, at the same moment, received earlier)."""
    if not values:
        return
    table: Any = model.__table__
    statement, rows = insert_rows(uow.session, table, names, values, same)
    given = statement.excluded
    newer = sa.or_(
        given.observed_at > table.c.observed_at,
        sa.and_(given.observed_at == table.c.observed_at, given.seq > table.c.seq),
    )
    changing = [c.name for c in table.columns if not c.primary_key]
    uow.session.execute(
        statement.on_conflict_do_update(
            index_elements=list(table.primary_key),
            set_={name: given[name] for name in changing},
            where=newer,
        ),
        rows,
    )


def _chunks(rows: Iterable[_Row]) -> Iterator[list[_Row]]:
    waiting = iter(rows)
    while some := list(islice(waiting, LOOKED_UP_AT_ONCE)):
        yield some
