"""What the census' pages share."""

from __future__ import annotations

from flask import Blueprint, g
from sqlalchemy.orm import Session

from app.accounts.access import actor
from app.census import queries
from app.core.errors import Invalid, NotFound
from app.core.permissions import Permission
from app.facilities.models import Facility
from app.facilities.queries import facility_by_code

pages = Blueprint("census", __name__)


def hospital_of(db: Session, code: str, permission: Permission) -> Facility:
    """The hospital of the address, whose clock the page shows. Raises NotFound or Forbidden."""
    try:
        place = facility_by_code(db, code)
    except Invalid as unknown:
        raise NotFound(unknown.detail) from None
    actor().require(permission, place.id)
    g.zone = place.zone
    return place


def max_age() -> int:
    return int(queries.FEED_MAX_AGE.total_seconds())
