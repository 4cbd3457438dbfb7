"""Lists for the review: incidents with a record, and improvement actions that are open."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.actor import Actor
from app.core.permissions import Permission
from app.incidents.models import Incident
from app.incidents.queries import incident as get_incident
from app.review.models import Finding


def reviewable(session: Session, actor: Actor, incident_id: str, permission: Permission) -> Incident:
    """The incident, if the actor holds the permission at its hospital. Raises NotFound or Forbidden."""
    found = get_incident(session, incident_id)
    actor.require(permission, found.facility_id)
    return found


def incidents(actor: Actor, *, exercise: bool) -> sa.Select[Incident]:
    """Open and closed ones where the actor may read records, the latest first; exercises apart."""
    query = sa.select(Incident).where(Incident.exercise == exercise)
    if (places := actor.facilities(Permission.REVIEW_VIEW)) is not None:
        query = query.where(Incident.facility_id.in_(places))
    return query.order_by(Incident.declared_at.desc(), Incident.id)


def open_actions(actor: Actor, *, exercise: bool) -> sa.Select[Finding, Incident]:
    """Improvement actions not done yet, the earliest due first, those without a day last."""
    query = sa.select(Finding, Incident).join(Incident, Incident.id == Finding.incident_id)
    query = query.where(Finding.done_at.is_(None), Incident.exercise == exercise)
    if (places := actor.facilities(Permission.REVIEW_VIEW)) is not None:
        query = query.where(Incident.facility_id.in_(places))
    return query.order_by(Finding.due_on.is_(None), Finding.due_on, Finding.id)
