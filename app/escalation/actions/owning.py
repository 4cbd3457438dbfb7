"""Seeing to what waits, handing it on, and putting it aside for a while."""

from __future__ import annotations

from datetime import timedelta

from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.core.errors import Conflict, Forbidden, Invalid
from app.core.permissions import Permission
from app.escalation import deadlines, notices, people, queries
from app.escalation.events import (
    EscalationCameBack,
    EscalationHandedOn,
    EscalationShelved,
    EscalationTaken,
)
from app.escalation.kinds import KINDS
from app.escalation.models import Deadline, Escalation
from app.escalation.people import Meant
from app.escalation.steps import LONGEST_HOLD, Step
from app.incidents.actions.record import record, take
from app.incidents.models import Incident
from app.incidents.rules import required_text
from app.messaging.channels import Channel
from app.staffing.models import Person

SHORTEST_SHELF, LONGEST_SHELF = 5, 8 * 60
HANDED = Step(0, "tell_role")


def take_over(uow: UnitOfWork, actor: Actor, escalation_id: str, *, minutes: int | None = None) -> Escalation:
    """The actor, who must be somebody on the roster, sees to it for so long; then it comes back."""
    incident, escalation = taken(uow, actor, Permission.TASK_WORK, escalation_id)
    person = uow.session.get(Person, actor.person_id) if actor.person_id else None
    if person is None:
        raise Forbidden("Only somebody on the roster can see to it.")
    own(uow, actor, incident, escalation, person, minutes)
    return escalation


def own(
    uow: UnitOfWork,
    actor: Actor,
    incident: Incident,
    escalation: Escalation,
    person: Person,
    minutes: int | None = None,
) -> None:
    """The same for a caller who has taken the incident and knows that this person may."""
    policy = queries.policy_of(uow.session, incident.id, escalation.kind)
    minutes = policy.hold_minutes if minutes is None else minutes
    if not 1 <= minutes <= LONGEST_HOLD:
        raise Invalid.field("minutes", f"must be from 1 to {LONGEST_HOLD}")
    until = uow.now + timedelta(minutes=minutes)
    _title(uow, escalation)
    escalation.owner_id, escalation.owner, escalation.held_until = person.id, person.name, until
    _off_the_shelf(escalation)
    deadlines.release(uow, escalation)
    if not KINDS[escalation.kind].life_safety:
        deadlines.hold(uow, escalation, until)
    by_now = EscalationTaken(
        what=escalation.kind,
        subject_id=escalation.subject_id,
        escalation_id=escalation.id,
        title=escalation.title,
        by=person.name,
        until=until,
    )
    record(uow, incident, actor, by_now)


def hand_on(
    uow: UnitOfWork,
    actor: Actor,
    escalation_id: str,
    *,
    person_id: str | None = None,
    position: str | None = None,
    public_url: str = "",
) -> Escalation:
    """To a person, or to whoever holds a position; without either, the next step comes at once."""
    incident, escalation = taken(uow, actor, Permission.CALLOUT_SEND, escalation_id)
    if person_id is None and position is None:
        pass_on(uow, actor, incident, escalation)
        return escalation
    to = _to(uow, incident, person_id, position)
    if people.address(to, Channel.SMS) is None:
        raise Invalid.field("person_id", f"{to.name} cannot be reached by text")
    _title(uow, escalation)
    _let_go(escalation)
    subject = KINDS[escalation.kind].about(uow.session, escalation.subject_id)
    found = Meant((to,), f"handed on by {actor.name}")
    told = notices.tell(
        uow, incident, escalation, HANDED, subject, found, bundled=False, public_url=public_url
    )
    escalation.told, escalation.acks, escalation.needs = ", ".join(told), 0, 1
    waits = deadlines.resume(uow, escalation)
    _handed_on(uow, actor, incident, escalation, to.name, waits)
    return escalation


def pass_on(uow: UnitOfWork, actor: Actor, incident: Incident, escalation: Escalation) -> None:
    """The next step comes at once, for a caller who has taken the incident."""
    _title(uow, escalation)
    _let_go(escalation)
    waits = deadlines.hurry(uow, escalation)
    _handed_on(uow, actor, incident, escalation, None, waits)


def shelve(uow: UnitOfWork, actor: Actor, escalation_id: str, *, minutes: int, reason: str) -> Escalation:
    """Nobody is told for so long; then it comes back by itself. What concerns life cannot be put aside."""
    incident, escalation = taken(uow, actor, Permission.INCIDENT_COMMAND, escalation_id)
    if KINDS[escalation.kind].life_safety:
        raise Conflict(f"{KINDS[escalation.kind].label} cannot be put aside.")
    if not SHORTEST_SHELF <= minutes <= LONGEST_SHELF:
        raise Invalid.field("minutes", f"must be from {SHORTEST_SHELF} to {LONGEST_SHELF}")
    reason = required_text("reason", reason, 200)
    until = uow.now + timedelta(minutes=minutes)
    _title(uow, escalation)
    _let_go(escalation)
    escalation.shelved_until, escalation.shelved_by, escalation.shelved_reason = until, actor.name, reason
    deadlines.release(uow, escalation)
    deadlines.hold(uow, escalation, until)
    shelved = EscalationShelved(
        what=escalation.kind,
        subject_id=escalation.subject_id,
        escalation_id=escalation.id,
        title=escalation.title,
        by=actor.name,
        until=until,
        reason=reason,
    )
    record(uow, incident, actor, shelved)
    return escalation


def unshelve(uow: UnitOfWork, actor: Actor, escalation_id: str) -> Escalation:
    """Take it back before its time: the step that was to come waits its whole time from now."""
    incident, escalation = taken(uow, actor, Permission.INCIDENT_COMMAND, escalation_id)
    if escalation.shelved_until is None:
        raise Conflict("That has not been put aside.")
    _off_the_shelf(escalation)
    waits = deadlines.resume(uow, escalation)
    back = EscalationCameBack(
        what=escalation.kind,
        subject_id=escalation.subject_id,
        escalation_id=escalation.id,
        title=escalation.title,
        why="shelved",
        told=[],
        late_seconds=0,
        next_do=waits.do if waits else None,
        next_at=waits.due_at if waits else None,
    )
    record(uow, incident, actor, back)
    return escalation


def taken(
    uow: UnitOfWork, actor: Actor, permission: Permission | None, escalation_id: str
) -> tuple[Incident, Escalation]:
    """What waits, its incident locked. Raises Conflict when it waits for nobody any more."""
    escalation = queries.escalation_by_id(uow.session, escalation_id)
    incident = take(uow, actor, permission, escalation.incident_id)
    uow.session.refresh(escalation)
    if escalation.ended_at is not None:
        raise Conflict("That is settled already.")
    return incident, escalation


def _title(uow: UnitOfWork, escalation: Escalation) -> None:
    """From now on the board shows it, if it did not."""
    subject = KINDS[escalation.kind].about(uow.session, escalation.subject_id)
    escalation.title, escalation.told_at = subject.title[:200], escalation.told_at or uow.now


def _let_go(escalation: Escalation) -> None:
    escalation.owner_id, escalation.owner, escalation.held_until = None, None, None
    _off_the_shelf(escalation)


def _off_the_shelf(escalation: Escalation) -> None:
    escalation.shelved_until, escalation.shelved_by, escalation.shelved_reason = None, None, None


def _to(uow: UnitOfWork, incident: Incident, person_id: str | None, position: str | None) -> Person:
    if position is not None:
        found = people.holders(uow, incident, position)
        if not found:
            raise Invalid.field("position", "nobody holds that position")
        return found[0]
    person = uow.session.get(Person, person_id)
    if person is None or not person.active:
        raise Invalid.field("person_id", "there is no such person on the roster")
    return person


def _handed_on(
    uow: UnitOfWork,
    actor: Actor,
    incident: Incident,
    escalation: Escalation,
    to: str | None,
    waits: Deadline | None,
) -> None:
    uow.session.flush()
    handed = EscalationHandedOn(
        what=escalation.kind,
        subject_id=escalation.subject_id,
        escalation_id=escalation.id,
        title=escalation.title,
        by=actor.name,
        to=to,
        next_do=waits.do if waits else None,
        next_at=waits.due_at if waits else None,
    )
    record(uow, incident, actor, handed)
