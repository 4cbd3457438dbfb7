"""Transfer of command: offered with a briefing, accepted by the one it is offered to.

The commander stays commander until that moment, so command is never vacant and never double.
"""

from __future__ import annotations

from app.accounts.queries import people_who_may
from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.core.errors import Conflict, Forbidden, Invalid
from app.core.permissions import Permission
from app.incidents import events
from app.incidents.actions.positions import end, give, holder
from app.incidents.actions.record import record, take
from app.incidents.catalogue import COMMANDER
from app.incidents.models import Assignment, CommandOffer, Incident, OfferState
from app.incidents.queries import open_offer
from app.incidents.rules import optional_text, required_text
from app.staffing.models import Person


def offer_command(
    uow: UnitOfWork, actor: Actor, incident_id: str, *, person_id: str, briefing: str
) -> CommandOffer:
    """The commander offers command to somebody whose account may command at this hospital."""
    incident = take(uow, actor, Permission.INCIDENT_COMMAND, incident_id)
    commander = _commander(uow, incident)
    if commander.person_id != actor.person_id:
        raise Conflict(
            f"Only {commander.person_name}, who holds command, can offer it. "
            "If they cannot, take command over and say why."
        )
    if (waiting := open_offer(uow.session, incident.id)) is not None:
        raise Conflict(f"Command is offered to {waiting.to_person_name} already; withdraw that first.")
    person = _able_to_command(uow, incident, person_id)
    if person.id == commander.person_id:
        raise Invalid.field("person_id", f"{person.name} holds command already; choose somebody else")
    offer = CommandOffer(
        id=uow.new_id(),
        incident_id=incident.id,
        from_person_id=commander.person_id,
        to_person_id=person.id,
        to_person_name=person.name,
        briefing=required_text("briefing", briefing, 8000),
        state=OfferState.OPEN,
        offered_at=uow.now,
    )
    uow.session.add(offer)
    uow.session.flush()
    offered = events.CommandOffered(
        offer_id=offer.id, to_person_id=person.id, to_person_name=person.name, briefing=offer.briefing
    )
    record(uow, incident, actor, offered)
    return offer


def accept_command(uow: UnitOfWork, actor: Actor, incident_id: str) -> Assignment:
    """The person it was offered to takes command; the one before is relieved in the same moment."""
    incident = take(uow, actor, Permission.INCIDENT_COMMAND, incident_id)
    offer = _offer_to(uow, incident, actor, "accept")
    _end_offer(uow, incident, actor, offer, OfferState.ACCEPTED, "")
    return _hand_over(uow, incident, actor, offer.to_person_id, "command transferred")


def decline_command(uow: UnitOfWork, actor: Actor, incident_id: str, *, reason: str = "") -> CommandOffer:
    incident = take(uow, actor, None, incident_id)
    offer = _offer_to(uow, incident, actor, "decline")
    return _end_offer(uow, incident, actor, offer, OfferState.DECLINED, reason)


def withdraw_command(uow: UnitOfWork, actor: Actor, incident_id: str, *, reason: str = "") -> CommandOffer:
    """The commander takes the offer back."""
    incident = take(uow, actor, Permission.INCIDENT_COMMAND, incident_id)
    offer = _waiting(uow, incident)
    if offer.from_person_id != actor.person_id:
        raise Forbidden("Only the commander who offered command can withdraw the offer.")
    return _end_offer(uow, incident, actor, offer, OfferState.WITHDRAWN, reason)


def take_over_command(
    uow: UnitOfWork, actor: Actor, incident_id: str, *, person_id: str, reason: str
) -> Assignment:
    """Give command to somebody at once because the commander cannot hand it over; the reason is on record."""
    incident = take(uow, actor, Permission.INCIDENT_COMMAND, incident_id)
    commander = _commander(uow, incident)
    if commander.person_id == actor.person_id:
        raise Conflict("You hold command yourself: offer it, and it passes when it is accepted.")
    person = _able_to_command(uow, incident, person_id)
    if person.id == commander.person_id:
        raise Invalid.field("person_id", f"{person.name} holds command already; choose somebody else")
    reason = required_text("reason", reason, 2000)
    if (offer := open_offer(uow.session, incident.id)) is not None:
        _end_offer(uow, incident, actor, offer, OfferState.WITHDRAWN, f"command was taken over: {reason}")
    return _hand_over(uow, incident, actor, person.id, reason)


def drop_offer(uow: UnitOfWork, incident: Incident, actor: Actor, reason: str) -> None:
    """End an offer that nobody can accept any more."""
    if (offer := open_offer(uow.session, incident.id)) is not None:
        _end_offer(uow, incident, actor, offer, OfferState.WITHDRAWN, reason)


def _hand_over(uow: UnitOfWork, incident: Incident, actor: Actor, person_id: str, reason: str) -> Assignment:
    person = uow.session.get_one(Person, person_id)
    end(uow, incident, actor, _commander(uow, incident), reason)
    return give(uow, incident, actor, COMMANDER, person, source="transfer")


def _commander(uow: UnitOfWork, incident: Incident) -> Assignment:
    commander = holder(uow, incident.id, COMMANDER)
    assert commander is not None, "command is never vacant"
    return commander


def _able_to_command(uow: UnitOfWork, incident: Incident, person_id: str) -> Person:
    """Whoever holds command must be able to sign in and use it."""
    able = people_who_may(uow.session, Permission.INCIDENT_COMMAND, incident.facility_id)
    person = uow.session.get(Person, person_id) if person_id in able else None
    if person is None or not person.active:
        raise Invalid.field("person_id", "must be somebody whose account may command at this hospital")
    return person


def _waiting(uow: UnitOfWork, incident: Incident) -> CommandOffer:
    offer = open_offer(uow.session, incident.id)
    if offer is None:
        raise Conflict("No transfer of command is waiting; somebody has ended it.")
    return offer


def _offer_to(uow: UnitOfWork, incident: Incident, actor: Actor, what: str) -> CommandOffer:
    offer = _waiting(uow, incident)
    if offer.to_person_id != actor.person_id:
        raise Forbidden(f"Command is offered to {offer.to_person_name}; nobody else can {what} it.")
    return offer


def _end_offer(
    uow: UnitOfWork, incident: Incident, actor: Actor, offer: CommandOffer, state: OfferState, reason: str
) -> CommandOffer:
    offer.state, offer.ended_at = state, uow.now
    uow.session.flush()
    reason = optional_text("reason", reason, 2000)
    ended = events.CommandOfferEnded(offer_id=offer.id, state=state.value, reason=reason)
    record(uow, incident, actor, ended)
    return offer
