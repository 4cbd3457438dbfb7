"""Triggers are looked at when readings arrive and when time passes; whoever comes second finds it done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.core.permissions import Permission
from app.facilities.models import Unit
from app.incidents.models import Incident
from app.surge import events
from app.surge.actions.hospitals import PROGRAM, note_change, open_incidents_locked, take, tell
from app.surge.actions.recommending import reconcile
from app.surge.models import Firing, SurgeHospital, Trigger, TriggerState
from app.surge.occupancy import Key, Known, UnitBeds, samples
from app.surge.queries import latest_known
from app.surge.triggers import Rule, Sample, State, Transition, evaluate

Arrivals = Sequence[tuple[Key, Known]]


@dataclass(frozen=True)
class Change:
    trigger: Trigger
    transition: Transition
    sample: Sample
    """The newest one: what the share is now."""


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

    `before` is what was known before the arrivals. Triggers whose units report nothing new wait for the tick.
    """
    units = _units_by_class(uow, facility_id)
    reported = {unit_id for (unit_id, _), _ in arrivals}
    query = sa.select(Trigger, TriggerState).join(TriggerState).where(Trigger.facility_id == facility_id)
    changes: list[Change] = []
    for trigger, row in uow.session.execute(query.order_by(Trigger.slug)):
        mine = units.get(trigger.unit_class, [])
        if not mine or (arrivals and not any(unit.id in reported for unit in mine)):
            continue
        state = State(row.status, row.as_of, row.beyond_since, row.clear_since, row.fired_at)
        seen = samples(mine, before, arrivals, state.as_of, uow.now)
        outcome = evaluate(_rule(trigger), state, seen, uow.now)
        for name, value in asdict(outcome.state).items():
            setattr(row, name, value)
        changes += [Change(trigger, transition, seen[-1]) for transition in outcome.transitions]
    uow.session.flush()
    return changes


def carry_out(uow: UnitOfWork, changes: Mapping[str, Iterable[Change]]) -> None:
    """Write down what fired and cleared in which hospital, and recommend accordingly."""
    changed = {facility_id: list(found) for facility_id, found in changes.items() if found}
    if not changed:
        return
    incidents = open_incidents_locked(uow, changed)
    for facility_id, found in sorted(changed.items()):
        for change in found:
            if change.transition.kind == "fired":
                _fire(uow, facility_id, change, incidents)
            else:
                _clear(uow, facility_id, change, incidents)
        reconcile(uow, facility_id, incidents)


def _fire(uow: UnitOfWork, facility_id: str, change: Change, incidents: Sequence[Incident]) -> None:
    trigger = change.trigger
    firing = Firing(
        id=uow.new_id(),
        trigger_id=trigger.id,
        since=change.transition.since,
        fired_at=change.transition.at,
        used=change.sample.used,
        of=change.sample.of,
        settled=False,
    )
    uow.session.add(firing)
    uow.session.flush()
    fired = events.TriggerFired(
        firing_id=firing.id,
        title=trigger.title,
        unit_class=trigger.unit_class,
        used=firing.used,
        of=firing.of,
        threshold_percent=trigger.threshold_percent,
        since=firing.since,
        fired_at=firing.fired_at,
    )
    tell(uow, PROGRAM, facility_id, incidents, fired)


def _clear(uow: UnitOfWork, facility_id: str, change: Change, incidents: Sequence[Incident]) -> None:
    standing = sa.select(Firing).where(Firing.trigger_id == change.trigger.id, Firing.cleared_at.is_(None))
    firing = uow.session.scalars(standing).one()
    firing.cleared_at = change.transition.at
    uow.session.flush()
    cleared = events.TriggerCleared(
        firing_id=firing.id, title=change.trigger.title, since=change.transition.since
    )
    tell(uow, PROGRAM, facility_id, incidents, cleared)


def _units_by_class(uow: UnitOfWork, facility_id: str) -> dict[str, list[UnitBeds]]:
    query = sa.select(Unit.unit_class, Unit.id, Unit.staffed_beds, Unit.physical_beds)
    found: dict[str, list[UnitBeds]] = {}
    for unit_class, unit_id, staffed, physical in uow.session.execute(
        query.where(Unit.facility_id == facility_id)
    ):
        found.setdefault(unit_class, []).append(UnitBeds(unit_id, staffed, physical))
    return found


def _rule(trigger: Trigger) -> Rule:
    return Rule(
        trigger.comparison,
        trigger.threshold_percent,
        trigger.for_minutes,
        trigger.clear_percent,
        trigger.clear_for_minutes,
    )
