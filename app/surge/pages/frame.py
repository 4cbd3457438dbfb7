"""What the pages of one hospital's capacity have in common."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Blueprint, g, url_for
from sqlalchemy.orm import Session

from app.accounts.access import actor
from app.core.errors import Forbidden, NotFound
from app.core.permissions import Permission
from app.facilities.models import Facility
from app.facilities.queries import facilities
from app.staffing.models import Person
from app.surge.levels import state_of

pages = Blueprint("surge", __name__)

MOST_TABS = 8
"""A health system of more hospitals is looked at from the page of all of them."""


def hospital(db: Session, code: str) -> Facility:
    """Raises NotFound, or Forbidden where this person may not look."""
    found = db.scalar(sa.select(Facility).where(Facility.code == code))
    if found is None:
        raise NotFound(f"There is no hospital with the code {code!r}.")
    actor().require(Permission.BOARD_VIEW, found.id)
    g.zone = found.zone
    return found


def visible_hospitals(db: Session) -> list[Facility]:
    return [each for each in facilities(db) if actor().may(Permission.BOARD_VIEW, each.id)]


def home(db: Session) -> Facility:
    """Where the person looking works, if they may look there; else the first they may see."""
    visible = visible_hospitals(db)
    if not visible:
        raise Forbidden("There is no hospital whose capacity you may see.")
    person = db.get(Person, actor().person_id) if actor().person_id else None
    return next((each for each in visible if person and each.id == person.facility_id), visible[0])


def frame(db: Session, facility: Facility, current: str, *above: dict[str, str]) -> dict[str, Any]:
    """`above`: pages between the hospital's capacity and this one, on the trail."""
    g.zone = facility.zone
    others = visible_hospitals(db)
    tabs = [{"label": "All hospitals", "url": url_for("surge.index"), "current": False}]
    tabs += [
        {"label": each.name, "url": url_for("surge.show", code=each.code), "current": each.id == facility.id}
        for each in others[:MOST_TABS]
    ]
    trail = [{"label": "Capacity", "url": url_for("surge.show", code=facility.code)}, *above]
    trail.append({"label": current})
    return {
        "facility": facility,
        "place": facility.name,
        "tabs": tabs if len(others) > 1 else [],
        "breadcrumb": trail if current else None,
        "state_of": state_of,
    }
