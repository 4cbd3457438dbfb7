"""What the pages of the roster share."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, url_for
from sqlalchemy.orm import Session

from app.accounts.access import actor
from app.core.permissions import Permission
from app.facilities.models import Facility
from app.facilities.queries import facilities
from app.runtime import runtime
from app.staffing.availability import described
from app.staffing.duty import Duty
from app.staffing.models import Person
from app.staffing.queries import hospital

pages = Blueprint("staffing", __name__)

LABELS = {
    "address": "Number or address",
    "date": "Day",
    "department": "Department",
    "employee_number": "Employee number",
    "ends_at": "End",
    "facility": "Hospital",
    "file": "File",
    "from_day": "First day",
    "hours": "Hours",
    "job_title": "Job",
    "kind": "Kind",
    "least": "At least",
    "name": "Name",
    "person_id": "Person",
    "place": "Where",
    "skill": "Skill",
    "source": "Whose figures",
    "starts_at": "Start",
    "to_day": "Last day",
    "travel_minutes": "Minutes from home",
    "unit": "Unit",
    "valid_until": "Valid until",
}


def breadcrumb(last: str) -> list[dict[str, str]]:
    return [{"label": "People", "url": url_for("staffing.index")}, {"label": last}]


def place_of(db: Session, code: str) -> Facility:
    return hospital(db, actor(), code, Permission.ROSTER_VIEW)


def states(db: Session, people: Sequence[Person]) -> dict[str, str]:
    """Whether each of them is on duty, off, away, in words, by id."""
    now = runtime().clock.now()
    duty, zones = Duty(db, now), {f.id: f.zone for f in facilities(db)}
    duty.look(people)
    return {p.id: described(duty.of(p), now, zones[p.facility_id]) for p in people}
