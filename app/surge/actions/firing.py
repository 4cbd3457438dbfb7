"""Triggers are looked at when readings arrive and when time passes; whoever comes second finds it done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.core.permissions import Permission
from app.facilities.models import Unit
from app.incidents.models import Incident
from app.surge import events
from app.surge.actions.hospitals import PROGRAM, note_change, open_incidents_locked, take, tell
from app.surge.actions.recommending import reconcile
from app.surge.definitions import Definition, amount, duration, read, rule_words
from app.surge.measures import MEASURES, Parts, UnitBeds
from app.surge.models import Firing, Shelving, SurgeHospital, Trigger, TriggerState
from app.surge.occupancy import Key, Known, parts_at, samples
from app.surge.queries import latest_known
from app.surge.standing import keep, show, state_of
from app.surge.triggers import CLEARED, FIRED, UNSHELVED, Transition, evaluate, news
from app.surge.windows import NOW

Arrivals = Sequence[tuple[Key, Known]]


@dataclass(frozen=True)
class Change:
    """`parts` is what the measure was made of then."""

    trigger: Trigger
    transition: Transition
    parts: Parts


def look_again(uow: UnitOfWork, actor: Actor) -> int:
    """Time has passed: evaluate every hospital. Returns how many triggers have fired or cleared."""
    actor.require(Permission.READING_ENTER)
    facility_ids = list(uow.session.scalars(sa.select(SurgeHospital.facility_id)))
    take(uow, facility_ids)
    ended = sa.select(SurgeHospital.facility_id).where(SurgeHospital.fresh_until <= uow.now)
    for facility_id in uow.session.scalars(ended).all():
        note_change(uow, facility_id)
    changes = {
        facility_id: evaluate_hospital(uow, facility_id, latest_known(uow.session, facility_id))
        for facility_id in sorted(facility_ids)
    }
    carry_out(uow, changes)
    return sum(len(found) for found in changes.values())


def evaluate_hospital(
    uow: UnitOfWork, facility_id: str, before: Mapping[Key, Known], arrivals: Arrivals = ()
) -> list[Change]:
    """Move the triggers of a hospital that the caller has taken to this moment, and say what changed.

    `before` is what was known before the arrivals. Triggers whose units report nothing new wait for the tick. A look
    at which nothing fired or cleared is not remembered, so that what was observed before it can still come in.
    """
    units = units_by_class(uow, facility_id)
    reported = {unit_id for (unit_id, _), _ in arrivals}
    query = sa.select(Trigger, TriggerState).join(TriggerState)
    query = query.where(Trigger.facility_id == facility_id, Trigger.retired.is_(False)).order_by(Trigger.slug)
    changes: list[Change] = []
    for trigger, row in uow.session.execute(query):
        mine = units.get(trigger.unit_class, [])
        if not mine or (arrivals and not any(unit.id in reported for unit in mine)):
            continue
        definition, state = read(trigger.definition), state_of(row)
        measure, age = MEASURES[definition.measure], definition.rule.stale_after
        seen = samples(mine, before, arrivals, state.as_of, uow.now, measure, age)
        outcome = evaluate(definition.rule, state, seen, uow.now)
        after, told = news(state, outcome)
        told += tuple(t for t in outcome.transitions if t.kind == UNSHELVED)
        if told or (arrivals and seen):
            keep(row, after)
        else:
            show(row, after)
        for transition in told:
            known = _known_at(before, arrivals, transition.at)
            parts = parts_at(mine, known, transition.at, measure, age)
            changes.append(Change(trigger, transition, parts))
    uow.session.flush()
    return changes


def carry_out(uow: UnitOfWork, changes: Mapping[str, Iterable[Change]]) -> None:
    """Write down what fired and cleared in which hospital, and recommend accordingly."""
    changed = {facility_id: list(found) for facility_id, found in changes.items() if found}
    if not changed:
        return
    incidents = open_incidents_locked(uow, changed)
    carriers = {FIRED: _fire, CLEARED: _clear, UNSHELVED: _unshelve}
    for facility_id, found in sorted(changed.items()):
        for change in found:
            carriers[change.transition.kind](uow, facility_id, change, incidents)
        reconcile(uow, facility_id, incidents)


def units_by_class(uow: UnitOfWork, facility_id: str) -> dict[str, list[UnitBeds]]:
    query = sa.select(Unit.unit_class, Unit.id, Unit.staffed_beds, Unit.physical_beds)
    found: dict[str, list[UnitBeds]] = {}
    for unit_class, unit_id, staffed, physical in uow.session.execute(
        query.where(Unit.facility_id == facility_id)
    ):
        found.setdefault(unit_class, []).append(UnitBeds(unit_id, staffed, physical))
    return found


def _known_at(before: Mapping[Key, Known], arrivals: Arrivals, at: datetime) -> Mapping[Key, Known]:
    known = dict(before)
    for key, reading in arrivals:
        if reading.at <= at and (key not in known or reading.at >= known[key].at):
            known[key] = reading
    return known


def _fire(uow: UnitOfWork, facility_id: str, change: Change, incidents: Sequence[Incident]) -> None:
    trigger, definition = change.trigger, read(change.trigger.definition)
    firing = Firing(
        id=uow.new_id(),
        trigger_id=trigger.id,
        version=trigger.version,
        title=trigger.title,
        since=change.transition.since,
        fired_at=change.transition.at,
        said=_said(definition, change),
        rule=rule_words(definition),
        severity=definition.severity,
        resource=definition.resource,
        action=definition.action,
        settled=False,
    )
    uow.session.add(firing)
    uow.session.flush()
    fired = events.TriggerFired(
        firing_id=firing.id,
        trigger_id=trigger.id,
        title=trigger.title,
        unit_class=trigger.unit_class,
        since=firing.since,
        fired_at=firing.fired_at,
        said=firing.said,
        rule=firing.rule,
        severity=firing.severity,
        action=firing.action,
        version=firing.version,
        kind_of=definition.kind,
        resource=definition.resource,
    )
    tell(uow, PROGRAM, facility_id, incidents, fired)


def _clear(uow: UnitOfWork, facility_id: str, change: Change, incidents: Sequence[Incident]) -> None:
    standing = sa.select(Firing).where(Firing.trigger_id == change.trigger.id, Firing.cleared_at.is_(None))
    firing = uow.session.scalars(standing).one()
    firing.cleared_at = change.transition.at
    uow.session.flush()
    cleared = events.TriggerCleared(firing_id=firing.id, title=firing.title, since=change.transition.since)
    tell(uow, PROGRAM, facility_id, incidents, cleared)


def _unshelve(uow: UnitOfWork, _facility_id: str, change: Change, incidents: Sequence[Incident]) -> None:
    end_shelving(uow, PROGRAM, change.trigger, incidents)


def end_shelving(uow: UnitOfWork, actor: Actor, trigger: Trigger, incidents: Sequence[Incident]) -> None:
    shelved = sa.select(Shelving).where(Shelving.trigger_id == trigger.id, Shelving.ended_at.is_(None))
    uow.session.scalars(shelved).one().ended_at = uow.now
    uow.session.flush()
    back = events.TriggerUnshelved(trigger_id=trigger.id, title=trigger.title)
    tell(uow, actor, trigger.facility_id, incidents, back)


def _said(definition: Definition, change: Change) -> str:
    measure, rule = MEASURES[definition.measure], definition.rule
    said = measure.said(change.parts)
    if rule.window == NOW or change.transition.value is None:
        return said
    words = {"mean": "mean of {}", "change": "change over {}", "projected": "at the trend of {}"}[rule.window]
    value = f"{amount(round(change.transition.value, 1))} {measure.unit}".strip()
    return f"{said}; {words.format(duration(rule.window_minutes))}: {value}"
