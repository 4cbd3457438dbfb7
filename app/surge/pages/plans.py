"""What was done of the plans that a hospital's levels started."""

from __future__ import annotations

from flask import render_template
from sqlalchemy.orm import Session

from app.accounts.access import requires
from app.core.permissions import Permission
from app.facilities.stream import stream_of
from app.incidents.models import stream_of as incident_stream
from app.journal import entries
from app.runtime import runtime
from app.surge import plans
from app.surge.events import PlanStarted, SurgeLevelSet
from app.surge.pages.frame import frame, hospital, pages
from app.web.forms import page_number

ON_A_PAGE = 20


@pages.route("/capacity/<code>/plans")
@requires(Permission.BOARD_VIEW)
def measured(code: str) -> str:
    number = page_number()
    with runtime().db.read() as db:
        facility = hospital(db, code)
        found = _starts(db, facility.id)
        context = frame(db, facility, "Plans measured")
    shown = found[(number - 1) * ON_A_PAGE : number * ON_A_PAGE]
    return render_template(
        "surge/plans.html",
        **context,
        starts=shown,
        resources=plans.by_resource([each.plan for each in shown if each.plan is not None]),
        words=plans.WORDS,
        page=number,
        page_count=-(-len(found) // ON_A_PAGE),
    )


def _starts(db: Session, facility_id: str) -> list[plans.LevelStart]:
    own = list(entries(db, stream_of(facility_id), kinds=(SurgeLevelSet.kind, PlanStarted.kind)))
    hosts = {entry.event.incident_id for entry in own if isinstance(entry.event, PlanStarted)}
    now = runtime().clock.now()
    found = [
        plan
        for incident_id in sorted(hosts)
        for plan in plans.measure(entries(db, incident_stream(incident_id), kinds=plans.KINDS), now)
    ]
    return plans.starts(own, found)
