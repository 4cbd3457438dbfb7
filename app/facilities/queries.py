"""Reading hospitals and units."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.errors import Invalid, NotFound
from app.facilities.models import Facility, Unit


def facilities(session: Session) -> Sequence[Facility]:
    return session.scalars(sa.select(Facility).order_by(Facility.name)).all()


def facility(session: Session, facility_id: str) -> Facility:
    found = session.get(Facility, facility_id)
    if found is None:
        raise NotFound("There is no such hospital.")
    return found


def facility_by_code(session: Session, code: str, field: str = "facility") -> Facility:
    """Raises Invalid naming `field` and listing the codes that exist."""
    found = session.scalar(sa.select(Facility).where(Facility.code == code))
    if found is None:
        known = ", ".join(session.scalars(sa.select(Facility.code).order_by(Facility.code)))
        raise Invalid.field(
            field, f"there is no hospital with the code {code!r}; known are {known or 'none'}"
        )
    return found


def units(session: Session, facility_id: str) -> Sequence[Unit]:
    return session.scalars(sa.select(Unit).where(Unit.facility_id == facility_id).order_by(Unit.name)).all()
