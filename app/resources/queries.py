"""Reading requests and stock."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.actor import Actor
from app.core.errors import NotFound
from app.core.permissions import Permission
from app.incidents.models import Incident
from app.incidents.queries import incident as get_incident
from app.resources import catalogue
from app.resources.models import ResourceRequest, StockLevel
from app.resources.rules import ENDED, Priority

WithIncident = sa.Select[ResourceRequest, Incident]

LOW_SHARE = 0.5
"""Below this share of the usual stock an item is called low. Our choice; a hospital's own rule may differ."""


@dataclass(frozen=True)
class Shelf:
    """An item of the catalogue and what a hospital has of it; `level` None: never counted."""

    item: catalogue.StockItem
    level: StockLevel | None

    @property
    def word(self) -> str:
        """missing (never counted), none, low, or nothing to say."""
        if self.level is None:
            return "missing"
        if self.level.on_hand == 0:
            return "none"
        return "low" if self.level.on_hand < self.level.par * LOW_SHARE else ""


def visible_request(session: Session, actor: Actor, request_id: str) -> tuple[Incident, ResourceRequest]:
    """The request and its incident, if this actor may see boards at its hospital."""
    request = session.get(ResourceRequest, request_id)
    if request is None:
        raise NotFound("There is no such request.")
    incident = get_incident(session, request.incident_id)
    actor.require(Permission.BOARD_VIEW, incident.facility_id)
    return incident, request


def request_of(session: Session, actor: Actor, incident_id: str, request_id: str) -> ResourceRequest:
    """The same, and it must belong to this incident."""
    incident, request = visible_request(session, actor, request_id)
    if incident.id != incident_id:
        raise NotFound(f"There is no such request in {get_incident(session, incident_id).number}.")
    return request


def requests(actor: Actor, *, state: str = "open", incident_id: str | None = None) -> WithIncident:
    """Requests with their incidents at the hospitals that this actor may see. `state`: open, ended or all."""
    query = sa.select(ResourceRequest, Incident).join(Incident, Incident.id == ResourceRequest.incident_id)
    if (places := actor.facilities(Permission.BOARD_VIEW)) is not None:
        query = query.where(Incident.facility_id.in_(places))
    if incident_id is not None:
        query = query.where(ResourceRequest.incident_id == incident_id)
    if state == "open":
        query = query.where(ResourceRequest.state.not_in(ENDED))
    if state == "ended":
        query = query.where(ResourceRequest.state.in_(ENDED))
    return query


def by_urgency(
    query: WithIncident,
) -> WithIncident:
    """Overdue first, then by urgency, then the oldest."""
    urgency = sa.case({p: i for i, p in enumerate(Priority)}, value=ResourceRequest.priority)
    overdue = sa.and_(ResourceRequest.overdue, ResourceRequest.state.not_in(ENDED))
    return query.order_by(overdue.desc(), urgency, ResourceRequest.raised_at, ResourceRequest.id)


def open_count(session: Session, incident_id: str) -> int:
    query = sa.select(sa.func.count()).where(
        ResourceRequest.incident_id == incident_id, ResourceRequest.state.not_in(ENDED)
    )
    return session.scalar(query) or 0


def stock(session: Session, facility_id: str) -> list[Shelf]:
    """Every item of the catalogue, in its order, with what is known of it at this hospital."""
    query = sa.select(StockLevel).where(StockLevel.facility_id == facility_id)
    levels = {level.sku: level for level in session.scalars(query)}
    return [Shelf(item, levels.get(item.sku)) for item in catalogue.items()]


def shelf(session: Session, facility_id: str, sku: str) -> Shelf:
    item = catalogue.find(sku)
    if item is None:
        raise NotFound(f"There is no item {sku!r} in the catalogue.")
    return Shelf(item, session.get(StockLevel, (facility_id, sku)))
