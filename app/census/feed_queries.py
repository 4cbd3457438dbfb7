"""Reading what the census enters, what people have counted beside it, and how lists have agreed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.census import queries
from app.census.feeding import COMPARED_WITHIN, SOURCE, Counted, UnitFeed, blocked_beds, disagrees, unit_feed
from app.census.models import (
    AdtBed,
    AdtEvent,
    AdtFeed,
    AdtVisit,
    CensusDifference,
    CensusEntry,
    CensusList,
    CensusSetting,
)
from app.census.reconciling import ListState
from app.census.visits import State
from app.core.errors import NotFound
from app.facilities.models import Facility
from app.facilities.queries import units
from app.surge.models import Reading

HAND_WITHIN = timedelta(hours=12)
"""A hand count older than a shift says nothing about the feed of now."""

OUT_OF_USE = ("C", "H", "K", "I")
SETTLED = (ListState.AGREED, ListState.ACCEPTED, ListState.LEFT)


@dataclass(frozen=True)
class Beside:
    """A unit's last hand count, and what the feed had entered for about the same time."""

    hand: Counted | None
    fed: Counted | None
    differs: bool


@dataclass(frozen=True)
class Silent:
    point_of_care: str | None
    room: str
    bed: str
    admitted_at: datetime | None
    last_at: datetime


def setting(session: Session, facility_id: str) -> CensusSetting:
    """As a person has said it, else the defaults."""
    found = session.get(CensusSetting, facility_id)
    return found or CensusSetting(
        facility_id=facility_id,
        feeds=False,
        every_seconds=60,
        differs_by=2,
        accepts_up_to=0,
        silent_days=14,
        list_daily=False,
    )


def entry(session: Session, facility_id: str) -> CensusEntry | None:
    return session.get(CensusEntry, facility_id)


def due_to_enter(session: Session, now: datetime) -> Sequence[str]:
    """Hospitals whose census has changed, or was confirmed, since it was last entered, and whose turn it is."""
    entered = sa.and_(CensusEntry.version == AdtFeed.version, CensusEntry.event_at == AdtFeed.last_event_at)
    query = (
        sa.select(CensusSetting.facility_id)
        .join(AdtFeed, AdtFeed.facility_id == CensusSetting.facility_id)
        .outerjoin(CensusEntry, CensusEntry.facility_id == CensusSetting.facility_id)
        .where(
            CensusSetting.feeds,
            AdtFeed.last_received_at >= now - queries.FEED_MAX_AGE,
            sa.or_(CensusEntry.facility_id.is_(None), sa.and_(CensusEntry.next_at <= now, sa.not_(entered))),
        )
    )
    return session.scalars(query.order_by(CensusSetting.facility_id)).all()


def unit_feeds(session: Session, place: Facility, now: datetime) -> list[UnitFeed]:
    """Each unit with what may be entered for it, or why nothing is."""
    found = queries.census(session, place, now)
    unit_of, _ = queries.mapping(session, place.id)
    here: dict[str, set[str]] = defaultdict(set)
    for name, unit_id in unit_of.items():
        here[unit_id].add(name)
    ids = {unit.code: unit.id for unit in units(session, place.id)}
    unmapped = [row.location for row in found.unmapped]
    empty = {name for u in found.units if not u.occupied for name in here[ids[u.code]]}
    seen = _seen(session, place.id, empty)
    blocked = _blocked(session, place.id, unit_of)
    return [
        unit_feed(
            u.code,
            u.name,
            occupied=u.occupied,
            blocked=blocked.get(ids[u.code]),
            seen=bool(u.occupied or here[ids[u.code]] & seen),
            unmapped=unmapped,
        )
        for u in found.units
    ]


def beside(session: Session, place: Facility, now: datetime, by: int) -> dict[str, Beside]:
    """By unit code: what people or other systems counted, against the feed."""
    found = {}
    for unit in units(session, place.id):
        rows = (Reading.unit_id == unit.id, Reading.metric == "occupied_beds")
        hand = _newest(session, *rows, Reading.source != SOURCE, Reading.observed_at > now - HAND_WITHIN)
        fed = None
        if hand is not None:
            fed = _newest(
                session,
                *rows,
                Reading.source == SOURCE,
                Reading.observed_at <= hand.at,
                Reading.observed_at > hand.at - COMPARED_WITHIN,
            ) or _newest(session, *rows, Reading.source == SOURCE, Reading.observed_at > hand.at, first=True)
        found[unit.code] = Beside(hand, fed, disagrees(hand, fed, by))
    return found


def last_settled(session: Session, facility_id: str) -> CensusList | None:
    """The newest list that somebody, or the rule, has dealt with."""
    query = sa.select(CensusList).where(
        CensusList.facility_id == facility_id, CensusList.state.in_([s.value for s in SETTLED])
    )
    return session.scalar(query.order_by(CensusList.taken_at.desc()).limit(1))


def lists(session: Session, facility_id: str, most: int = 14) -> Sequence[CensusList]:
    """The newest first."""
    query = sa.select(CensusList).where(CensusList.facility_id == facility_id)
    return session.scalars(query.order_by(CensusList.id.desc()).limit(most)).all()


def census_list(session: Session, list_id: str) -> CensusList:
    found = session.get(CensusList, list_id)
    if found is None:
        raise NotFound("There is no such census list.")
    return found


def differences(session: Session, list_id: str) -> Sequence[CensusDifference]:
    query = sa.select(CensusDifference).where(CensusDifference.list_id == list_id)
    return session.scalars(
        query.order_by(
            CensusDifference.kind,
            CensusDifference.point_of_care,
            CensusDifference.listed_point_of_care,
            CensusDifference.line,
            CensusDifference.visit,
        )
    ).all()


def silent(
    session: Session, facility_id: str, now: datetime, days: int, most: int = 50
) -> tuple[list[Silent], int]:
    """Patients of whose place no message has spoken for so long, the longest first, and how many there are."""
    last = sa.func.max(AdtEvent.at, type_=AdtEvent.at.type)
    query = (
        sa.select(AdtVisit.point_of_care, AdtVisit.room, AdtVisit.bed, AdtVisit.admitted_at, last)
        .join(
            AdtEvent,
            sa.and_(AdtEvent.facility_id == AdtVisit.facility_id, AdtEvent.visit == AdtVisit.visit),
        )
        .where(AdtVisit.facility_id == facility_id, AdtVisit.state.in_((State.IN_HOUSE, State.ON_LEAVE)))
        .group_by(AdtVisit.visit, AdtVisit.point_of_care, AdtVisit.room, AdtVisit.bed, AdtVisit.admitted_at)
        .having(last < now - timedelta(days=days))
        .order_by(last, AdtVisit.visit)
    )
    rows = session.execute(query).all()
    return [Silent(*row) for row in rows[:most]], len(rows)


def _newest(session: Session, *where: sa.ColumnElement[bool], first: bool = False) -> Counted | None:
    order = Reading.observed_at.asc() if first else Reading.observed_at.desc()
    query = sa.select(Reading.value, Reading.observed_at, Reading.source).where(*where)
    row = session.execute(query.order_by(order, Reading.revision.desc()).limit(1)).first()
    return Counted(*row) if row else None


def _seen(session: Session, facility_id: str, names: Collection[str]) -> set[str]:
    """Which of these points of care a message has ever named."""
    found = set()
    for name in sorted(names):
        query = sa.select(AdtVisit.visit).where(
            AdtVisit.facility_id == facility_id, AdtVisit.point_of_care == name
        )
        if session.scalar(query.limit(1)) is not None:
            found.add(name)
    return found


def _blocked(session: Session, facility_id: str, unit_of: dict[str, str]) -> dict[str, int]:
    """By unit id, for units of which a bed status has ever come."""
    beds: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    rows = sa.select(AdtBed.point_of_care, AdtBed.room, AdtBed.bed, AdtBed.status)
    for place, room, bed, status in session.execute(rows.where(AdtBed.facility_id == facility_id)):
        if place in unit_of:
            out = beds[unit_of[place]]
            if status in OUT_OF_USE:
                out.append((place, room, bed))
    taken = _taken(session, facility_id) if any(beds.values()) else set()
    return {unit_id: blocked_beds(out, taken) for unit_id, out in beds.items()}


def _taken(session: Session, facility_id: str) -> set[tuple[str, str, str]]:
    query = sa.select(AdtVisit.point_of_care, AdtVisit.room, AdtVisit.bed).where(
        AdtVisit.facility_id == facility_id, AdtVisit.state == State.IN_HOUSE, AdtVisit.bed != ""
    )
    return {(place or "", room, bed) for place, room, bed in session.execute(query)}


def watched(session: Session) -> Iterable[sa.Row[str, datetime, datetime | None]]:
    """Hospitals that expect a list every day: since when, and when the last settled one was taken."""
    last = sa.select(sa.func.max(CensusList.received_at, type_=CensusList.received_at.type)).where(
        CensusList.facility_id == CensusSetting.facility_id
    )
    query = sa.select(
        CensusSetting.facility_id, CensusSetting.changed_at, last.scalar_subquery().label("last")
    )
    return session.execute(query.where(CensusSetting.list_daily)).all()
