"""/api/v1/people, and who is on duty at a hospital"""

from __future__ import annotations

from typing import Any

from app.accounts.access import actor, requires
from app.core.permissions import Permission
from app.facilities.queries import facility_by_code
from app.runtime import runtime
from app.staffing import actions, onduty, queries
from app.staffing.models import Person
from app.staffing.queries import hospital
from app.staffing.rota import Given
from app.staffing.schemas import (
    OnDutyOut,
    PeopleArgs,
    PersonOut,
    PersonPage,
    ShiftsIn,
    ShiftsOut,
    search_of,
)
from app.web.api import blueprint, page, post

api = blueprint("people", "The roster")


@api.route("/people")
@api.arguments(PeopleArgs, location="query")
@api.response(200, PersonPage)
@requires(Permission.ROSTER_VIEW)
def list_people(args: dict[str, Any]) -> Any:
    """People on the rosters that you may see, with phone numbers masked"""
    with runtime().db.read() as db:
        code = args["facility"]
        facility_id = facility_by_code(db, code).id if code else None
        query = queries.search(actor(), facility_id=facility_id, **search_of(args))
        return page(db, query, Person.id, cursor=args["cursor"], limit=args["limit"])


@api.route("/people/<uuid:person_id>")
@api.response(200, PersonOut)
@requires(Permission.ROSTER_VIEW)
def get_person(person_id: Any) -> Person:
    """One person"""
    with runtime().db.read() as db:
        return queries.visible_person(db, actor(), str(person_id))


@api.route("/facilities/<code>/on-duty")
@api.response(200, OnDutyOut)
@requires(Permission.ROSTER_VIEW)
def get_on_duty(code: str) -> dict[str, Any]:
    """Who works and who is on call now, and whether the floors hold"""
    now = runtime().clock.now()
    with runtime().db.read() as db:
        here = hospital(db, actor(), code, Permission.ROSTER_VIEW)
        found = onduty.on_duty(db, here.id, now)
    return {
        "at": now,
        "recorded_at": found.recorded_at,
        "ends_at": found.ends_at,
        "unknown_people": found.unknown,
        "away": found.away,
        "places": found.places,
        "on_call": found.on_call,
        "floors": [floor for _, floor in found.floors],
    }


@api.route("/facilities/<code>/shifts", methods=["POST"])
@api.arguments(ShiftsIn)
@api.response(201, ShiftsOut)
@requires(Permission.ROSTER_EDIT)
def put_shifts(data: dict[str, Any], code: str) -> Any:
    """Hand in shifts, many at once; again without doubling any. What cannot be taken is answered with the reason"""
    with runtime().db.read() as db:
        here = hospital(db, actor(), code, Permission.ROSTER_EDIT)
    given = [
        Given(
            number,
            each["employee_number"],
            each["start"],
            each["end"],
            each["kind"],
            each["unit"],
            each["department"],
            each["job"],
        )
        for number, each in enumerate(data["shifts"], 1)
    ]
    return post(
        actions.put_shifts,
        ShiftsOut,
        actor(),
        facility_id=here.id,
        shifts=given,
        source=data["source"],
        replace=data["replace"],
    )
