"""An incident that is declared hears how its hospital stands, so that its journal tells the whole story; and boards
hear when beds or ratios are set up anew.
"""

from __future__ import annotations

from app.core.db import UnitOfWork
from app.facilities.events import RatiosChosen, RatiosWaived, UnitNumbersSet, WaiverEnded
from app.facilities.stream import stream_of
from app.incidents.actions.record import record
from app.incidents.events import IncidentDeclared
from app.incidents.models import Incident
from app.journal import Entry, subscribe
from app.surge import events, inforce, queries
from app.surge.actions.hospitals import PROGRAM, note_change
from app.surge.models import Firing, Recommendation, SurgeHospital, SurgeLevel, Trigger


@subscribe(IncidentDeclared)
def carry_over(uow: UnitOfWork, entry: Entry) -> None:
    """Declaring has locked the hospital's journal, so nothing fires between here and the commit."""
    event = entry.event
    assert isinstance(event, IncidentDeclared)
    level = None if event.exercise else queries.level(uow.session, event.facility_id)
    firings = queries.standing_firings(uow.session, event.facility_id)
    recommendation = queries.open_recommendation(uow.session, event.facility_id)
    shelved = queries.shelvings(uow.session, event.facility_id)
    bands = [] if event.exercise else inforce.bands(uow.session, stream_of(event.facility_id))
    if level is None and not firings and recommendation is None and not shelved:
        return
    carried = events.SurgeCarriedOver(
        level=_level(level),
        firings=[_firing(*each) for each in firings],
        recommendation=_open(recommendation),
        shelved=[
            events.ShelvedData(trigger.id, trigger.title, each.until, each.reason, each.shelved_by)
            for each, trigger in shelved
        ],
        bands=[
            events.BandData(each.resource, each.band, each.set_at, each.set_by, each.reason, each.assumed)
            for each in bands
        ],
    )
    record(uow, uow.session.get_one(Incident, event.incident_id), PROGRAM, carried)


@subscribe(UnitNumbersSet, RatiosChosen, RatiosWaived, WaiverEnded)
def set_up_anew(uow: UnitOfWork, entry: Entry) -> None:
    """What is available may be another number now."""
    facility_id = entry.stream.partition(":")[2]
    if uow.session.get(SurgeHospital, facility_id) is not None:
        note_change(uow, facility_id)


def _level(found: SurgeLevel | None) -> events.LevelData | None:
    if found is None:
        return None
    return events.LevelData(
        found.rank, found.label, found.set_at, found.set_by, found.reason, found.band, found.colour
    )


def _firing(firing: Firing, trigger: Trigger) -> events.FiringData:
    return events.FiringData(
        firing_id=firing.id,
        title=firing.title,
        unit_class=trigger.unit_class,
        since=firing.since,
        fired_at=firing.fired_at,
        said=firing.said,
        rule=firing.rule,
        severity=firing.severity,
        action=firing.action,
        version=firing.version,
        acknowledged_by=firing.acknowledged_by or "",
        acknowledged_at=firing.acknowledged_at,
        trigger_id=trigger.id,
        resource=firing.resource,
    )


def _open(found: Recommendation | None) -> events.RecommendationData | None:
    if found is None:
        return None
    drivers = found.drivers.split(",") if found.drivers else []
    return events.RecommendationData(
        found.id, found.rank, found.label, found.because, found.made_at, found.band, drivers
    )
