"""A person has seen a firing, or puts a trigger aside for a time: with their name, and for shelving a reason."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.clock import as_utc
from app.core.db import UnitOfWork
from app.core.errors import Conflict, Forbidden, Invalid, NotFound
from app.core.permissions import Permission
from app.incidents.models import Incident
from app.incidents.rules import required_text
from app.surge import events, triggers
from app.surge.actions.firing import end_shelving
from app.surge.actions.hospitals import open_incidents_locked, take, tell, wake
from app.surge.actions.recommending import reconcile
from app.surge.definitions import read
from app.surge.models import Firing, Shelving, Trigger, TriggerState
from app.surge.standing import keep, state_of

LONGEST = timedelta(days=7)


def acknowledge(uow: UnitOfWork, actor: Actor, firing_id: str) -> Firing:
    """Say that a firing has been seen and is taken care of. Raises Conflict naming who was first."""
    firing = uow.session.get(Firing, firing_id)
    if firing is None:
        raise NotFound("That has not fired.")
    trigger, row, incidents = _take(uow, actor, Permission.TASK_WORK, firing.trigger_id)
    uow.session.refresh(firing)
    if firing.cleared_at is not None:
        raise Conflict(f"{firing.title} has cleared already.")
    if firing.acknowledged_by is not None:
        raise Conflict(f"{firing.acknowledged_by} has seen it already.")
    firing.acknowledged_at, firing.acknowledged_by = uow.now, actor.name
    outcome = triggers.acknowledge(read(trigger.definition).rule, state_of(row), uow.now)
    keep(row, outcome.state)
    seen = events.TriggerAcknowledged(firing_id=firing.id, title=firing.title)
    tell(uow, actor, trigger.facility_id, incidents, seen)
    return firing


def shelve(uow: UnitOfWork, actor: Actor, trigger_id: str, *, until: datetime, reason: str) -> Shelving:
    """Put a trigger aside until a time at most a week off: it watches on, and recommends nothing."""
    trigger, row, incidents = _take(uow, actor, Permission.SURGE_CONFIRM, trigger_id)
    reason = required_text("reason", reason, 2000)
    until = as_utc(until)
    if not uow.now < until <= uow.now + LONGEST:
        raise Invalid.field("until", "must lie ahead, at most 7 days")
    if standing := _open(uow, trigger.id):
        raise Conflict(f"{standing.shelved_by} has put it aside already.")
    outcome = triggers.shelve(read(trigger.definition).rule, state_of(row), uow.now, until)
    keep(row, outcome.state)
    shelving = Shelving(
        id=uow.new_id(),
        trigger_id=trigger.id,
        shelved_at=uow.now,
        shelved_by=actor.name,
        until=until,
        reason=reason,
    )
    uow.session.add(shelving)
    uow.session.flush()
    _unseen(uow, trigger)
    aside = events.TriggerShelved(trigger_id=trigger.id, title=trigger.title, until=until, reason=reason)
    tell(uow, actor, trigger.facility_id, incidents, aside)
    reconcile(uow, trigger.facility_id, incidents)
    return shelving


def unshelve(uow: UnitOfWork, actor: Actor, trigger_id: str) -> Trigger:
    """Take a trigger back before its time is over."""
    trigger, row, incidents = _take(uow, actor, Permission.SURGE_CONFIRM, trigger_id)
    if _open(uow, trigger.id) is None:
        raise Conflict(f"{trigger.title} is not put aside.")
    keep(row, triggers.unshelve(read(trigger.definition).rule, state_of(row), uow.now).state)
    end_shelving(uow, actor, trigger, incidents)
    reconcile(uow, trigger.facility_id, incidents)
    return trigger


def _take(
    uow: UnitOfWork, actor: Actor, permission: Permission, trigger_id: str
) -> tuple[Trigger, TriggerState, Sequence[Incident]]:
    trigger = uow.session.get(Trigger, trigger_id)
    if trigger is None:
        raise NotFound("There is no such trigger.")
    actor.require(permission, trigger.facility_id)
    if actor.kind != "account":
        raise Forbidden("Only a person with an account can do that.")
    take(uow, [trigger.facility_id])
    wake(uow, trigger.facility_id)
    uow.session.refresh(trigger)
    if trigger.retired:
        raise Conflict(f"{trigger.title} is retired.")
    row = uow.session.get_one(TriggerState, trigger.id, populate_existing=True)
    return trigger, row, open_incidents_locked(uow, [trigger.facility_id])


def _open(uow: UnitOfWork, trigger_id: str) -> Shelving | None:
    return uow.session.scalar(
        sa.select(Shelving).where(Shelving.trigger_id == trigger_id, Shelving.ended_at.is_(None))
    )


def _unseen(uow: UnitOfWork, trigger: Trigger) -> None:
    """What comes back from being put aside is new to everybody."""
    standing = sa.update(Firing).where(Firing.trigger_id == trigger.id, Firing.cleared_at.is_(None))
    uow.session.execute(standing.values(acknowledged_at=None, acknowledged_by=None))
