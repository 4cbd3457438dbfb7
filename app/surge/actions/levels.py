"""A person decides, never the program: confirms what it recommends, declines, or sets another level."""

from __future__ import annotations

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
from app.surge import events, packs
from app.surge.actions.hospitals import open_incidents_locked, take, tell
from app.surge.actions.recommending import end, reconcile, settle
from app.surge.definitions import read
from app.surge.models import Firing, Recommendation, RecommendationState, SurgeLevel, Trigger
from app.surge.queries import level_rank, open_recommendation, stale_inputs, standing_firings

PLAN = "plan"


def confirm(
    uow: UnitOfWork,
    actor: Actor,
    recommendation_id: str,
    *,
    reason: str,
    incident_id: str | None = None,
    guide: str | None = None,
) -> Recommendation:
    """Set the level that is recommended. Its plan starts in `incident_id`, or in an incident declared here
    from `guide`; with neither the level is only noted. Raises Conflict naming who decided first.
    """
    recommendation = _take_recommendation(uow, actor, recommendation_id)
    reason = required_text("reason", reason, 2000)
    if incident_id is not None and _incident(uow, incident_id).exercise:
        raise Invalid.field("incident_id", "a real recommendation is not confirmed in an exercise")
    incidents = open_incidents_locked(uow, [recommendation.facility_id])
    end(uow, actor, recommendation, RecommendationState.CONFIRMED, reason, incidents)
    _set_real(uow, actor, recommendation.facility_id, recommendation.rank, reason, incident_id, guide)
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
) -> None:
    """Set any higher level, or go down by one. In an exercise the level is the exercise's own.

    Raises Conflict while inputs of the triggers are stale and the level would go down.
    """
    _require_person(actor, facility_id)
    get_facility(uow.session, facility_id)
    if not 0 <= rank < len(packs.levels()):
        raise Invalid.field("rank", f"must be a whole number from 0 to {len(packs.levels()) - 1}")
    reason = required_text("reason", reason, 2000)
    take(uow, [facility_id])
    if incident_id is not None and _incident(uow, incident_id).exercise:
        _set_in_exercise(uow, actor, facility_id, rank, reason, incident_id)
        return
    current = level_rank(uow.session, facility_id)
    _check_step(current, rank)
    if rank < current and (stale := stale_inputs(uow.session, facility_id, uow.now)):
        raise Conflict(
            f"Going down needs fresh numbers. Not known or too old: {', '.join(stale)}. Enter them first."
        )
    _set_real(uow, actor, facility_id, rank, reason, incident_id, guide)


def _set_real(
    uow: UnitOfWork,
    actor: Actor,
    facility_id: str,
    rank: int,
    reason: str,
    incident_id: str | None,
    guide: str | None,
) -> None:
    open_incidents_locked(uow, [facility_id])  # all of them in order, before the one that hosts the plan
    host = _host(uow, actor, facility_id, reason, incident_id, guide)
    everywhere = open_incidents_locked(uow, [facility_id])
    current = level_rank(uow.session, facility_id)
    despite = _speaking_for_more(uow, facility_id, rank) if rank < current else []
    _keep(uow, actor, stream_of(facility_id), rank, reason)
    change = _level_set(current, rank, reason, despite)
    tell(uow, actor, facility_id, [i for i in everywhere if not i.exercise], change)
    settle(uow, facility_id, rank if rank > current else packs.levels()[-1].rank)
    if host is not None:
        start_plan(uow, actor, host, packs.levels()[rank])
    standing = open_recommendation(uow.session, facility_id)
    if standing is not None and standing.rank <= rank:
        end(uow, actor, standing, RecommendationState.SUPERSEDED, reason, everywhere)
    reconcile(uow, facility_id, everywhere)


def _set_in_exercise(
    uow: UnitOfWork, actor: Actor, facility_id: str, rank: int, reason: str, incident_id: str
) -> None:
    incident = take_incident(uow, actor, None, incident_id)
    _require_place(incident, facility_id)
    held = uow.session.get(SurgeLevel, incident.stream)
    current = held.rank if held else 0
    _check_step(current, rank)
    _keep(uow, actor, incident.stream, rank, reason)
    record(uow, incident, actor, _level_set(current, rank, reason, []))
    start_plan(uow, actor, incident, packs.levels()[rank])


def start_plan(uow: UnitOfWork, actor: Actor, incident: Incident, level: packs.Level) -> None:
    """Copy the level's tasks into an incident that the caller has taken, opening the positions they need.
    What stands there as an open task already is not added again.
    """
    waiting = sa.select(Task.id, Task.position_slug, Task.text).where(
        Task.incident_id == incident.id, Task.source == PLAN, Task.state == TaskState.OPEN
    )
    there = {(row.position_slug, row.text): row.id for row in uow.session.execute(waiting)}
    added: list[str] = []
    for task in level.tasks:
        if (task.position, task.text) in there:
            continue
        if uow.session.get(Position, (incident.id, task.position)) is None:
            open_one(uow, incident, actor, task.position)
        due_at = uow.now + timedelta(minutes=task.due_minutes)
        made = add_one(
            uow,
            incident,
            actor,
            task.position,
            task.text,
            window="",
            due_at=due_at,
            source=PLAN,
            evidence_asked=task.evidence,
        )
        added.append(made.id)
    standing = [there[key] for task in level.tasks if (key := (task.position, task.text)) in there]
    _tell_started(uow, actor, incident, level, added, standing)


def _tell_started(
    uow: UnitOfWork,
    actor: Actor,
    incident: Incident,
    level: packs.Level,
    added: list[str],
    standing: list[str],
) -> None:
    """So that what is done can be measured against it; an exercise tells its own journal alone."""
    firings = [] if incident.exercise else standing_firings(uow.session, incident.facility_id)
    spoke = [read(each.definition) for _, each in firings if each.recommends_rank >= max(1, level.rank)]
    started = events.PlanStarted(
        rank=level.rank,
        label=level.label,
        incident_id=incident.id,
        incident=incident.number,
        tasks=added,
        standing=standing,
        resources=sorted({each.resource for each in spoke}),
    )
    if incident.exercise:
        record(uow, incident, actor, started)
    else:
        tell(uow, actor, incident.facility_id, [incident], started)


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


def _host(
    uow: UnitOfWork, actor: Actor, facility_id: str, reason: str, incident_id: str | None, guide: str | None
) -> Incident | None:
    """The incident in which the plan starts, if any."""
    if incident_id is not None:
        incident = take_incident(uow, actor, None, incident_id)
        _require_place(incident, facility_id)
        return incident
    if guide is None:
        return None
    return incident_actions.declare(
        uow,
        actor,
        guide=guide,
        facility_id=facility_id,
        exercise=False,
        activation_level="partial",
        reason=reason,
    )


def _incident(uow: UnitOfWork, incident_id: str) -> Incident:
    found = uow.session.get(Incident, incident_id)
    if found is None:
        raise Invalid.field("incident_id", "there is no such incident")
    return found


def _require_place(incident: Incident, facility_id: str) -> None:
    if incident.facility_id != facility_id:
        raise Invalid.field("incident_id", f"{incident.number} is at another hospital")


def _check_step(current: int, rank: int) -> None:
    levels = packs.levels()
    if rank == current:
        raise Conflict(f"The level is {levels[rank].label} already.")
    if rank < current - 1:
        raise Invalid.field("rank", f"goes down one level at a time; next is {levels[current - 1].label}")


def _keep(uow: UnitOfWork, actor: Actor, stream: str, rank: int, reason: str) -> None:
    level = uow.session.get(SurgeLevel, stream) or SurgeLevel(stream=stream)
    level.rank, level.label = rank, packs.levels()[rank].label
    level.set_at, level.set_by, level.reason = uow.now, actor.name, reason
    uow.session.add(level)
    uow.session.flush()


def _level_set(current: int, rank: int, reason: str, despite: list[str]) -> events.SurgeLevelSet:
    levels = packs.levels()
    return events.SurgeLevelSet(
        rank=rank,
        label=levels[rank].label,
        from_rank=current,
        from_label=levels[current].label,
        reason=reason,
        despite=despite,
    )


def _speaking_for_more(uow: UnitOfWork, facility_id: str, rank: int) -> list[str]:
    query = (
        sa.select(Trigger.title)
        .join(Firing, Firing.trigger_id == Trigger.id)
        .where(
            Trigger.facility_id == facility_id, Trigger.recommends_rank > rank, Firing.cleared_at.is_(None)
        )
    )
    return list(uow.session.scalars(query.order_by(Trigger.slug)))
