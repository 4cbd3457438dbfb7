"""Taking a bed run: its hospital's journal locked first, then that of the incident it belongs to."""

from __future__ import annotations

from app.bedruns.models import BedRun, RunState
from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.core.errors import Conflict, NotFound
from app.incidents.models import Incident, IncidentState
from app.incidents.models import stream_of as incident_stream
from app.journal import Event, lock
from app.surge.actions.hospitals import take as take_hospitals
from app.surge.actions.hospitals import tell as tell_hospital

ENDED = {
    RunState.REACHED: "reached its target",
    RunState.OVER: "was over after its four hours",
    RunState.STOPPED: "was stopped",
}


def take(uow: UnitOfWork, run_id: str) -> BedRun:
    """Lock an open run. Raises NotFound, or Conflict when it has ended."""
    found = uow.session.get(BedRun, run_id)
    if found is None:
        raise NotFound("There is no such bed run.")
    take_hospitals(uow, [found.facility_id])
    uow.session.refresh(found)
    if found.state is not RunState.OPEN:
        raise Conflict(f"This bed run {ENDED[found.state]}; nothing more is counted in it.")
    return found


def tell(uow: UnitOfWork, actor: Actor, run: BedRun, event: Event) -> None:
    """Into the hospital's journal, and into the incident's while that is open."""
    tell_hospital(uow, actor, run.facility_id, _open_incident(uow, run), event)


def _open_incident(uow: UnitOfWork, run: BedRun) -> list[Incident]:
    if run.incident_id is None:
        return []
    lock(uow, incident_stream(run.incident_id))
    incident = uow.session.get_one(Incident, run.incident_id, populate_existing=True)
    return [incident] if incident.state is IncidentState.ACTIVE else []
