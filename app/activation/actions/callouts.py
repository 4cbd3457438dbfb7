"""Open a call-out, ask further, stop it."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from app.activation import events, texts
from app.activation.actions.asking import SYSTEM, ask
from app.activation.actions.standing_down import stand_down
from app.activation.candidates import Group, Seat
from app.activation.models import (
    WANTING,
    Callout,
    CalloutState,
    Candidate,
    Slot,
    SlotState,
)
from app.activation.planning import plan, sample_link
from app.activation.queries import source_of
from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.core.errors import Conflict, NotFound
from app.core.permissions import Permission
from app.incidents.actions.record import record, take
from app.incidents.models import Incident
from app.incidents.rules import required_text


def open_callout(
    uow: UnitOfWork,
    actor: Actor,
    incident_id: str,
    *,
    positions: Sequence[str] = (),
    groups: Sequence[Group] = (),
    text: str = "",
    at_once: int = 1,
    public_url: str,
) -> Callout:
    """Freeze the lists and ask the first of each. `at_once`: how many are asked together for a position;
    a group has its own. `text` is added to what each is sent. Links begin with `public_url`."""
    incident = take(uow, actor, Permission.CALLOUT_SEND, incident_id)
    seats = plan(uow.session, incident, positions, groups, at_once, uow.now)
    titles = [seat.title for seat in seats]
    extra = texts.checked_extra(source_of(uow.session, incident), titles, text, sample_link(public_url))
    callout = Callout(
        id=uow.new_id(),
        incident_id=incident.id,
        extra=extra,
        public_url=public_url,
        state=CalloutState.OPEN,
        opened_at=uow.now,
        opened_by=actor.name,
    )
    uow.session.add(callout)
    slots = [_slot(uow, callout, place, seat) for place, seat in enumerate(seats)]
    uow.session.flush()
    uow.session.add_all(slots)
    uow.session.flush()
    for slot, seat in zip(slots, seats, strict=True):
        uow.session.add_all(
            Candidate(
                slot_id=slot.id,
                rank=rank,
                person_id=person.id,
                person_name=person.name,
                why=seat.why.get(person.id, ""),
            )
            for rank, person in enumerate(seat.listed, 1)
        )
    opened = [_opened(slot, seat) for slot, seat in zip(slots, seats, strict=True)]
    record(uow, incident, actor, events.CalloutOpened(callout_id=callout.id, extra=extra, slots=opened))
    for slot in slots:
        ask(uow, actor, incident, slot, slot.at_once, "opened")
    return callout


def ask_next(uow: UnitOfWork, actor: Actor, slot_id: str) -> int:
    """Do not wait: ask the next on the list now. Returns how many were asked."""
    incident, slot = take_slot(uow, actor, Permission.CALLOUT_SEND, slot_id)
    if slot.state not in WANTING:
        raise Conflict(f"{slot.title} wants nobody any more.")
    if asked := ask(uow, actor, incident, slot, slot.at_once, "by_hand"):
        return asked
    raise Conflict(f"Nobody is left to ask for {slot.title}. Begin its list again, or call a group.")


def ask_again(uow: UnitOfWork, actor: Actor, slot_id: str) -> int:
    """Begin the list again, with all who have not said that they cannot come."""
    incident, slot = take_slot(uow, actor, Permission.CALLOUT_SEND, slot_id)
    if slot.state not in WANTING:
        raise Conflict(f"{slot.title} wants nobody any more.")
    return begin_round(uow, actor, incident, slot, "by_hand")


def begin_round(uow: UnitOfWork, actor: Actor, incident: Incident, slot: Slot, why: str) -> int:
    """The same for a caller who has taken the incident, such as escalation."""
    slot.round += 1
    asked = ask(uow, actor, incident, slot, slot.at_once, why, waited=True)
    if not asked:
        slot.round -= 1
    return asked


def stop_callout(uow: UnitOfWork, actor: Actor, callout_id: str, *, reason: str) -> Callout:
    """End it: nobody further is asked, and those who have not answered hear that they are not needed."""
    callout = uow.session.get(Callout, callout_id)
    if callout is None:
        raise NotFound("There is no such call-out.")
    incident = take(uow, actor, Permission.CALLOUT_SEND, callout.incident_id)
    uow.session.refresh(callout)
    if callout.state is CalloutState.STOPPED:
        raise Conflict("That call-out has been stopped already.")
    stop(uow, actor, incident, callout, required_text("reason", reason, 500))
    return callout


def stop(uow: UnitOfWork, actor: Actor, incident: Incident, callout: Callout, reason: str) -> None:
    source = source_of(uow.session, incident)
    number = 0
    for slot in callout.slots:
        if slot.state in WANTING:
            slot.state = SlotState.STOPPED
            number += stand_down(uow, incident, slot, texts.stopped(source, slot.title))
    callout.state, callout.stopped_at, callout.reason = CalloutState.STOPPED, uow.now, reason
    uow.session.flush()
    stopped = events.CalloutStopped(callout_id=callout.id, reason=reason, stood_down=number)
    record(uow, incident, actor, stopped)


def stop_all(uow: UnitOfWork, incident: Incident, reason: str) -> None:
    """Called when an incident is closed."""
    query = sa.select(Callout).where(Callout.incident_id == incident.id, Callout.state == CalloutState.OPEN)
    for callout in uow.session.scalars(query.order_by(Callout.id)).all():
        stop(uow, SYSTEM, incident, callout, reason)


def take_slot(uow: UnitOfWork, actor: Actor, permission: Permission, slot_id: str) -> tuple[Incident, Slot]:
    slot = uow.session.get(Slot, slot_id)
    if slot is None:
        raise NotFound("There is no such place in a call-out.")
    incident = take(uow, actor, permission, slot.incident_id)
    uow.session.refresh(slot)
    return incident, slot


def _slot(uow: UnitOfWork, callout: Callout, place: int, seat: Seat) -> Slot:
    return Slot(
        id=uow.new_id(),
        callout_id=callout.id,
        incident_id=callout.incident_id,
        place=place,
        kind=seat.kind,
        position_slug=seat.position,
        title=seat.title,
        needed=seat.needed,
        within_minutes=seat.within_minutes,
        at_once=seat.at_once,
        round=1,
        state=SlotState.OPEN,
    )


def _opened(slot: Slot, seat: Seat) -> events.SlotOpened:
    return events.SlotOpened(
        slot_id=slot.id,
        kind=slot.kind.value,
        position=slot.position_slug,
        title=slot.title,
        needed=slot.needed,
        at_once=slot.at_once,
        listed=[events.Listed(person.id, person.name) for person in seat.listed],
    )
