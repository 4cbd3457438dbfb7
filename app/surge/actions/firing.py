"""Triggers are looked at when readings arrive and when time passes; whoever comes second finds it done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.core.permissions import Permission
from app.incidents.models import Incident
from app.surge import events
from app.surge.actions.hospitals import (
    PROGRAM,
    note_changes,
    open_incidents_locked,
    rows_of,
    take,
    tell,
)
from app.surge.actions.recommending import reconcile
from app.surge.definitions import Definition, amount, duration, read, rule_words
from app.surge.measures import MEASURES, Parts, UnitBeds
from app.surge.models import Firing, Shelving, SurgeHospital, Trigger, TriggerState
from app.surge.occupancy import Key, Known, next_stale, parts_at, samples
from app.surge.queries import due, latest_of, unit_beds
from app.surge.standing import keep_many, show_many, state_of
from app.surge.triggers import CLEARED, FIRED, UNSHELVED, State, Transition, due_after, evaluate, news
from app.surge.windows import NOW

LOOKED_AT_ONCE = 500
AGAIN = timedelta(seconds=30)
"""What is over and yet not told, since its inputs are stale, is looked at again after this."""

Arrivals = Sequence[tuple[Key, Known]]
Watched = Trigger | sa.Row[Any]
"""A trigger, or its columns with those of its state."""

_WATCHED = (
    Trigger.id,
    Trigger.facility_id,
    Trigger.title,
    Trigger.unit_class,
    Trigger.version,
    Trigger.definition,
)
_STATE = [column for column in TriggerState.__table__.columns if column.name != "trigger_id"]


@dataclass(frozen=True)
class Change:
    """`parts` is what the measure was made of then."""

    trigger: Watched
    transition: Transition
    parts: Parts


@dataclass(frozen=True)
class Look:
    """`before` is what was known of a hospital before the arrivals."""

    before: Mapping[Key, Known]
    arrivals: Arrivals = ()

    @cached_property
    def after(self) -> Mapping[Key, Known]:
        return _known_at(self.before, self.arrivals, None)


def look_again(uow: UnitOfWork, actor: Actor) -> int:
    """Time has passed: evaluate the hospitals where that can have moved something, the longest due first, at most
    LOOKED_AT_ONCE of them. Returns how many triggers have fired or cleared.
    """
    actor.require(Permission.READING_ENTER)
    facility_ids = due(uow.session, uow.now, LOOKED_AT_ONCE)
    take(uow, facility_ids)
    # As it is now that nobody else can change it.
    rows = {id: row for id, row in rows_of(uow, facility_ids).items() if _is_due(row, uow.now)}
    known = latest_of(uow.session, rows)
    note_changes(
        uow, {id: known.get(id, {}) for id, row in rows.items() if _passed(row.fresh_until, uow.now)}
    )
    changes = evaluate_hospitals(uow, {facility_id: Look(known.get(facility_id, {})) for facility_id in rows})
    carry_out(uow, changes)
    return sum(len(found) for found in changes.values())


def _is_due(row: SurgeHospital, now: datetime) -> bool:
    return _passed(row.due_at, now) or _passed(row.fresh_until, now)


def _passed(moment: datetime | None, now: datetime) -> bool:
    return moment is not None and moment <= now


def evaluate_hospitals(uow: UnitOfWork, looks: Mapping[str, Look]) -> dict[str, list[Change]]:
    """Move the triggers of hospitals that the caller has taken to this moment, and say what changed, by hospital.

    Triggers whose units report nothing new wait for the tick. A look at which nothing fired or cleared is not
    remembered, so that what was observed before it can still come in.
    """
    beds = unit_beds(uow.session, looks)
    query = sa.select(*_WATCHED, *_STATE).join(TriggerState, TriggerState.trigger_id == Trigger.id)
    query = query.where(Trigger.facility_id.in_(list(looks)), Trigger.retired.is_(False))
    by_hospital: dict[str, list[sa.Row[Any]]] = {each: [] for each in looks}
    for row in uow.session.execute(query.order_by(Trigger.slug)):
        by_hospital[row.facility_id].append(row)
    hospitals = rows_of(uow, looks)
    changes, kept, shown = {}, [], []
    for facility_id, triggers in sorted(by_hospital.items()):
        looker = _Looker(looks[facility_id], beds.get(facility_id, {}), uow.now)
        changes[facility_id] = [change for each in triggers for change in looker.look(each)]
        hospital = hospitals[facility_id]
        hospital.due_at = _sooner(looker.due_at, hospital.due_at) if looker.left_out else looker.due_at
        kept += looker.kept
        shown += looker.shown
    uow.session.flush()
    keep_many(uow.session, kept)
    show_many(uow.session, shown)
    return changes


class _Looker:
    """One look at the triggers of a hospital. `due_at`: when time alone can next move those it has looked at."""

    def __init__(self, look: Look, beds: Mapping[str, Sequence[UnitBeds]], now: datetime) -> None:
        self._beds, self._now = beds, now
        self._before, self._arrivals = look.before, look.arrivals
        self._reported = {unit_id for (unit_id, _), _ in look.arrivals}
        self._after = look.after
        self.due_at: datetime | None = None
        self.left_out = False
        self.kept: list[tuple[str, State]] = []
        self.shown: list[tuple[str, State]] = []

    def look(self, trigger: sa.Row[Any]) -> list[Change]:
        mine = self._beds.get(trigger.unit_class, [])
        if not mine:
            return []
        if self._arrivals and not any(unit.id in self._reported for unit in mine):
            self.left_out = True
            return []
        definition, state = read(trigger.definition), state_of(trigger)
        rule, measure, age = definition.rule, MEASURES[definition.measure], definition.rule.stale_after
        seen = samples(mine, self._before, self._arrivals, state.as_of, self._now, measure, age)
        outcome = evaluate(rule, state, seen, self._now)
        after, told = news(state, outcome)
        told += tuple(t for t in outcome.transitions if t.kind == UNSHELVED)
        if told or (self._arrivals and seen):
            self.kept.append((trigger.id, after))
        elif (trigger.shown, trigger.provisional) != (after.status, after.provisional):
            self.shown.append((trigger.id, after))
        stale = next_stale(mine, self._after, self._now, measure, age)
        moves = due_after(rule, after)
        if moves is not None and moves <= self._now:
            moves = self._now + AGAIN
        self.due_at = _sooner(_sooner(self.due_at, stale), moves)
        return [self._change(trigger, each, mine, definition) for each in told]

    def _change(
        self, trigger: Watched, transition: Transition, mine: Sequence[UnitBeds], definition: Definition
    ) -> Change:
        known = _known_at(self._before, self._arrivals, transition.at)
        measure, age = MEASURES[definition.measure], definition.rule.stale_after
        return Change(trigger, transition, parts_at(mine, known, transition.at, measure, age))


def _sooner(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((each for each in (one, other) if each is not None), default=None)


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
    return unit_beds(uow.session, [facility_id]).get(facility_id, {})


def _known_at(before: Mapping[Key, Known], arrivals: Arrivals, at: datetime | None) -> dict[Key, Known]:
    """At that moment, or after all that has come."""
    known = dict(before)
    for key, reading in arrivals:
        if (at is None or reading.at <= at) and (key not in known or reading.at >= known[key].at):
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


def end_shelving(uow: UnitOfWork, actor: Actor, trigger: Watched, incidents: Sequence[Incident]) -> None:
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
