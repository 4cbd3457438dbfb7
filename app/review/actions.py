"""The improvement plan of an incident. It is written mostly after the incident has closed."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.core.errors import Conflict, NotFound
from app.core.permissions import Permission
from app.incidents.actions.record import record, take
from app.incidents.models import Incident
from app.incidents.rules import optional_text, required_text
from app.review import events
from app.review.models import Finding


def add_finding(
    uow: UnitOfWork,
    actor: Actor,
    incident_id: str,
    *,
    text: str,
    action: str,
    owner: str,
    due_on: date | None = None,
) -> Finding:
    """A finding with its corrective action: concrete, owned and, if possible, dated."""
    incident = take(uow, actor, Permission.JOURNAL_NOTE, incident_id, closed_too=True)
    finding = Finding(
        id=uow.new_id(),
        incident_id=incident.id,
        number=_next_number(uow, incident),
        text=required_text("text", text, 4000),
        action=required_text("action", action, 4000),
        owner=required_text("owner", owner, 200),
        due_on=due_on,
        done_at=None,
        note="",
    )
    uow.session.add(finding)
    uow.session.flush()
    added = events.FindingAdded(
        finding_id=finding.id,
        number=finding.number,
        text=finding.text,
        action=finding.action,
        owner=finding.owner,
        due_on=due_on,
    )
    record(uow, incident, actor, added)
    return finding


def finish_finding(uow: UnitOfWork, actor: Actor, incident_id: str, finding_id: str, *, note: str) -> Finding:
    """The action was carried out; `note` says what shows it."""
    incident = take(uow, actor, Permission.JOURNAL_NOTE, incident_id, closed_too=True)
    finding = _finding(uow, incident, finding_id)
    if finding.done_at is not None:
        raise Conflict(f"Somebody has marked action {finding.number} done already: {finding.note}")
    finding.note, finding.done_at = required_text("note", note, 2000), uow.now
    done = events.FindingDone(finding_id=finding.id, number=finding.number, note=finding.note)
    record(uow, incident, actor, done)
    return finding


def reopen_finding(
    uow: UnitOfWork, actor: Actor, incident_id: str, finding_id: str, *, reason: str = ""
) -> Finding:
    incident = take(uow, actor, Permission.JOURNAL_NOTE, incident_id, closed_too=True)
    finding = _finding(uow, incident, finding_id)
    if finding.done_at is None:
        raise Conflict(f"Action {finding.number} is open already.")
    finding.note, finding.done_at = "", None
    reason = optional_text("reason", reason, 2000)
    reopened = events.FindingReopened(finding_id=finding.id, number=finding.number, reason=reason)
    record(uow, incident, actor, reopened)
    return finding


def _finding(uow: UnitOfWork, incident: Incident, finding_id: str) -> Finding:
    finding = uow.session.get(Finding, finding_id, populate_existing=True)
    if finding is None or finding.incident_id != incident.id:
        raise NotFound(f"There is no such finding in {incident.number}.")
    return finding


def _next_number(uow: UnitOfWork, incident: Incident) -> int:
    query = sa.select(sa.func.max(Finding.number)).where(Finding.incident_id == incident.id)
    return (uow.session.scalar(query) or 0) + 1
