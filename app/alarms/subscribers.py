"""What counts as an alarm: something that wants an answer from a person. All else stays a line in a journal.

A firing that asks for something; a step that tells people and asks whether they see to it; what has become overdue
and is shown as such; what the watchdog texts. A level that is recommended follows a firing and is none of its own; a
question of a call-out is a call, and becomes an alarm when nobody answers it and somebody is told.
"""

from __future__ import annotations

from app.alarms import actions, queries
from app.core.db import UnitOfWork
from app.escalation import queries as waiting
from app.escalation.events import (
    EscalationCameBack,
    EscalationEnded,
    EscalationShelved,
    EscalationStepped,
    EscalationTaken,
)
from app.escalation.kinds import KINDS, Subject
from app.escalation.steps import MARK_OVERDUE, WEBHOOK
from app.incidents.catalogue import positions
from app.incidents.events import IncidentClosed, TaskDone, TaskNotApplicable
from app.incidents.models import Incident
from app.journal import Entry, subscribe
from app.resources.events import RequestCancelled, RequestClosed, RequestDenied, RequestReceived
from app.resources.rules import RequestState
from app.surge.definitions import INDICATOR
from app.surge.events import (
    RecommendationEnded,
    SurgeCalled,
    TriggerAcknowledged,
    TriggerCleared,
    TriggerFired,
    TriggerShelved,
    TriggerUnshelved,
)
from app.watchdog.registry import on_alarm

DECIDES, WATCHES = "whoever decides the surge level", "whoever watches capacity"
RESOURCE_OF = {
    "position": "staff",
    "group": "staff",
    "unfilled": "staff",
    "request": "stuff",
    "request_undecided": "stuff",
    "request_not_found": "stuff",
    "old_numbers": "systems",
    "silent_unit": "systems",
}
"""Which of the four S a kind of waiting is about; what is not named is about none."""

on_alarm(actions.engine_alarmed)


@subscribe(TriggerFired)
def fired(uow: UnitOfWork, entry: Entry) -> None:
    """Told to the hospital's journal and to those of its incidents: one alarm all the same."""
    event = entry.event
    assert isinstance(event, TriggerFired)
    if not _of_hospital(entry) or not event.trigger_id:
        return
    if event.kind_of == INDICATOR and not event.action:
        return
    aside_until = queries.shelved_until(uow.session, event.trigger_id)
    actions.raise_alarm(
        uow,
        key=f"firing:{event.firing_id}",
        kind="firing",
        facility_id=entry.stream.removeprefix("facility:"),
        cause=f"trigger:{event.trigger_id}",
        title=event.title,
        words=event.said,
        role=WATCHES if event.kind_of == INDICATOR else DECIDES,
        severity=event.severity,
        place=event.unit_class,
        resource=event.resource,
        at=event.fired_at,
        shelved_at=uow.now if aside_until else None,
        shelved_until=aside_until,
        link=f"/capacity/triggers/{event.trigger_id}",
    )


@subscribe(TriggerAcknowledged)
def seen(uow: UnitOfWork, entry: Entry) -> None:
    event = entry.event
    assert isinstance(event, TriggerAcknowledged)
    if _of_hospital(entry):
        actions.answered(uow, f"firing:{event.firing_id}", entry.actor["name"])


@subscribe(TriggerCleared)
def cleared(uow: UnitOfWork, entry: Entry) -> None:
    event = entry.event
    assert isinstance(event, TriggerCleared)
    if _of_hospital(entry):
        actions.over(uow, f"firing:{event.firing_id}")


@subscribe(TriggerShelved)
def shelved(uow: UnitOfWork, entry: Entry) -> None:
    event = entry.event
    assert isinstance(event, TriggerShelved)
    if _of_hospital(entry):
        actions.put_aside(uow, f"trigger:{event.trigger_id}", event.until)


@subscribe(TriggerUnshelved)
def unshelved(uow: UnitOfWork, entry: Entry) -> None:
    event = entry.event
    assert isinstance(event, TriggerUnshelved)
    if _of_hospital(entry):
        actions.back(uow, f"trigger:{event.trigger_id}")


@subscribe(SurgeCalled)
def called(uow: UnitOfWork, entry: Entry) -> None:
    event = entry.event
    assert isinstance(event, SurgeCalled)
    if event.asked:
        actions.raise_alarm(
            uow,
            key=f"{entry.stream}:{entry.seq}",
            kind="told",
            facility_id=entry.stream.removeprefix("facility:"),
            cause=_cause("alarm", event.recommendation_id),
            title=f"{event.label} recommended",
            words="nobody has decided",
            role=event.role,
            severity="high",
            link=f"/capacity/recommendations/{event.recommendation_id}",
        )


@subscribe(RecommendationEnded)
def decided(uow: UnitOfWork, entry: Entry) -> None:
    event = entry.event
    assert isinstance(event, RecommendationEnded)
    if _of_hospital(entry):
        actions.over(uow, _cause("alarm", event.recommendation_id))
        actions.take_back(uow, event.recommendation_id)


@subscribe(EscalationStepped)
def stepped(uow: UnitOfWork, entry: Entry) -> None:
    """Somebody was told and asked, or the board says that it is overdue; another system is not somebody."""
    event = entry.event
    assert isinstance(event, EscalationStepped)
    if event.passed_over or event.do == WEBHOOK or event.what not in KINDS:
        return
    subject = KINDS[event.what].about(uow.session, event.subject_id)
    if event.do == MARK_OVERDUE:
        _raise(uow, entry, event.what, event.subject_id, subject, "overdue", _title(subject.position))
    elif event.told:
        policy = waiting.policy_of(uow.session, _incident_id(entry), event.what)
        if event.step < len(policy.steps) and policy.steps[event.step].asks:
            _raise(uow, entry, event.what, event.subject_id, subject, "told", event.role)


@subscribe(EscalationCameBack)
def came_back(uow: UnitOfWork, entry: Entry) -> None:
    """It is open once more for those told before; whoever had it is told again."""
    event = entry.event
    assert isinstance(event, EscalationCameBack)
    actions.back(uow, _cause(event.what, event.subject_id))
    if event.told and event.what in KINDS:
        subject = KINDS[event.what].about(uow.session, event.subject_id)
        _raise(uow, entry, event.what, event.subject_id, subject, "told", "who sees to it")


@subscribe(EscalationTaken)
def taken(uow: UnitOfWork, entry: Entry) -> None:
    event = entry.event
    assert isinstance(event, EscalationTaken)
    actions.answered(uow, _cause(event.what, event.subject_id), event.by)


@subscribe(EscalationShelved)
def waits_aside(uow: UnitOfWork, entry: Entry) -> None:
    event = entry.event
    assert isinstance(event, EscalationShelved)
    actions.put_aside(uow, _cause(event.what, event.subject_id), event.until)


@subscribe(EscalationEnded)
def ended(uow: UnitOfWork, entry: Entry) -> None:
    event = entry.event
    assert isinstance(event, EscalationEnded)
    actions.over(uow, _cause(event.what, event.subject_id))


@subscribe(TaskDone, TaskNotApplicable)
def task_ended(uow: UnitOfWork, entry: Entry) -> None:
    """What was only marked as overdue ends without a word of the escalation."""
    event = entry.event
    assert isinstance(event, TaskDone | TaskNotApplicable)
    actions.over(uow, _cause("task", event.task_id))


@subscribe(RequestReceived, RequestDenied, RequestCancelled, RequestClosed)
def request_ended(uow: UnitOfWork, entry: Entry) -> None:
    event = entry.event
    assert isinstance(event, RequestReceived | RequestDenied | RequestCancelled | RequestClosed)
    if isinstance(event, RequestReceived) and event.state != RequestState.RECEIVED:
        return
    actions.over(uow, _cause("request", event.request_id))


@subscribe(IncidentClosed)
def incident_closed(uow: UnitOfWork, entry: Entry) -> None:
    actions.all_over(uow, _incident_id(entry))


def _raise(
    uow: UnitOfWork, entry: Entry, what: str, subject_id: str, subject: Subject, kind: str, role: str
) -> None:
    incident = uow.session.get_one(Incident, _incident_id(entry))
    life = KINDS[what].life_safety
    actions.raise_alarm(
        uow,
        key=f"{entry.stream}:{entry.seq}",
        kind=kind,
        facility_id=incident.facility_id,
        incident_id=incident.id,
        exercise=incident.exercise,
        cause=_cause(what, subject_id),
        title=subject.title,
        words=subject.words,
        role=role or "incident commander",
        severity="high" if life else "low" if kind == "overdue" else "medium",
        place=subject.unit,
        resource=RESOURCE_OF.get(what, ""),
        life_safety=life,
        link=f"/incidents/{incident.id}/{'tasks' if what == 'task' else 'waiting'}",
    )


def _cause(what: str, subject_id: str) -> str:
    return f"{what}:{subject_id}"


def _title(position: str | None) -> str:
    return next((each.title for each in positions() if each.slug == position), "incident commander")


def _of_hospital(entry: Entry) -> bool:
    return entry.stream.startswith("facility:")


def _incident_id(entry: Entry) -> str:
    return entry.stream.removeprefix("incident:")
