"""When people are away."""

from __future__ import annotations

from datetime import datetime, timedelta

from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.core.errors import Invalid, NotFound
from app.staffing import events
from app.staffing.actions.record import take_person, tell
from app.staffing.models import Leave, LeaveKind

LONGEST = timedelta(days=3 * 366)


def add_leave(
    uow: UnitOfWork, actor: Actor, person_id: str, *, kind: str, starts_at: datetime, ends_at: datetime
) -> Leave:
    """Somebody is away from one moment to another, and is not called in meanwhile."""
    if kind not in set(LeaveKind):
        raise Invalid.field("kind", f"must be one of {', '.join(LeaveKind)}")
    if ends_at <= starts_at:
        raise Invalid.field("ends_at", "must come after the beginning")
    if ends_at - starts_at > LONGEST:
        raise Invalid.field("ends_at", "must be at most three years after the beginning")
    person = take_person(uow, actor, person_id)
    leave = Leave(
        id=uow.new_id(),
        person_id=person.id,
        kind=LeaveKind(kind),
        starts_at=starts_at,
        ends_at=ends_at,
        recorded_by=actor.name,
        recorded_at=uow.now,
    )
    uow.session.add(leave)
    added = events.LeaveAdded(
        person_id=person.id,
        person_name=person.name,
        leave_id=leave.id,
        leave_kind=kind,
        starts_at=starts_at,
        ends_at=ends_at,
    )
    tell(uow, actor, person.facility_id, added)
    return leave


def remove_leave(uow: UnitOfWork, actor: Actor, person_id: str, leave_id: str) -> None:
    person = take_person(uow, actor, person_id)
    leave = uow.session.get(Leave, leave_id)
    if leave is None or leave.person_id != person.id:
        raise NotFound(f"{person.name} has no such leave.")
    uow.session.delete(leave)
    removed = events.LeaveRemoved(
        person_id=person.id,
        person_name=person.name,
        leave_id=leave.id,
        starts_at=leave.starts_at,
        ends_at=leave.ends_at,
    )
    tell(uow, actor, person.facility_id, removed)
