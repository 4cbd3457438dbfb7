"""From stored events to stored visits: load what belongs together, fold it, write what has changed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.census.models import AdtEvent, AdtVisit
from app.census.rules import Census, fold
from app.census.visits import Base, Effect, Event, Place, Result, State, Visit

PER_QUERY = 400
_VISIT_FIELDS = (
    "state",
    "point_of_care",
    "room",
    "bed",
    "patient_class",
    "admitted_at",
    "ended_at",
    "family",
)
_STORED = (*_VISIT_FIELDS, "pruned_until")


def refold(session: Session, facility_id: str, events: Sequence[Event]) -> bool:
    """Fold the visits of these events, and those merged with them, once more. True when somebody's place or
    state has changed. The events must be stored already."""
    touched = {e.visit for e in events} | {e.absorbs for e in events if e.absorbs}
    if not touched:
        return False
    families = _families(session, facility_id, touched, events)
    stored = _stored_visits(session, facility_id, families)
    rows = _stored_events(session, facility_id, families)
    census = fold((_event(row) for row in rows), _bases(stored))
    _write_effects(session, rows, census)
    return _write_visits(session, facility_id, families, stored, census)


def census_as_of(session: Session, facility_id: str, visits: Collection[str], moment: datetime) -> Census:
    """These visits, and those merged with them, as their events make them up to a moment."""
    families = _families(session, facility_id, visits, ())
    stored = _stored_visits(session, facility_id, families)
    rows = _stored_events(session, facility_id, families)
    return fold((_event(row) for row in rows if row.at <= moment), _bases(stored))


def _bases(stored: dict[str, dict[str, Any]]) -> dict[str, Base]:
    """What stands for the events that are no longer kept."""
    return {
        visit: Base(_visit(visit, row), row["pruned_until"])
        for visit, row in stored.items()
        if row["pruned_until"] is not None
    }


def _visit(key: str, row: dict[str, Any]) -> Visit:
    place = Place(row["point_of_care"], row["room"], row["bed"]) if row["point_of_care"] else None
    return Visit(key, row["state"], place, row["patient_class"], row["admitted_at"], row["ended_at"])


def _families(
    session: Session, facility_id: str, touched: Collection[str], events: Sequence[Event]
) -> dict[str, str]:
    """Every visit to be folded, with the family it is in: the smallest key of those ever merged with it."""
    query = sa.select(AdtVisit.visit, AdtVisit.family).where(AdtVisit.facility_id == facility_id)
    family = dict.fromkeys(touched, "")
    for some in chunks(sorted(touched)):
        family.update((v, f) for v, f in session.execute(query.where(AdtVisit.visit.in_(some))))
    family = {visit: found or visit for visit, found in family.items()}
    # Visits merged before bring their whole family along.
    for some in chunks(sorted(set(family.values()))):
        family.update((v, f) for v, f in session.execute(query.where(AdtVisit.family.in_(some))))
    for event in events:
        if event.absorbs:
            one, other = sorted((family[event.visit], family[event.absorbs]))
            if one != other:
                family = {visit: one if found == other else found for visit, found in family.items()}
    return family


def _stored_visits(session: Session, facility_id: str, visits: Collection[str]) -> dict[str, dict[str, Any]]:
    columns = [AdtVisit.visit, *(getattr(AdtVisit, name) for name in _STORED)]
    found: dict[str, dict[str, Any]] = {}
    for some in chunks(sorted(visits)):
        query = sa.select(*columns).where(AdtVisit.facility_id == facility_id, AdtVisit.visit.in_(some))
        for row in session.execute(query).mappings():
            found[row["visit"]] = {name: row[name] for name in _STORED}
    return found


def _stored_events(session: Session, facility_id: str, visits: Collection[str]) -> list[Any]:
    found: list[Any] = []
    for some in chunks(sorted(visits)):
        query = sa.select(*AdtEvent.__table__.columns)
        query = query.where(AdtEvent.facility_id == facility_id, AdtEvent.visit.in_(some))
        found += session.execute(query).all()
    return found


def _event(row: Any) -> Event:
    return Event(
        visit=row.visit,
        kind=row.kind,
        at=row.at,
        sent_at=row.sent_at,
        ident=row.ident,
        place=Place(row.point_of_care, row.room, row.bed) if row.point_of_care else None,
        prior=Place(row.prior_point_of_care, row.prior_room, row.prior_bed)
        if row.prior_point_of_care
        else None,
        patient_class=row.patient_class,
        absorbs=row.absorbs or "",
    )


def _write_effects(session: Session, rows: Iterable[Any], census: Census) -> None:
    changed = []
    for row in rows:
        result = census.results.get(row.ident, Result(Effect.NONE))
        if (row.effect, row.why) != (result.effect, result.why):
            changed.append({"key": row.ident, "new_effect": result.effect, "new_why": result.why})
    if changed:
        statement = (
            sa.update(AdtEvent)
            .where(AdtEvent.ident == sa.bindparam("key"))
            .values(effect=sa.bindparam("new_effect"), why=sa.bindparam("new_why"))
        )
        session.connection().execute(statement, changed)


def _write_visits(
    session: Session,
    facility_id: str,
    families: dict[str, str],
    stored: dict[str, dict[str, Any]],
    census: Census,
) -> bool:
    new: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    moved = False
    for visit, family in families.items():
        values = _values(census.visits.get(visit) or Visit(visit), family)
        before = stored.get(visit)
        if before is not None and all(before[name] == value for name, value in values.items()):
            continue
        key = {"facility_id": facility_id, "visit": visit}
        (changed if before else new).append(key | values)
        shown = (before or {}).get("state"), (before or {}).get("point_of_care"), (before or {}).get("bed")
        moved = moved or shown != (values["state"], values["point_of_care"], values["bed"])
    if new:
        session.execute(sa.insert(AdtVisit).execution_options(render_nulls=True), new)
    if changed:
        session.execute(sa.update(AdtVisit), changed)
    return moved


def _values(visit: Visit, family: str) -> dict[str, Any]:
    place = visit.place if visit.state not in (State.MERGED, State.UNKNOWN) else None
    return {
        "state": visit.state,
        "point_of_care": place.point_of_care if place else None,
        "room": place.room if place else "",
        "bed": place.bed if place else "",
        "patient_class": visit.patient_class,
        "admitted_at": visit.admitted_at,
        "ended_at": visit.ended_at,
        "family": family,
    }


def chunks(items: Sequence[str]) -> Iterable[Sequence[str]]:
    """Few enough at a time for one IN list."""
    return (items[start : start + PER_QUERY] for start in range(0, len(items), PER_QUERY))
