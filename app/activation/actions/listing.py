"""The list of a slot: copied when the call-out is opened, and ranked anew when it is begun again.

Meanwhile people have come off their shift, back from leave, or have been stood down elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from app.activation import budget, candidates, events
from app.activation.candidates import Group, Seat
from app.activation.models import Callout, Candidate, Slot, SlotKind
from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.incidents.actions.record import record
from app.incidents.models import Incident, Position


def keep(uow: UnitOfWork, slot: Slot, seat: Seat) -> None:
    """The list as it is when the call-out is opened."""
    _write(uow, slot, [(person.id, person.name, seat.why.get(person.id, "")) for person in seat.listed])


def rank_anew(uow: UnitOfWork, actor: Actor, incident: Incident, slot: Slot) -> int:
    """Put those who can be asked now in their order, in front of the others on the list, and journal who is
    new to it; returns how many. Nobody is taken off it: whether one can be asked is asked at the asking."""
    seat = _seat(uow, incident, slot)
    query = sa.select(Candidate).where(Candidate.slot_id == slot.id).order_by(Candidate.rank)
    old = {one.person_id: (one.person_id, one.person_name, one.why) for one in uow.session.scalars(query)}
    fresh = {person.id: (person.id, person.name, seat.why.get(person.id, "")) for person in seat.listed}
    order = [*fresh.values(), *(row for person_id, row in old.items() if person_id not in fresh)]
    if order == list(old.values()):
        return 0
    uow.session.execute(sa.delete(Candidate).where(Candidate.slot_id == slot.id))
    _write(uow, slot, order)
    added = [events.Listed(person.id, person.name) for person in seat.listed if person.id not in old]
    if added:
        listed = events.SlotListed(callout_id=slot.callout_id, slot_id=slot.id, title=slot.title, added=added)
        record(uow, incident, actor, listed)
    return len(added)


def _seat(uow: UnitOfWork, incident: Incident, slot: Slot) -> Seat:
    seat = _found(uow, incident, slot)
    hold_over = uow.session.get_one(Callout, slot.callout_id).hold_over
    if hold_over is not None:
        budget.hold_back(uow.session, [seat], incident.exercise, hold_over, uow.now)
    return seat


def _found(uow: UnitOfWork, incident: Incident, slot: Slot) -> Seat:
    now = candidates.standing(uow.session, incident.id, uow.now)
    within = None if slot.any_yes else slot.within_minutes
    if slot.kind is SlotKind.POSITION:
        position = uow.session.get_one(Position, (incident.id, slot.position_slug))
        return candidates.position_seat(uow.session, incident, position, slot.at_once, now, within)
    group = Group(slot.skill, slot.department, slot.needed, slot.at_once, within)
    return candidates.group_seat(uow.session, incident, group, now)


def _write(uow: UnitOfWork, slot: Slot, rows: Sequence[tuple[str, str, str]]) -> None:
    if rows:
        values = [
            {"slot_id": slot.id, "rank": rank, "person_id": who, "person_name": name, "why": why}
            for rank, (who, name, why) in enumerate(rows, 1)
        ]
        uow.session.execute(sa.insert(Candidate), values)
