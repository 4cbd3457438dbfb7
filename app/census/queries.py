"""The census as it stands: who is where by unit, what happened today, and what needs a person's eye."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.census.models import AdtBed, AdtDay, AdtEvent, AdtFeed, AdtLocation, AdtRefusal, AdtVisit
from app.census.reduce import BED_STATUS
from app.census.visits import Effect, State
from app.core.actor import Actor
from app.core.clock import as_utc, local
from app.core.permissions import Permission
from app.facilities.models import Facility, Unit
from app.facilities.queries import units

# A feed from a working hospital is never silent for long; our choice, beds are to be known within the hour.
FEED_MAX_AGE = timedelta(minutes=30)


@dataclass
class UnitCensus:
    """`occupied`: patients in the unit, by patient and not by bed; `on_leave`: away, their bed kept."""

    code: str
    name: str
    unit_class: str
    staffed_beds: int
    occupied: int = 0
    on_leave: int = 0
    conflicts: int = 0
    beds: Counter[str] = field(default_factory=Counter)
    """Beds by their last reported status (A20), for the statuses that take a bed out of use."""


@dataclass
class LocationCount:
    location: str
    occupied: int


@dataclass
class BedConflict:
    """More than one patient is said to be in one bed."""

    location: str
    room: str
    bed: str
    patients: int


@dataclass
class Census:
    """`as_of` is when the last message came, `last_event_at` when what it tells happened; None: never."""

    facility: str
    as_of: datetime | None
    last_event_at: datetime | None
    stale: bool
    version: int
    units: list[UnitCensus]
    unmapped: list[LocationCount]
    left_out: list[LocationCount]
    unplaced: int
    registered: int
    conflicts: list[BedConflict]
    day: date
    admissions: int = 0
    discharges: int = 0
    cancelled: int = 0
    corrected: int = 0
    unmatched: int = 0
    messages: int = 0
    duplicates: int = 0
    refused: int = 0

    @property
    def occupied(self) -> int:
        """Patients in units of this hospital; unmapped locations are counted apart."""
        return sum(unit.occupied for unit in self.units)


@dataclass(frozen=True)
class Unmatched:
    kind: str
    at: datetime
    received_at: datetime
    control_id: str
    location: str | None
    why: str


def census(session: Session, facility: Facility, now: datetime) -> Census:
    feed = session.get(AdtFeed, facility.id)
    received = feed.last_received_at if feed else None
    unit_of, left_out = mapping(session, facility.id)
    counts = {
        u.id: UnitCensus(u.code, u.name, u.unit_class, u.staffed_beds) for u in units(session, facility.id)
    }
    result = Census(
        facility=facility.code,
        as_of=received,
        last_event_at=feed.last_event_at if feed else None,
        stale=received is None or now - received > FEED_MAX_AGE,
        version=feed.version if feed else 0,
        units=list(counts.values()),
        unmapped=[],
        left_out=[],
        unplaced=0,
        registered=0,
        conflicts=_conflicts(session, facility.id, left_out),
        day=local(now, facility.zone).date(),
    )
    _place_patients(session, facility.id, result, counts, unit_of, left_out)
    for conflict in result.conflicts:
        if conflict.location in unit_of:
            counts[unit_of[conflict.location]].conflicts += 1
    _add_bed_status(session, facility.id, counts, unit_of)
    _add_day(session, facility, result)
    return result


def locations(session: Session, facility_id: str) -> list[tuple[str, int, AdtLocation | None, Unit | None]]:
    """Every point of care seen or mapped, patients there now, what was said about it and the unit it is."""
    seen = _patients_by_location(session, facility_id)
    said = {row.point_of_care: row for row in session.scalars(_said(facility_id))}
    unit_of, _ = mapping(session, facility_id)
    by_id = {u.id: u for u in units(session, facility_id)}
    return [
        (name, seen.get(name, 0), said.get(name), by_id.get(unit_of.get(name, "")))
        for name in sorted(seen.keys() | said.keys())
    ]


def unmatched(session: Session, facility: Facility, *, most: int = 50) -> list[Unmatched]:
    """Events that match nothing, newest first: a cancel without its event, a transfer after the end."""
    query = (
        sa.select(AdtEvent)
        .where(AdtEvent.facility_id == facility.id, AdtEvent.effect == Effect.UNMATCHED)
        .order_by(AdtEvent.at.desc(), AdtEvent.ident)
        .limit(most)
    )
    return [
        Unmatched(e.kind, e.at, e.received_at, e.control_id, e.point_of_care, e.why)
        for e in session.scalars(query)
    ]


def refusals(
    session: Session, actor: Actor, facility_ids: Sequence[str], *, page: int, per_page: int = 50
) -> tuple[list[AdtRefusal], int]:
    """Refused messages not yet looked at, newest first, and how many there are. Those that name no hospital
    are shown to whoever may see the state of the engine."""
    where: sa.ColumnElement[bool] = AdtRefusal.facility_id.in_(facility_ids)
    if actor.may(Permission.SYSTEM_VIEW):
        where = sa.or_(where, AdtRefusal.facility_id.is_(None))
    query = sa.select(AdtRefusal).where(where, AdtRefusal.seen_at.is_(None))
    total = session.scalar(sa.select(sa.func.count()).select_from(query.subquery())) or 0
    rows = session.scalars(
        query.order_by(AdtRefusal.last_at.desc(), AdtRefusal.id).limit(per_page).offset((page - 1) * per_page)
    )
    return list(rows), total


def _said(facility_id: str) -> sa.Select[AdtLocation]:
    return sa.select(AdtLocation).where(AdtLocation.facility_id == facility_id)


def mapping(session: Session, facility_id: str) -> tuple[dict[str, str], set[str]]:
    """Point of care to unit id, and those left out. One that is called like a unit's code is that unit."""
    unit_of = {u.code.upper(): u.id for u in units(session, facility_id)}
    left_out = set()
    for row in session.scalars(_said(facility_id)):
        unit_of.pop(row.point_of_care, None)
        if row.left_out:
            left_out.add(row.point_of_care)
        elif row.unit_id:
            unit_of[row.point_of_care] = row.unit_id
    return unit_of, left_out


def _patients_by_location(session: Session, facility_id: str) -> dict[str, int]:
    query = sa.select(AdtVisit.point_of_care, sa.func.count()).where(
        AdtVisit.facility_id == facility_id,
        AdtVisit.state == State.IN_HOUSE,
        AdtVisit.point_of_care.is_not(None),
    )
    return {place: n for place, n in session.execute(query.group_by(AdtVisit.point_of_care)) if place}


def _place_patients(
    session: Session,
    facility_id: str,
    result: Census,
    counts: dict[str, UnitCensus],
    unit_of: dict[str, str],
    left_out: set[str],
) -> None:
    query = sa.select(AdtVisit.state, AdtVisit.point_of_care, sa.func.count()).where(
        AdtVisit.facility_id == facility_id,
        AdtVisit.state.in_((State.REGISTERED, State.IN_HOUSE, State.ON_LEAVE)),
    )
    elsewhere: dict[str, int] = defaultdict(int)
    for state, place, n in session.execute(query.group_by(AdtVisit.state, AdtVisit.point_of_care)):
        if state is State.REGISTERED:
            result.registered += n
        elif place is None:
            result.unplaced += n
        elif place in unit_of:
            unit = counts[unit_of[place]]
            unit.on_leave += n if state is State.ON_LEAVE else 0
            unit.occupied += n if state is State.IN_HOUSE else 0
        elif state is State.IN_HOUSE:
            elsewhere[place] += n
    for place, n in sorted(elsewhere.items()):
        (result.left_out if place in left_out else result.unmapped).append(LocationCount(place, n))


def _conflicts(session: Session, facility_id: str, left_out: set[str]) -> list[BedConflict]:
    place = (AdtVisit.point_of_care, AdtVisit.room, AdtVisit.bed)
    query = (
        sa.select(*place, sa.func.count())
        .where(AdtVisit.facility_id == facility_id, AdtVisit.state == State.IN_HOUSE, AdtVisit.bed != "")
        .group_by(*place)
        .having(sa.func.count() > 1)
        .order_by(*place)
    )
    return [
        BedConflict(p or "", room, bed, n) for p, room, bed, n in session.execute(query) if p not in left_out
    ]


def _add_bed_status(
    session: Session, facility_id: str, counts: dict[str, UnitCensus], unit_of: dict[str, str]
) -> None:
    query = sa.select(AdtBed.point_of_care, AdtBed.status, sa.func.count())
    query = query.where(AdtBed.facility_id == facility_id, AdtBed.status.in_(("C", "H", "K", "I")))
    for place, status, n in session.execute(query.group_by(AdtBed.point_of_care, AdtBed.status)):
        if place in unit_of:
            counts[unit_of[place]].beds[BED_STATUS[status]] += n


def _add_day(session: Session, facility: Facility, result: Census) -> None:
    """Counts of the hospital's own day. Events by when they happened, messages by when they came."""
    begin, end = _bounds(result.day, facility.zone)
    counted = (
        Effect.ADMITTED,
        Effect.DISCHARGED,
        Effect.CANCELLED,
        Effect.CORRECTED,
        Effect.UNMATCHED,
    )
    query = sa.select(AdtEvent.effect, sa.func.count()).where(
        AdtEvent.facility_id == facility.id,
        AdtEvent.effect.in_(counted),
        AdtEvent.at >= begin,
        AdtEvent.at < end,
    )
    by_effect: dict[Effect, int] = dict(session.execute(query.group_by(AdtEvent.effect)).all())
    result.admissions = by_effect.get(Effect.ADMITTED, 0)
    result.discharges = by_effect.get(Effect.DISCHARGED, 0)
    result.cancelled = by_effect.get(Effect.CANCELLED, 0)
    result.corrected = by_effect.get(Effect.CORRECTED, 0)
    result.unmatched = by_effect.get(Effect.UNMATCHED, 0)
    tally = session.get(AdtDay, (facility.id, result.day))
    if tally is not None:
        result.messages, result.duplicates, result.refused = tally.messages, tally.duplicates, tally.refused


def _bounds(day: date, zone: str) -> tuple[datetime, datetime]:
    """The day's first moment and the next one's; 23, 24 or 25 hours apart."""
    tz = ZoneInfo(zone)
    begin = datetime(day.year, day.month, day.day, tzinfo=tz)
    after = day + timedelta(days=1)
    return as_utc(begin), as_utc(datetime(after.year, after.month, after.day, tzinfo=tz))
