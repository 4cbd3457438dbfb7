"""Objectives: set them in order of priority, end them as met or dropped."""

from __future__ import annotations

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.core.errors import Conflict, Invalid, NotFound
from app.core.permissions import Permission
from app.incidents import events
from app.incidents.actions.record import record, take
from app.incidents.models import Incident, Objective, ObjectiveState
from app.incidents.rules import optional_text, required_text

LOWEST_PRIORITY = 99
ENDINGS = {ObjectiveState.MET.value, ObjectiveState.DROPPED.value}


def set_objective(
    uow: UnitOfWork, actor: Actor, incident_id: str, *, text: str, priority: int | None = None
) -> Objective:
    """Add an objective. Priority 1 comes first; without one it comes after all others."""
    incident = take(uow, actor, Permission.INCIDENT_COMMAND, incident_id)
    if priority is not None and not 1 <= priority <= LOWEST_PRIORITY:
        raise Invalid.field("priority", f"must be a whole number from 1 to {LOWEST_PRIORITY}")
    return set_one(uow, incident, actor, priority or _next_priority(uow, incident), text)


def end_objective(
    uow: UnitOfWork, actor: Actor, incident_id: str, objective_id: str, *, state: str, reason: str = ""
) -> Objective:
    """Met, or dropped with a reason; either way it stays in the record."""
    incident = take(uow, actor, Permission.INCIDENT_COMMAND, incident_id)
    objective = uow.session.get(Objective, objective_id)
    if objective is None or objective.incident_id != incident.id:
        raise NotFound(f"There is no such objective in {incident.number}.")
    if state not in ENDINGS:
        raise Invalid.field("state", f"must be one of {', '.join(sorted(ENDINGS))}")
    if objective.state is not ObjectiveState.OPEN:
        raise Conflict(f"Somebody has ended that objective already: it is {objective.state.value}.")
    dropped = state == ObjectiveState.DROPPED.value
    reason = (required_text if dropped else optional_text)("reason", reason, 2000)
    objective.state = ObjectiveState(state)
    record(
        uow,
        incident,
        actor,
        events.ObjectiveEnded(objective_id=objective.id, state=state, reason=reason),
    )
    return objective


def set_one(uow: UnitOfWork, incident: Incident, actor: Actor, priority: int, text: str) -> Objective:
    """Add an objective in an incident that the caller has taken."""
    objective = Objective(
        id=uow.new_id(),
        incident_id=incident.id,
        priority=priority,
        text=required_text("text", text, 1000),
        state=ObjectiveState.OPEN,
    )
    uow.session.add(objective)
    uow.session.flush()
    stated = events.ObjectiveSet(objective_id=objective.id, priority=priority, text=objective.text)
    record(uow, incident, actor, stated)
    return objective


def _next_priority(uow: UnitOfWork, incident: Incident) -> int:
    query = sa.select(sa.func.max(Objective.priority)).where(Objective.incident_id == incident.id)
    return min((uow.session.scalar(query) or 0) + 1, LOWEST_PRIORITY)
