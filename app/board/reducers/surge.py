"""Triggers, recommendations and the surge level."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.board.picture import Picture, on, reads_tables
from app.board.sections.surge import BandView, FiringView, LevelView, RecommendationView, ShelvedView, Surge
from app.facilities.stream import stream_of
from app.incidents.events import IncidentClosed
from app.incidents.models import Incident, IncidentState
from app.journal import Entry
from app.surge import events, history, inforce, queries
from app.surge.models import SurgeBand, SurgeLevel

CARD = "surge"


@on(events.TriggerFired, cards=(CARD,))
def fired(picture: Picture, _entry: Entry, event: events.TriggerFired) -> None:
    picture.surge.firings[event.firing_id] = _firing(event)


@on(events.TriggerCleared, cards=(CARD,))
def cleared(picture: Picture, _entry: Entry, event: events.TriggerCleared) -> None:
    del picture.surge.firings[event.firing_id]


@on(events.TriggerAcknowledged, cards=(CARD,))
def acknowledged(picture: Picture, entry: Entry, event: events.TriggerAcknowledged) -> None:
    firing = picture.surge.firings[event.firing_id]
    firing.acknowledged_by, firing.acknowledged_at = entry.actor["name"], entry.occurred_at


@on(events.TriggerShelved, cards=(CARD,))
def shelved(picture: Picture, entry: Entry, event: events.TriggerShelved) -> None:
    """What comes back from being put aside is new to everybody."""
    picture.surge.shelved[event.trigger_id] = ShelvedView(
        event.trigger_id, event.title, event.until, event.reason, entry.actor["name"]
    )
    for firing in picture.surge.firings.values():
        if firing.trigger_id == event.trigger_id:
            firing.acknowledged_by, firing.acknowledged_at = "", None


@on(events.TriggerUnshelved, cards=(CARD,))
def unshelved(picture: Picture, _entry: Entry, event: events.TriggerUnshelved) -> None:
    picture.surge.shelved.pop(event.trigger_id, None)


@on(events.SurgeRecommended, cards=(CARD,))
def recommended(picture: Picture, _entry: Entry, event: events.SurgeRecommended) -> None:
    picture.surge.recommendation = _recommendation(event)


@on(events.RecommendationEnded, cards=(CARD,))
def recommendation_ended(picture: Picture, _entry: Entry, _event: events.RecommendationEnded) -> None:
    picture.surge.recommendation = None


@on(events.SurgeLevelSet, cards=(CARD,))
def level_set(picture: Picture, entry: Entry, event: events.SurgeLevelSet) -> None:
    at, who = entry.occurred_at, entry.actor["name"]
    picture.surge.level = LevelView(event.rank, event.label, at, who, event.reason, event.band, event.colour)
    for resource, band in event.bands.items():
        picture.surge.bands[resource] = BandView(resource, band, at, who, event.reason, event.assumed)


@on(events.SurgeBandSet, cards=(CARD,))
def band_set(picture: Picture, entry: Entry, event: events.SurgeBandSet) -> None:
    picture.surge.bands[event.resource] = BandView(
        event.resource, event.band, entry.occurred_at, entry.actor["name"], event.reason, assumed=False
    )


@on(events.SurgeCarriedOver, cards=(CARD,))
def carried_over(picture: Picture, _entry: Entry, event: events.SurgeCarriedOver) -> None:
    if event.level is not None:
        picture.surge.level = _level(event.level)
    picture.surge.bands = {each.resource: _band(each) for each in event.bands}
    picture.surge.firings = {each.firing_id: _firing(each) for each in event.firings}
    picture.surge.shelved = {
        each.trigger_id: ShelvedView(each.trigger_id, each.title, each.until, each.reason, each.shelved_by)
        for each in event.shelved
    }
    if event.recommendation is not None:
        picture.surge.recommendation = _recommendation(event.recommendation)


@on(IncidentClosed, cards=(CARD,))
def closed(picture: Picture, _entry: Entry, _event: IncidentClosed) -> None:
    picture.surge = Surge()


@reads_tables
def read(session: Session, incident_id: str, picture: Picture) -> None:
    incident = session.get_one(Incident, incident_id)
    if incident.state is IncidentState.CLOSED:
        return
    stream = incident.stream if incident.exercise else stream_of(incident.facility_id)
    level = session.get(SurgeLevel, stream)
    if level is not None:
        picture.surge.level = _level(level)
    picture.surge.bands = {each.resource: _band(each) for each in inforce.bands(session, stream)}
    for firing, trigger in queries.standing_firings(session, incident.facility_id):
        picture.surge.firings[firing.id] = FiringView(
            firing.id,
            trigger.id,
            firing.title,
            trigger.unit_class,
            firing.said,
            firing.rule,
            firing.severity,
            firing.action,
            firing.version,
            firing.since,
            firing.fired_at,
            firing.resource,
            firing.acknowledged_by or "",
            firing.acknowledged_at,
        )
    for each, trigger in queries.shelvings(session, incident.facility_id):
        picture.surge.shelved[trigger.id] = ShelvedView(
            trigger.id, trigger.title, each.until, each.reason, each.shelved_by
        )
    standing = queries.open_recommendation(session, incident.facility_id)
    if standing is not None:
        picture.surge.recommendation = RecommendationView(
            standing.id,
            standing.rank,
            standing.label,
            standing.because,
            standing.made_at,
            standing.band,
            standing.drivers.split(",") if standing.drivers else [],
        )


def _firing(event: events.TriggerFired | events.FiringData) -> FiringView:
    return FiringView(
        event.firing_id,
        event.trigger_id,
        event.title,
        event.unit_class,
        history.said({"said": event.said, "used": event.used, "of": event.of}),
        event.rule,
        event.severity,
        event.action,
        event.version,
        event.since,
        event.fired_at,
        event.resource,
        event.acknowledged_by if isinstance(event, events.FiringData) else "",
        event.acknowledged_at if isinstance(event, events.FiringData) else None,
    )


def _recommendation(event: events.SurgeRecommended | events.RecommendationData) -> RecommendationView:
    return RecommendationView(
        event.recommendation_id,
        event.rank,
        event.label,
        event.because,
        event.made_at,
        event.band,
        event.drivers,
    )


def _level(found: events.LevelData | SurgeLevel) -> LevelView:
    return LevelView(
        found.rank, found.label, found.set_at, found.set_by, found.reason, found.band, found.colour
    )


def _band(found: events.BandData | SurgeBand) -> BandView:
    return BandView(found.resource, found.band, found.set_at, found.set_by, found.reason, found.assumed)
