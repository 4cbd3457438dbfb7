"""Taking a hospital: its journal locked, its triggers there, its open incidents known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.facilities.stream import stream_of, take_hospitals
from app.incidents.actions.record import record
from app.incidents.models import Incident, IncidentState
from app.incidents.models import stream_of as incident_stream
from app.incidents.queries import open_incidents
from app.journal import Event, append, lock
from app.surge import packs
from app.surge.definitions import Definition, write
from app.surge.models import SurgeHospital, Trigger, TriggerState, TriggerVersion
from app.surge.occupancy import Key, Known, fresh_until
from app.surge.queries import latest_known
from app.surge.triggers import Status

PROGRAM = Actor.system("surge")


def take(uow: UnitOfWork, facility_ids: Iterable[str]) -> None:
    """Lock these hospitals, and give a new one the triggers that the program ships."""
    wanted = set(facility_ids)
    take_hospitals(uow, wanted)
    known = sa.select(SurgeHospital.facility_id).where(SurgeHospital.facility_id.in_(wanted))
    if new := sorted(wanted - set(uow.session.scalars(known))):
        _begin(uow, new)


def open_incidents_locked(uow: UnitOfWork, facility_ids: Iterable[str]) -> list[Incident]:
    """The open incidents of these hospitals, which the caller has taken, each locked in turn."""
    found = [i for facility_id in set(facility_ids) for i in open_incidents(uow.session, facility_id)]
    kept = []
    for incident in sorted(found, key=lambda i: i.id):
        lock(uow, incident_stream(incident.id))
        fresh = uow.session.get_one(Incident, incident.id, populate_existing=True)
        if fresh.state is IncidentState.ACTIVE:
            kept.append(fresh)
    return kept


def tell(
    uow: UnitOfWork, actor: Actor, facility_id: str, incidents: Sequence[Incident], event: Event
) -> None:
    """Write an event into the hospital's journal and into those of its incidents."""
    append(uow, stream_of(facility_id), actor, event)
    for incident in incidents:
        if incident.facility_id == facility_id:
            record(uow, incident, actor, event)


def note_changes(uow: UnitOfWork, known: Mapping[str, Mapping[Key, Known]]) -> None:
    """Readings of these hospitals, which the caller has taken, are new, or old enough to be stale. `known`: the
    newest of each, by hospital.
    """
    for facility_id, hospital in rows_of(uow, known).items():
        hospital.reading_version += 1
        hospital.fresh_until = fresh_until(known[facility_id], uow.now)
        uow.announce("readings", facility_id)


def note_change(uow: UnitOfWork, facility_id: str) -> None:
    """What the readings of one hospital, which the caller has taken, say may be something else now."""
    note_changes(uow, {facility_id: latest_known(uow.session, facility_id)})


def rows_of(uow: UnitOfWork, facility_ids: Iterable[str]) -> dict[str, SurgeHospital]:
    query = sa.select(SurgeHospital).where(SurgeHospital.facility_id.in_(list(facility_ids)))
    return {each.facility_id: each for each in uow.session.scalars(query)}


def wake(uow: UnitOfWork, facility_id: str) -> None:
    """Something else than a reading has moved a trigger of a hospital: the next look is to find out what is due."""
    uow.session.get_one(SurgeHospital, facility_id).due_at = uow.now


def add_trigger(
    uow: UnitOfWork, actor: Actor, facility_id: str, slug: str, definition: Definition, reason: str
) -> Trigger:
    """The first version of a trigger of a hospital that the caller has taken; it has seen nothing yet."""
    trigger = Trigger(id=uow.new_id(), facility_id=facility_id, slug=slug, version=0, retired=False)
    new_version(uow, actor, trigger, definition, reason)
    uow.session.add(TriggerState(trigger_id=trigger.id, status=Status.UNKNOWN))
    uow.session.flush()
    return trigger


def new_version(uow: UnitOfWork, actor: Actor, trigger: Trigger, definition: Definition, reason: str) -> None:
    trigger.version += 1
    _put(trigger, definition)
    uow.session.add(trigger)
    uow.session.flush()
    uow.session.add(TriggerVersion(**_version(uow, actor, trigger, reason)))
    uow.session.flush()


def _begin(uow: UnitOfWork, facility_ids: Sequence[str]) -> None:
    """Every one gets the same, so that many come in few statements."""
    pack = packs.starting()
    reason = f"{pack.title}, {pack.version}"
    hospitals = [{"facility_id": each, "reading_version": 0} for each in facility_ids]
    triggers: list[dict[str, Any]] = []
    versions: list[dict[str, Any]] = []
    for facility_id in facility_ids:
        for shipped in pack.rules:
            first = Trigger(
                id=uow.new_id(), facility_id=facility_id, slug=shipped.slug, version=1, retired=False
            )
            _put(first, shipped.definition)
            triggers.append({name: getattr(first, name) for name in _TRIGGER})
            versions.append(_version(uow, PROGRAM, first, reason))
    states = [{"trigger_id": each["id"], "status": Status.UNKNOWN} for each in triggers]
    for model, rows in (
        (SurgeHospital, hospitals),
        (Trigger, triggers),
        (TriggerVersion, versions),
        (TriggerState, states),
    ):
        if rows:
            uow.session.execute(sa.insert(model), rows)


def _put(trigger: Trigger, definition: Definition) -> None:
    trigger.definition = write(definition)
    trigger.title, trigger.unit_class = definition.title, definition.unit_class
    trigger.recommends_rank = definition.recommends_rank


def _version(uow: UnitOfWork, actor: Actor, trigger: Trigger, reason: str) -> dict[str, Any]:
    return {
        "trigger_id": trigger.id,
        "version": trigger.version,
        "definition": trigger.definition,
        "made_at": uow.now,
        "made_by": actor.name,
        "reason": reason,
    }


_TRIGGER = [column.name for column in Trigger.__table__.columns]
