"""/api/v1/people"""

from __future__ import annotations

from typing import Any

from app.accounts.access import actor, requires
from app.core.permissions import Permission
from app.facilities.queries import facility_by_code
from app.runtime import runtime
from app.staffing import queries
from app.staffing.models import Person
from app.staffing.schemas import PeopleArgs, PersonOut, PersonPage, search_of
from app.web.api import blueprint, page

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
