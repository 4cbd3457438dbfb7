"""A person decides, never the program: confirms what it recommends, declines, or sets another level or one S."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.core.errors import Conflict, Forbidden, Invalid, NotFound
from app.core.permissions import Permission
from app.facilities.queries import facility as get_facility
from app.facilities.stream import stream_of
from app.incidents import actions as incident_actions
from app.incidents.actions.positions import open_one
from app.incidents.actions.record import record
from app.incidents.actions.record import take as take_incident
from app.incidents.actions.tasks import add_one
from app.incidents.models import Incident, Position, Task, TaskState
from app.incidents.rules import required_text
from app.surge import continuum, events
from app.surge.actions.hospitals import open_incidents_locked, take, tell
from app.surge.actions.recommending import end, reconcile, settle
from app.surge.continuum import RESOURCES, Decision, Held, Sign
from app.surge.inforce import held, inputs, levels_of, signs, stale_inputs
from app.surge.levels import BANDS, HIGHEST_RANK, Ladder, Level
from app.surge.models import Recommendation, RecommendationState, SurgeBand, SurgeLevel
from app.surge.queries import open_recommendation

PLAN = "plan"


@dataclass(frozen=True, slots=True)
class Said:
    """What a person says with a decision. The plan starts in `incident_id`, or in an incident declared here from
    `guide`; with neither the level is only noted. `resources`: the S that drive it. `name`: their own, typed, to go
    into crisis. `restart`: on leaving it, that the care put off is staffed to start again.
    """

    reason: str
    incident_id: str | None = None
    guide: str | None = None
    resources: Collection[str] = ()
    name: str = ""
    restart: bool = False


def confirm(
    uow: UnitOfWork,
    actor: Actor,
    recommendation_id: str,
    *,
    reason: str,
    incident_id: str | None = None,
    guide: str | None = None,
    resources: Collection[str] = (),
    name: str = "",
) -> Recommendation:
    """Set the level that is recommended; see Said. Raises Conflict naming who decided first."""
    recommendation = _take_recommendation(uow, actor, recommendation_id)
    said = _checked(Said(reason, incident_id, guide, resources, name))
    if incident_id is not None and _incident(uow, incident_id).exercise:
        raise Invalid.field("incident_id", "a real recommendation is not confirmed in an exercise")
    incidents = open_incidents_locked(uow, [recommendation.facility_id])
    place = _place(uow, actor, recommendation.facility_id)
    decision = _risen(place, actor, recommendation.rank, said)
    end(uow, actor, recommendation, RecommendationState.CONFIRMED, said.reason, incidents)
    _set_real(uow, actor, place, decision, said)
    return recommendation


def decline(uow: UnitOfWork, actor: Actor, recommendation_id: str, *, reason: str) -> Recommendation:
    """Leave the level as it is. The firings behind it recommend nothing more; new ones may."""
    recommendation = _take_recommendation(uow, actor, recommendation_id)
    reason = required_text("reason", reason, 2000)
    incidents = open_incidents_locked(uow, [recommendation.facility_id])
    settle(uow, recommendation.facility_id, recommendation.rank)
    end(uow, actor, recommendation, RecommendationState.DECLINED, reason, incidents)
    return recommendation


def set_level(
    uow: UnitOfWork,
    actor: Actor,
    facility_id: str,
    *,
    rank: int,
    reason: str,
    incident_id: str | None = None,
    guide: str | None = None,
    resources: Collection[str] = (),
    name: str = "",
    restart: bool = False,
) -> None:
    """Set any higher level, or go down by one; see Said. In an exercise the level is the exercise's own.

    Going down raises Conflict while inputs are stale, or while something stands that speaks for more.
    """
    said = _begin(uow, actor, facility_id, Said(reason, incident_id, guide, resources, name, restart))
    place = _place(uow, actor, facility_id, incident_id)
    if rank not in place.ladder:
        raise Invalid.field("rank", f"must be one of {', '.join(map(str, place.ladder.ranks))}")
    if rank == place.held.rank:
        raise Conflict(f"The level is {place.held.label} already.")
    if rank > place.held.rank:
        decision = _risen(place, actor, rank, said)
    else:
        stale = [] if place.exercise else stale_inputs(uow.session, facility_id, uow.now)
        decision = continuum.lower(place.held, place.ladder, rank, place.signs, stale, restart=restart)
    _carry_out(uow, actor, place, decision, said)


def set_band(
    uow: UnitOfWork,
    actor: Actor,
    facility_id: str,
    *,
    resource: str,
    band: str,
    reason: str,
    incident_id: str | None = None,
    guide: str | None = None,
    name: str = "",
    restart: bool = False,
) -> None:
    """Put one of the four S at a band. When it becomes the worst the level rises with it, and its plan starts."""
    if resource not in RESOURCES:
        raise Invalid.field("resource", f"must be one of {', '.join(RESOURCES)}")
    if band not in BANDS:
        raise Invalid.field("band", f"must be one of {', '.join(BANDS)}")
    said = _begin(uow, actor, facility_id, Said(reason, incident_id, guide, [resource], name, restart))
    place = _place(uow, actor, facility_id, incident_id)
    stale = [] if place.exercise else inputs(uow.session, facility_id, uow.now).get(resource, [])
    decision = continuum.put(place.held, place.ladder, resource, band, place.signs, stale, restart=restart)
    _require_own_step(place, actor, decision, said)
    _carry_out(uow, actor, place, decision, said)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a decision falls: a hospital, or an exercise of it; with what holds there and what speaks."""

    facility_id: str
    exercise: Incident | None
    ladder: Ladder
    held: Held
    signs: Sequence[Sign]

    @property
    def stream(self) -> str:
        return self.exercise.stream if self.exercise else stream_of(self.facility_id)


def _begin(uow: UnitOfWork, actor: Actor, facility_id: str, said: Said) -> Said:
    _require_person(actor, facility_id)
    get_facility(uow.session, facility_id)
    said = _checked(said)
    take(uow, [facility_id])
    return said


def _checked(said: Said) -> Said:
    if any(each not in RESOURCES for each in said.resources):
        raise Invalid.field("resources", f"must be of {', '.join(RESOURCES)}")
    return replace(said, reason=required_text("reason", said.reason, 2000))


def _place(uow: UnitOfWork, actor: Actor, facility_id: str, incident_id: str | None = None) -> _Place:
    """The exercise, when the incident is one; otherwise the hospital itself, which the caller has taken."""
    ladder = levels_of(uow.session, facility_id)
    if incident_id is not None and _incident(uow, incident_id).exercise:
        exercise = take_incident(uow, actor, None, incident_id)
        _require_place(exercise, facility_id)
        return _Place(facility_id, exercise, ladder, held(uow.session, exercise.stream, ladder), ())
    now = held(uow.session, stream_of(facility_id), ladder)
    return _Place(facility_id, None, ladder, now, signs(uow.session, facility_id))


def _risen(place: _Place, actor: Actor, rank: int, said: Said) -> Decision:
    decision = continuum.rise(place.held, place.ladder, rank, place.signs, said.resources)
    _require_own_step(place, actor, decision, said)
    return decision


def _require_own_step(place: _Place, actor: Actor, decision: Decision, said: Said) -> None:
    if continuum.into_crisis(place.held, decision):
        continuum.require_own_step(actor.name, said.name, declares=said.guide is not None)


def _carry_out(uow: UnitOfWork, actor: Actor, place: _Place, decision: Decision, said: Said) -> None:
    if place.exercise is None:
        _set_real(uow, actor, place, decision, said)
        return
    record(uow, place.exercise, actor, _keep(uow, actor, place, decision, said))
    if decision.level is not None:
        start_plan(uow, actor, place.exercise, decision.level)


def _set_real(uow: UnitOfWork, actor: Actor, place: _Place, decision: Decision, said: Said) -> None:
    facility_id, level = place.facility_id, decision.level
    open_incidents_locked(uow, [facility_id])  # all of them in order, before the one that hosts the plan
    host = _host(uow, actor, facility_id, said) if level is not None else None
    everywhere = open_incidents_locked(uow, [facility_id])
    change = _keep(uow, actor, place, decision, said)
    tell(uow, actor, facility_id, [i for i in everywhere if not i.exercise], change)
    if level is None:
        return
    settle(uow, facility_id, level.rank if level.rank > place.held.rank else HIGHEST_RANK)
    if host is not None:
        start_plan(uow, actor, host, level)
    standing = open_recommendation(uow.session, facility_id)
    if standing is not None and standing.rank <= level.rank:
        end(uow, actor, standing, RecommendationState.SUPERSEDED, said.reason, everywhere)
    reconcile(uow, facility_id, everywhere)


def start_plan(uow: UnitOfWork, actor: Actor, incident: Incident, level: Level) -> None:
    """Copy the level's tasks into an incident that the caller has taken, opening the positions they need.
    What stands there as an open task already is not added again.
    """
    waiting = sa.select(Task.position_slug, Task.text).where(
        Task.incident_id == incident.id, Task.source == PLAN, Task.state == TaskState.OPEN
    )
    there = {(row.position_slug, row.text) for row in uow.session.execute(waiting)}
    for task in level.tasks:
        if (task.position, task.text) in there:
            continue
        if uow.session.get(Position, (incident.id, task.position)) is None:
            open_one(uow, incident, actor, task.position)
        due_at = uow.now + timedelta(minutes=task.due_minutes)
        add_one(uow, incident, actor, task.position, task.text, window="", due_at=due_at, source=PLAN)


def _take_recommendation(uow: UnitOfWork, actor: Actor, recommendation_id: str) -> Recommendation:
    found = uow.session.get(Recommendation, recommendation_id)
    if found is None:
        raise NotFound("There is no such recommendation.")
    _require_person(actor, found.facility_id)
    take(uow, [found.facility_id])
    uow.session.refresh(found)
    if found.state is not RecommendationState.OPEN:
        raise Conflict(f"{found.label} is no longer open: {found.state.value} by {found.ended_by}.")
    return found


def _require_person(actor: Actor, facility_id: str) -> None:
    actor.require(Permission.SURGE_CONFIRM, facility_id)
    if actor.kind != "account":
        raise Forbidden("Only a person with an account can decide on a surge level.")


def _host(uow: UnitOfWork, actor: Actor, facility_id: str, said: Said) -> Incident | None:
    """The incident in which the plan starts, if any."""
    if said.incident_id is not None:
        incident = take_incident(uow, actor, None, said.incident_id)
        _require_place(incident, facility_id)
        return incident
    if said.guide is None:
        return None
    return incident_actions.declare(
        uow,
        actor,
        guide=said.guide,
        facility_id=facility_id,
        exercise=False,
        activation_level="partial",
        reason=said.reason,
    )


def _incident(uow: UnitOfWork, incident_id: str) -> Incident:
    found = uow.session.get(Incident, incident_id)
    if found is None:
        raise Invalid.field("incident_id", "there is no such incident")
    return found


def _require_place(incident: Incident, facility_id: str) -> None:
    if incident.facility_id != facility_id:
        raise Invalid.field("incident_id", f"{incident.number} is at another hospital")


def _keep(
    uow: UnitOfWork, actor: Actor, place: _Place, decision: Decision, said: Said
) -> events.SurgeLevelSet | events.SurgeBandSet:
    """Write the decision into the tables, and say it as an entry."""
    for resource, band in decision.bands.items():
        row = uow.session.get(SurgeBand, (place.stream, resource))
        row = row or SurgeBand(stream=place.stream, resource=resource)
        row.band, row.assumed = band, decision.assumed
        row.set_at, row.set_by, row.reason = uow.now, actor.name, said.reason
        uow.session.add(row)
    if decision.level is not None:
        _keep_level(uow, actor, place, decision.level, said.reason)
    uow.session.flush()
    if decision.level is not None:
        return _level_set(place, decision, decision.level, said)
    ((resource, band),) = decision.bands.items()
    return events.SurgeBandSet(
        resource=resource,
        band=band,
        from_band=place.held.bands[resource],
        reason=said.reason,
        drivers=list(decision.drivers),
        despite=list(decision.despite),
        restart=said.restart,
    )


def _keep_level(uow: UnitOfWork, actor: Actor, place: _Place, level: Level, reason: str) -> None:
    row = uow.session.get(SurgeLevel, place.stream) or SurgeLevel(stream=place.stream)
    row.rank, row.label, row.meaning = level.rank, level.label, level.meaning
    row.colour, row.band, row.version = level.colour, level.band, place.ladder.version
    row.set_at, row.set_by, row.reason = uow.now, actor.name, reason
    uow.session.add(row)


def _level_set(place: _Place, decision: Decision, level: Level, said: Said) -> events.SurgeLevelSet:
    return events.SurgeLevelSet(
        rank=level.rank,
        label=level.label,
        from_rank=place.held.rank,
        from_label=place.held.label,
        reason=said.reason,
        despite=list(decision.despite),
        band=level.band,
        from_band=place.held.band,
        colour=level.colour,
        version=place.ladder.version,
        bands=dict(decision.bands),
        drivers=list(decision.drivers),
        assumed=decision.assumed,
        restart=said.restart and level.rank < place.held.rank,
    )
