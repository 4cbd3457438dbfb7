"""A poll begins: one a scope, whoever presses first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.core.errors import Invalid
from app.core.permissions import Permission
from app.facilities.queries import facilities, facility, units
from app.facilities.stream import take_hospitals
from app.incidents.actions.record import take as take_incident
from app.polls import queries
from app.polls.actions.closing import close_taken
from app.polls.actions.frame import POLLS, tell, tell_incident
from app.polls.actions.sending import send, why_not
from app.polls.events import PollStarted
from app.polls.models import EVERYWHERE, Poll, PollAsk
from app.polls.rules import MINUTES, AskState, Whom, asked_of, chase_minutes, next_chase
from app.surge.metrics import METRICS


@dataclass(frozen=True)
class Started:
    """`made` False: one of the same scope was open already, and this is it."""

    poll: Poll
    made: bool


def start(
    uow: UnitOfWork,
    actor: Actor,
    *,
    facility_id: str | None,
    metrics: Sequence[str],
    minutes: int,
    public_url: str,
    title: str = "",
    chase: Sequence[int] = (),
    whom: Whom = Whom.UNITS,
    incident_id: str | None = None,
) -> Started:
    """Ask the units of a hospital, or of all (`facility_id` None), for these metrics within so many minutes.

    Raises Forbidden, or Invalid for metrics that nobody is asked, a time or chases out of range.
    """
    places = [facility(uow.session, facility_id)] if facility_id else list(facilities(uow.session))
    for place in places:
        actor.require(Permission.CALLOUT_SEND, place.id)
    chase = tuple(sorted(set(chase))) or chase_minutes(minutes)
    _check(metrics, minutes, chase)
    take_hospitals(uow, [place.id for place in places])
    scope = facility_id or EVERYWHERE
    before = queries.open_poll(uow.session, scope)
    if before is not None and uow.now <= before.due_at:
        return Started(before, False)
    incident = take_incident(uow, actor, Permission.CALLOUT_SEND, incident_id) if incident_id else None
    if incident is not None and incident.facility_id != facility_id:
        raise Invalid.field("incident", "must be one of the hospital that is asked")
    if before is not None:
        close_taken(uow, POLLS, before)
    found = Poll(
        id=uow.new_id(),
        scope=scope,
        facility_id=facility_id,
        incident_id=incident_id,
        exercise=incident.exercise if incident else False,
        title=title.strip()[:200] or "Numbers wanted",
        whom=whom,
        metrics=" ".join(metrics),
        chase=" ".join(map(str, chase)),
        started_at=uow.now,
        started_by=actor.name,
        due_at=uow.now + timedelta(minutes=minutes),
        next_chase_at=next_chase(uow.now, chase, uow.now),
        chased=0,
        result="",
    )
    asks = _asks(uow, found, [place.id for place in places])
    if not asks:
        raise Invalid.field("metrics", "are asked of no unit there")
    uow.session.add(found)
    uow.session.flush()
    uow.session.add_all(asks)
    uow.session.flush()
    send(uow, found, public_url, round_=0)
    for place in places:
        mine = [ask for ask in asks if ask.facility_id == place.id]
        if mine:
            tell(uow, actor, [place.id], _event(found, mine))
    tell_incident(uow, actor, found, _event(found, asks))
    return Started(found, True)


def _check(metrics: Sequence[str], minutes: int, chase: Sequence[int]) -> None:
    low, high = MINUTES
    if not metrics or any(metric not in METRICS for metric in metrics) or len(set(metrics)) < len(metrics):
        raise Invalid.field("metrics", f"must be one or more of {', '.join(METRICS)}, each once")
    if not low <= minutes <= high:
        raise Invalid.field("minutes", f"must be a whole number from {low} to {high}")
    if len(chase) > 5 or any(not 1 <= each < minutes for each in chase):
        raise Invalid.field("chase", f"must be at most 5 whole numbers of minutes from 1 to {minutes - 1}")


def _asks(uow: UnitOfWork, found: Poll, facility_ids: Sequence[str]) -> list[PollAsk]:
    """A unit's contact, else the bed manager; of somebody who cannot be reached the unit says so."""
    contacts = queries.contacts(uow.session, facility_ids) if found.whom is Whom.UNITS else {}
    managers = queries.managers(uow.session, facility_ids)
    asks = []
    for facility_id in facility_ids:
        for unit in units(uow.session, facility_id):
            if not asked_of(unit.unit_class, found.asks_for):
                continue
            own, manager = contacts.get(unit.id), managers.get(facility_id)
            person = next((p for p in (own, manager) if p is not None and not why_not(p)), own or manager)
            trouble = why_not(person)
            asks.append(
                PollAsk(
                    poll_id=found.id,
                    unit_id=unit.id,
                    facility_id=facility_id,
                    person_id=person.id if person and not trouble else None,
                    person_name=person.name if person and not trouble else "",
                    trouble=trouble,
                    state=AskState.OPEN,
                )
            )
    return asks


def _event(found: Poll, asks: Sequence[PollAsk]) -> PollStarted:
    return PollStarted(
        poll_id=found.id,
        title=found.title,
        whom=found.whom.value,
        metrics=found.asks_for,
        due_at=found.due_at,
        asked=len(asks),
        nobody=sum(ask.person_id is None for ask in asks),
        exercise=found.exercise,
    )
