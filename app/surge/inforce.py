"""What is in force and what speaks against it, read from the tables for pages, API and actions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.facilities.models import Unit
from app.facilities.stream import stream_of
from app.surge import packs
from app.surge.continuum import QUIET, RESOURCES, Held, Overall, Sign, overall
from app.surge.definitions import Definition, read
from app.surge.levels import Ladder, read_levels
from app.surge.measures import MEASURES, UnitBeds
from app.surge.models import Firing, LevelSet, Shelving, SurgeBand, SurgeLevel, Trigger, TriggerState
from app.surge.occupancy import Key, Known, parts_at
from app.surge.queries import latest_known


def levels_of(session: Session, facility_id: str) -> Ladder:
    """The named levels of a hospital: its own newest version, or what the program ships."""
    newest = sa.select(LevelSet.version, LevelSet.levels).where(LevelSet.facility_id == facility_id)
    found = session.execute(newest.order_by(LevelSet.version.desc()).limit(1)).first()
    return Ladder(found.version, read_levels(found.levels)) if found else packs.levels()


def level_versions(session: Session, facility_id: str) -> list[LevelSet]:
    """Every version of a hospital's levels, the newest first."""
    query = sa.select(LevelSet).where(LevelSet.facility_id == facility_id)
    return list(session.scalars(query.order_by(LevelSet.version.desc())))


def bands(session: Session, stream: str) -> list[SurgeBand]:
    """Where people have put the four S, in their order."""
    found = session.scalars(sa.select(SurgeBand).where(SurgeBand.stream == stream))
    return sorted(found, key=lambda each: RESOURCES.index(each.resource))


def held(session: Session, stream: str, ladder: Ladder) -> Held:
    """What people have decided; a hospital where nobody ever has is at its lowest level."""
    level = session.get(SurgeLevel, stream)
    by_resource = {each.resource: each.band for each in bands(session, stream)}
    decided = {**QUIET, **by_resource}
    if level is None:
        return Held(0, ladder[0].label, bands=decided)
    return Held(level.rank, level.label, level.band, decided)


def signs(session: Session, facility_id: str) -> list[Sign]:
    """The triggers that have fired and speak for a level, the oldest first."""
    shelved = sa.select(Shelving.trigger_id).where(Shelving.ended_at.is_(None))
    query = (
        sa.select(
            Firing.resource,
            Trigger.recommends_rank,
            Firing.title,
            TriggerState.provisional,
            Trigger.id.in_(shelved),
        )
        .join(Trigger, Trigger.id == Firing.trigger_id)
        .join(TriggerState, TriggerState.trigger_id == Trigger.id)
        .where(Trigger.facility_id == facility_id, Firing.cleared_at.is_(None), Trigger.recommends_rank > 0)
        .order_by(Firing.fired_at, Firing.id)
    )
    return [
        Sign(resource, rank, title, not provisional, bool(aside))
        for resource, rank, title, provisional, aside in session.execute(query)
    ]


def inputs(session: Session, facility_id: str, at: datetime) -> dict[str, list[str]]:
    """The S that triggers watch to recommend a level, each with the units whose numbers are missing or too old."""
    units: dict[str, list[Unit]] = {}
    mine = sa.select(Unit).where(Unit.facility_id == facility_id)
    for unit in session.scalars(mine.order_by(Unit.name)):
        units.setdefault(unit.unit_class, []).append(unit)
    watching = sa.select(Trigger.definition).where(
        Trigger.facility_id == facility_id, Trigger.retired.is_(False), Trigger.recommends_rank > 0
    )
    known = latest_known(session, facility_id)
    found: dict[str, dict[str, None]] = {}
    for definition in map(read, session.scalars(watching)):
        for unit in units.get(definition.unit_class, ()):
            stale = found.setdefault(definition.resource, {})
            if not _known(definition, unit, known, at):
                stale[unit.name] = None
    return {resource: sorted(names) for resource, names in found.items()}


def stale_inputs(session: Session, facility_id: str, at: datetime) -> list[str]:
    """The units whose numbers are missing or too old for the triggers that recommend levels."""
    return sorted({name for names in inputs(session, facility_id, at).values() for name in names})


def standing(session: Session, facility_id: str, at: datetime) -> Overall:
    """The four S of a hospital, with what asks for more and what is not known."""
    ladder = levels_of(session, facility_id)
    now = held(session, stream_of(facility_id), ladder)
    stale = inputs(session, facility_id, at)
    return overall(now, signs(session, facility_id), stale, stale.keys(), ladder)


def _known(definition: Definition, unit: Unit, known: Mapping[Key, Known], at: datetime) -> bool:
    beds = UnitBeds(unit.id, unit.staffed_beds, unit.physical_beds)
    measure = MEASURES[definition.measure]
    return parts_at([beds], known, at, measure, definition.rule.stale_after).complete
