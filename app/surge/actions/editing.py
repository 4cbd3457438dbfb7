"""Triggers are edited: each edit a new version, which stands where it would stand had it been in force."""

from __future__ import annotations

import re

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.core.errors import Conflict, Invalid, NotFound
from app.core.permissions import Permission
from app.facilities.queries import facility as get_facility
from app.incidents.rules import required_text
from app.surge import events, packs
from app.surge.actions.firing import Change, carry_out, units_by_class
from app.surge.actions.hospitals import add_trigger, new_version, take, tell
from app.surge.definitions import Definition, errors_of, read, rule_words
from app.surge.inforce import levels_of
from app.surge.measures import MEASURES
from app.surge.models import Firing, Trigger, TriggerState
from app.surge.occupancy import parts_at
from app.surge.queries import latest_known
from app.surge.recorded import samples_of
from app.surge.standing import keep, state_of
from app.surge.triggers import CLEARED, FIRED, State, Transition, evaluate

CREATED, CHANGED, RETIRED = "new", "changed", "retired"
MOST_TRIGGERS = 100


def create_trigger(
    uow: UnitOfWork, actor: Actor, facility_id: str, *, definition: Definition, reason: str
) -> Trigger:
    """A further trigger of a hospital. It may fire at once, when the last days say so."""
    actor.require(Permission.POLICY_EDIT, facility_id)
    get_facility(uow.session, facility_id)
    take(uow, [facility_id])
    reason = _checked(uow, facility_id, definition, reason)
    slugs = set(uow.session.scalars(sa.select(Trigger.slug).where(Trigger.facility_id == facility_id)))
    if len(slugs) >= MOST_TRIGGERS:
        raise Conflict(f"There are {len(slugs)} triggers already; retire some first.")
    trigger = add_trigger(uow, actor, facility_id, _slug(definition.title, slugs), definition, reason)
    _journal(uow, actor, trigger, CREATED, reason)
    _catch_up(uow, trigger)
    return trigger


def edit_trigger(
    uow: UnitOfWork,
    actor: Actor,
    trigger_id: str,
    *,
    version: int,
    definition: Definition,
    reason: str,
) -> Trigger:
    """Put a new version in force. `version` is the one that was edited: raises Conflict when it is not the newest."""
    trigger = _take(uow, actor, trigger_id)
    if trigger.retired:
        raise Conflict(f"{trigger.title} is retired.")
    reason = _checked(uow, trigger.facility_id, definition, reason)
    if trigger.version != version:
        raise Conflict(f"Somebody else has edited it: it is at version {trigger.version} now. Look again.")
    if read(trigger.definition) == definition:
        raise Invalid.field("_schema", "nothing has been changed")
    new_version(uow, actor, trigger, definition, reason)
    _journal(uow, actor, trigger, CHANGED, reason)
    _catch_up(uow, trigger)
    return trigger


def retire_trigger(uow: UnitOfWork, actor: Actor, trigger_id: str, *, reason: str) -> Trigger:
    """It watches no more. What it has fired is over."""
    trigger = _take(uow, actor, trigger_id)
    reason = required_text("reason", reason, 2000)
    if trigger.retired:
        raise Conflict(f"{trigger.title} is retired already.")
    trigger.retired = True
    uow.session.flush()
    _journal(uow, actor, trigger, RETIRED, reason)
    row = uow.session.get_one(TriggerState, trigger.id)
    state = state_of(row)
    keep(row, State())
    if state.fired_at is not None:
        _carry(uow, trigger, Transition(CLEARED, uow.now, uow.now, state.status, State().status))
    return trigger


def _take(uow: UnitOfWork, actor: Actor, trigger_id: str) -> Trigger:
    trigger = uow.session.get(Trigger, trigger_id)
    if trigger is None:
        raise NotFound("There is no such trigger.")
    actor.require(Permission.POLICY_EDIT, trigger.facility_id)
    take(uow, [trigger.facility_id])
    uow.session.refresh(trigger)
    return trigger


def _checked(uow: UnitOfWork, facility_id: str, definition: Definition, reason: str) -> str:
    ranks = levels_of(uow.session, facility_id).ranks
    errors = {name: [why] for name, why in errors_of(definition, packs.PLACES, ranks).items()}
    try:
        reason = required_text("reason", reason, 2000)
    except Invalid as problem:
        errors |= problem.errors
    if errors:
        raise Invalid("; ".join(f"{name}: {why[0]}" for name, why in errors.items()), errors)
    return reason


def _journal(uow: UnitOfWork, actor: Actor, trigger: Trigger, change: str, reason: str) -> None:
    edited = events.TriggerEdited(
        trigger_id=trigger.id,
        title=trigger.title,
        version=trigger.version,
        change=change,
        rule=rule_words(read(trigger.definition)),
        reason=reason,
    )
    tell(uow, actor, trigger.facility_id, [], edited)


def _catch_up(uow: UnitOfWork, trigger: Trigger) -> None:
    """Run the new version over what was recorded. A firing that stands goes on if the new version would have fired
    too, or cannot know; it is over if the new version says so.
    """
    definition = read(trigger.definition)
    row = uow.session.get_one(TriggerState, trigger.id, populate_existing=True)
    before = state_of(row)
    seen = samples_of(uow.session, trigger.facility_id, definition, uow.now)
    after = evaluate(definition.rule, State(), seen, uow.now).state
    after = State(**{**vars(after), "shelved_until": before.shelved_until})
    if before.fired_at is not None and (after.fired_at is not None or not after.known):
        after = State(
            **{**vars(after), "fired_at": before.fired_at, "acknowledged_at": before.acknowledged_at}
        )
    if before.fired_at is None and after.provisional:
        after = State(**{**vars(after), "fired_at": None})
    settled = evaluate(definition.rule, after, [], uow.now).state
    keep(row, settled)
    uow.session.flush()
    if (before.fired_at is None) != (settled.fired_at is None):
        kind = CLEARED if settled.fired_at is None else FIRED
        since = settled.beyond_since or uow.now
        changed = Transition(kind, uow.now, since, before.status, settled.status, settled.value)
        _carry(uow, trigger, changed)


def _carry(uow: UnitOfWork, trigger: Trigger, transition: Transition) -> None:
    definition = read(trigger.definition)
    units = units_by_class(uow, trigger.facility_id).get(trigger.unit_class, [])
    known = latest_known(uow.session, trigger.facility_id)
    measure = MEASURES[definition.measure]
    parts = parts_at(units, known, uow.now, measure, definition.rule.stale_after)
    standing = sa.select(Firing.id).where(Firing.trigger_id == trigger.id, Firing.cleared_at.is_(None))
    if transition.kind == CLEARED and uow.session.scalar(standing) is None:
        return
    carry_out(uow, {trigger.facility_id: [Change(trigger, transition, parts)]})


def _slug(title: str, taken: set[str]) -> str:
    base = re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_")[:60] or "trigger"
    found, number = base, 1
    while found in taken:
        number += 1
        found = f"{base}_{number}"
    return found
