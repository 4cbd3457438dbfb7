"""Asking for something: up to twenty lines, from the catalogue or in one's own words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Response, render_template, request, url_for
from sqlalchemy.orm import Session

from app.accounts.access import actor, requires
from app.core.permissions import Permission
from app.incidents.frame import zone_of
from app.incidents.models import Incident
from app.incidents.queries import holders, positions, visible_incident
from app.resources import actions, catalogue, queries
from app.resources.actions import Wanted
from app.resources.actions.requests import MOST_LINES
from app.resources.pages.frame import WORDS, incident_frame, pages, whole
from app.runtime import runtime, transact
from app.web.forms import Errors, done, local_time, submitted, typed

FIRST_LINES = 3
FIELDS = ("description", "quantity", "unit")


@pages.route("/incidents/<uuid:incident_id>/requests/new")
@requires(Permission.REQUEST_RAISE)
def new(incident_id: UUID) -> str:
    return _page(incident_id, {"priority": "routine"}, FIRST_LINES)


@pages.route("/incidents/<uuid:incident_id>/requests/new", methods=["POST"])
@requires(Permission.REQUEST_RAISE)
def raise_request(incident_id: UUID) -> Any:
    data = _typed_lines()
    count = max(FIRST_LINES, data["count"])
    if typed("more"):
        return Response(_page(incident_id, data, min(count + 3, MOST_LINES)), 200)

    def act() -> Any:
        made = transact(
            actions.raise_request,
            actor(),
            str(incident_id),
            lines=[_wanted(data, i) for i in range(data["count"])],
            priority=typed("priority"),
            deliver_to=typed("deliver_to"),
            why=typed("why"),
            needed_by=local_time("needed_by", zone_of(incident_id)),
            position=typed("position") or None,
        )
        url = url_for("resources.one", request_id=made.id)
        return done(f"Request {made.number} is raised and waits for a decision.", url)

    return submitted(act, lambda errors: _page(incident_id, data, count, errors))


def _typed_lines() -> dict[str, Any]:
    """The form with its lines moved together, empty ones left out, and how many there are."""
    data: dict[str, Any] = {name: value for name, value in request.form.items() if name[:6] != "lines."}
    filled = [
        line
        for i in range(MOST_LINES)
        if any((line := {f: typed(f"lines.{i}.{f}") for f in FIELDS})[f] for f in ("description", "quantity"))
    ]
    for i, line in enumerate(filled):
        data |= {f"lines.{i}.{name}": value for name, value in line.items()}
    return data | {"count": len(filled)}


def _wanted(data: Mapping[str, Any], i: int) -> Wanted:
    """A description that names an item of the catalogue is that item."""
    name = data[f"lines.{i}.description"]
    item = catalogue.find_by_name(name)
    quantity = whole(f"lines.{i}.quantity", data[f"lines.{i}.quantity"])
    return Wanted(quantity, item.sku if item else None, name, data[f"lines.{i}.unit"])


def _page(incident_id: UUID, data: Mapping[str, Any], count: int, errors: Errors | None = None) -> str:
    with runtime().db.read() as db:
        incident = visible_incident(db, actor(), str(incident_id))
        actor().require(Permission.REQUEST_RAISE, incident.facility_id)
        mine = {"position": _my_position(db, incident)} if not errors and "position" not in data else {}
        return render_template(
            "resources/new.html",
            **incident_frame(db, incident, "Ask for something"),
            **WORDS,
            data=mine | dict(data),
            errors=errors or {},
            count=count,
            most=MOST_LINES,
            shelves=queries.stock(db, incident.facility_id),
            positions=[(p.slug, p.title) for p in positions(db, incident.id).values()],
        )


def _my_position(db: Session, incident: Incident) -> str:
    """The position that the person asking holds here, if any."""
    held = holders(db, incident.id).items()
    return next((slug for slug, each in held if each.person_id == actor().person_id), "")
