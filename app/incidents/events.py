"""What an incident's journal can say about command, positions, objectives and tasks."""

from __future__ import annotations

from datetime import datetime

from app.journal import Event, event


@event("incident.declared", "incident:{incident_id}")
class IncidentDeclared(Event):
    incident_id: str
    number: str
    name: str
    guide: str
    guide_title: str
    facility_id: str
    facility_code: str
    facility_name: str
    zone: str
    exercise: bool
    activation_level: str
    reason: str
    started_at: datetime
    linked_to: str | None


@event("incident.level_changed", "incident:{incident_id}")
class ActivationLevelChanged(Event):
    incident_id: str
    activation_level: str
    reason: str


@event("incident.closed", "incident:{incident_id}")
class IncidentClosed(Event):
    incident_id: str
    reason: str


@event("position.opened", "position:{slug}")
class PositionOpened(Event):
    slug: str
    title: str
    section: str
    branch: str
    reports_to: str | None
    level: str


@event("position.assigned", "position:{slug}")
class PositionAssigned(Event):
    """`source` is declared, by_hand, callout or transfer; `eta_minutes` is None when already there."""

    slug: str
    title: str
    assignment_id: str
    person_id: str
    person_name: str
    source: str
    eta_minutes: int | None


@event("position.relieved", "position:{slug}")
class PositionRelieved(Event):
    """`handover` is what the next holder must know: situation, work under way, resources, hazards."""

    slug: str
    title: str
    assignment_id: str
    person_id: str
    person_name: str
    reason: str
    handover: str = ""


@event("command.offered", "position:incident_commander")
class CommandOffered(Event):
    offer_id: str
    to_person_id: str
    to_person_name: str
    briefing: str


@event("command.offer_ended", "position:incident_commander")
class CommandOfferEnded(Event):
    """`state` is accepted, declined or withdrawn."""

    offer_id: str
    state: str
    reason: str


@event("objective.set", "objective:{objective_id}")
class ObjectiveSet(Event):
    objective_id: str
    priority: int
    text: str


@event("objective.ended", "objective:{objective_id}")
class ObjectiveEnded(Event):
    """`state` is met or dropped."""

    objective_id: str
    state: str
    reason: str


@event("task.added", "task:{task_id}")
class TaskAdded(Event):
    task_id: str
    position: str
    text: str
    window: str
    due_at: datetime | None
    source: str
    evidence_asked: str = ""


@event("task.done", "task:{task_id}")
class TaskDone(Event):
    task_id: str
    note: str
    evidence: str = ""


@event("task.not_applicable", "task:{task_id}")
class TaskNotApplicable(Event):
    task_id: str
    reason: str


@event("task.reopened", "task:{task_id}")
class TaskReopened(Event):
    task_id: str
    reason: str


@event("task.overdue", "task:{task_id}")
class TaskOverdue(Event):
    """`late_seconds`: how long after the deadline this was noticed; more than a tick after an outage."""

    task_id: str
    position: str
    late_seconds: int


@event("log.noted", "log")
class Noted(Event):
    text: str


@event("report.given", "report")
class SituationReported(Event):
    """How things stand, for the operational period that begins with it."""

    text: str


@event("entry.corrected", "entry:{seq}")
class EntryCorrected(Event):
    """The earlier entry stays as it was; this says what should have stood there, and why."""

    seq: int
    statement: str
    reason: str
