"""/api/v1/facilities"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from app.accounts.access import requires
from app.core.errors import NotFound
from app.core.permissions import Permission
from app.facilities import queries
from app.facilities.models import Facility
from app.facilities.schemas import FacilityPage, FacilityWithUnitsOut
from app.runtime import runtime
from app.web.api import PageArgs, blueprint, page

api = blueprint("facilities", "Hospitals and their units")


@api.route("/facilities")
@api.arguments(PageArgs, location="query")
@api.response(200, FacilityPage)
@requires(Permission.BOARD_VIEW)
def list_facilities(args: dict[str, Any]) -> Any:
    """All hospitals of the system"""
    with runtime().db.read() as db:
        return page(db, sa.select(Facility), Facility.id, **args)


@api.route("/facilities/<string:code>")
@api.response(200, FacilityWithUnitsOut)
@requires(Permission.BOARD_VIEW)
def get_facility(code: str) -> dict[str, Any]:
    """One hospital, with its units"""
    with runtime().db.read() as db:
        facility = db.scalar(sa.select(Facility).where(Facility.code == code))
        if facility is None:
            raise NotFound(f"There is no hospital with the code {code!r}.")
        return {c.key: getattr(facility, c.key) for c in sa.inspect(Facility).columns} | {
            "units": queries.units(db, facility.id)
        }
