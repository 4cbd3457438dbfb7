"""Declare, change the activation level, note, correct, close."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.clock import as_utc, local
from app.core.db import UnitOfWork
from app.core.errors import Invalid, NotFound
from app.core.permissions import Permission
from app.facilities.models import Facility
from app.facilities.queries import facility as get_facility
from app.facilities.stream import take_hospitals
from app.incidents import catalogue, events
from app.incidents.actions.command import drop_offer
from app.incidents.actions.objectives import set_one
from app.incidents.actions.positions import give, open_one
from app.incidents.actions.record import record, take
from app.incidents.actions.tasks import add_one
from app.incidents.models import (
    ActivationLevel,
    Incident,
    IncidentState,
    stream_of,
)
from app.incidents.rules import required_text
from app.journal import Entry, open_stream
from app.journal.queries import entry as journal_entry
from app.staffing.models import Person

OLDEST_START = timedelta(days=30)


def declare(
    uow: UnitOfWork,
    actor: Actor,
    *,
    guide: str,
    facility_id: str,
    exercise: bool,
    activation_level: str,
    reason: str,
    name: str | None = None,
    started_at: datetime | None = None,
    linked_to: str | None = None,
) -> Incident:
    """Open an incident from a guide: its positions, objectives and first tasks are copied in, so that later
    edits of the guide never reach a running incident. The declarer is commander until command is transferred.
    """
    actor.require(Permission.INCIDENT_DECLARE, facility_id)
    facility = get_facility(uow.session, facility_id)
    plan = _guide(guide)
    zero = _clock_zero(uow, started_at)
    commander = _declarer(uow, actor)
    incident = Incident(
        id=uow.new_id(),
        number=_next_number(uow, facility),
        name=required_text("name", name or plan.title, 200),
        guide=plan.slug,
        facility_id=facility.id,
        exercise=exercise,
        activation_level=_level(activation_level),
        reason=required_text("reason", reason, 2000),
        state=IncidentState.ACTIVE,
        started_at=zero,
        declared_at=uow.now,
        linked_to=_linked(uow, linked_to),
    )
    open_stream(uow, stream_of(incident.id))
    uow.session.add(incident)
    uow.session.flush()
    record(uow, incident, actor, _declared(incident, facility, plan.title))
    for slug in plan.positions:
        open_one(uow, incident, actor, slug)
    give(uow, incident, actor, catalogue.COMMANDER, commander, source="declared")
    for objective in plan.objectives:
        set_one(uow, incident, actor, objective.priority, objective.text)
    for task in plan.tasks:
        due_at = zero + timedelta(minutes=task.due_minutes)
        add_one(
            uow, incident, actor, task.position, task.text, window=task.window, due_at=due_at, source="guide"
        )
    return incident


def change_level(
    uow: UnitOfWork, actor: Actor, incident_id: str, *, activation_level: str, reason: str
) -> Incident:
    incident = take(uow, actor, Permission.INCIDENT_COMMAND, incident_id)
    incident.activation_level = _level(activation_level)
    reason = required_text("reason", reason, 2000)
    change = events.ActivationLevelChanged(
        incident_id=incident.id, activation_level=incident.activation_level.value, reason=reason
    )
    record(uow, incident, actor, change)
    return incident


def note(
    uow: UnitOfWork, actor: Actor, incident_id: str, *, text: str, occurred_at: datetime | None = None
) -> Entry:
    """A line in the activity log, also for an incident that is closed; `occurred_at` may lie in the past."""
    incident = take(uow, actor, Permission.JOURNAL_NOTE, incident_id, closed_too=True)
    if occurred_at is not None and as_utc(occurred_at) > uow.now:
        raise Invalid.field("occurred_at", "lies in the future")
    noted = events.Noted(text=required_text("text", text, 4000))
    return record(uow, incident, actor, noted, occurred_at=occurred_at)


def report_situation(uow: UnitOfWork, actor: Actor, incident_id: str, *, text: str) -> Entry:
    """How things stand. The next report is owed a reporting period later."""
    incident = take(uow, actor, Permission.JOURNAL_NOTE, incident_id)
    return record(uow, incident, actor, events.SituationReported(text=required_text("text", text, 4000)))


def correct(
    uow: UnitOfWork, actor: Actor, incident_id: str, *, seq: int, statement: str, reason: str
) -> Entry:
    """Say what an earlier entry should have said. The earlier entry stays."""
    incident = take(uow, actor, Permission.JOURNAL_NOTE, incident_id, closed_too=True)
    if journal_entry(uow.session, incident.stream, seq) is None:
        raise NotFound(f"{incident.number} has no entry {seq}.")
    correction = events.EntryCorrected(
        seq=seq,
        statement=required_text("statement", statement, 4000),
        reason=required_text("reason", reason, 2000),
    )
    return record(uow, incident, actor, correction, corrects=seq)


def close(uow: UnitOfWork, actor: Actor, incident_id: str, *, reason: str) -> Incident:
    """End the response, whatever is still open in it. The journal stays open for notes and corrections."""
    incident = take(uow, actor, Permission.INCIDENT_CLOSE, incident_id)
    incident.close_reason = required_text("reason", reason, 2000)
    drop_offer(uow, incident, actor, "the incident was closed")
    incident.state = IncidentState.CLOSED
    incident.closed_at = uow.now
    record(uow, incident, actor, events.IncidentClosed(incident_id=incident.id, reason=incident.close_reason))
    return incident


def _declared(incident: Incident, facility: Facility, guide_title: str) -> events.IncidentDeclared:
    return events.IncidentDeclared(
        incident_id=incident.id,
        number=incident.number,
        name=incident.name,
        guide=incident.guide,
        guide_title=guide_title,
        facility_id=facility.id,
        facility_code=facility.code,
        facility_name=facility.name,
        zone=facility.zone,
        exercise=incident.exercise,
        activation_level=incident.activation_level.value,
        reason=incident.reason,
        started_at=incident.started_at,
        linked_to=incident.linked_to,
    )


def _guide(slug: str) -> catalogue.Guide:
    try:
        return catalogue.guide(slug)
    except KeyError:
        known = ", ".join(g.slug for g in catalogue.guides())
        raise Invalid.field("guide", f"there is no guide {slug!r}; known are {known}") from None


def _level(text: str) -> ActivationLevel:
    try:
        return ActivationLevel(text)
    except ValueError:
        raise Invalid.field("activation_level", f"must be one of {', '.join(ActivationLevel)}") from None


def _clock_zero(uow: UnitOfWork, started_at: datetime | None) -> datetime:
    """A threatened event may be declared before it starts, and one may be entered late; not by months."""
    zero = as_utc(started_at) if started_at else uow.now
    if abs(zero - uow.now) > OLDEST_START:
        raise Invalid.field("started_at", "must lie within 30 days of now")
    return zero


def _declarer(uow: UnitOfWork, actor: Actor) -> Person:
    person = uow.session.get(Person, actor.person_id) if actor.person_id else None
    if person is None:
        raise Invalid("Only a person on the roster can declare: somebody must hold command.")
    return person


def _linked(uow: UnitOfWork, linked_to: str | None) -> str | None:
    if linked_to is not None and uow.session.get(Incident, linked_to) is None:
        raise Invalid.field("linked_to", "there is no such incident")
    return linked_to


def _next_number(uow: UnitOfWork, facility: Facility) -> str:
    """SBMC-2026-0007: by facility and local year. The hospital's journal is locked, so two at once queue."""
    take_hospitals(uow, [facility.id])
    stem = f"{facility.code}-{local(uow.now, facility.zone).year}-"
    last = uow.session.scalar(sa.select(sa.func.max(Incident.number)).where(Incident.number.startswith(stem)))
    return f"{stem}{int(last.removeprefix(stem)) + 1 if last else 1:04d}"
