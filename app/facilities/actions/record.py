"""What the actions on a hospital's set-up have in common."""

from __future__ import annotations

from datetime import datetime, timedelta

from app.core.actor import Actor
from app.core.clock import as_utc
from app.core.db import UnitOfWork
from app.core.errors import Invalid
from app.core.permissions import Permission
from app.facilities.models import Facility
from app.facilities.queries import facility
from app.facilities.stream import take_hospitals

AHEAD = timedelta(minutes=5)
LONGEST_REASON = 2000


def take(uow: UnitOfWork, actor: Actor, permission: Permission, facility_id: str) -> Facility:
    """Lock the hospital's journal for somebody who may do this there."""
    actor.require(permission, facility_id)
    found = facility(uow.session, facility_id)
    take_hospitals(uow, [facility_id])
    return found


def reason_of(text: str) -> str:
    cleaned = text.strip()
    if not 1 <= len(cleaned) <= LONGEST_REASON:
        raise Invalid.field("reason", f"must not be empty, and have at most {LONGEST_REASON} characters")
    return cleaned


def since_of(given: datetime | None, now: datetime) -> datetime:
    """Since when something holds: now, or earlier."""
    moment = as_utc(given) if given is not None else now
    if moment > now + AHEAD:
        raise Invalid.field("since", "must not lie in the future")
    if moment.year < 1900:
        raise Invalid.field("since", "must not lie before the year 1900")
    return moment
