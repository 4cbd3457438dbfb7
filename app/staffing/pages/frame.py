"""What the pages of the roster share."""

from __future__ import annotations

from flask import Blueprint, url_for
from sqlalchemy.orm import Session

from app.accounts.access import actor
from app.core.permissions import Permission
from app.facilities.models import Facility
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


def words(slug: str) -> str:
    return slug.replace("_", " ")


def breadcrumb(last: str) -> list[dict[str, str]]:
    return [{"label": "People", "url": url_for("staffing.index")}, {"label": last}]


def place_of(db: Session, code: str) -> Facility:
    return hospital(db, actor(), code, Permission.ROSTER_VIEW)
