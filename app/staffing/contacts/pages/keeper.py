"""The roster keeper's pages: who cannot be reached, what is in doubt, and one person's methods."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import g, redirect, render_template, url_for
from sqlalchemy.orm import Session

from app.accounts.access import actor, requires
from app.core.errors import NotFound
from app.core.permissions import Permission
from app.facilities.models import Facility
from app.facilities.queries import facilities
from app.runtime import runtime
from app.staffing import queries as roster
from app.staffing.contacts import queries
from app.staffing.contacts.addresses import NAMES, ending
from app.staffing.contacts.pages import pages
from app.staffing.contacts.pages.frame import View, show, take

MOST = 300


@pages.get("/people/reach")
@requires(Permission.ROSTER_VIEW)
def first() -> Any:
    """The list of the first hospital whose roster this person may see."""
    with runtime().db.read() as db:
        return redirect(url_for("contacts.standing", code=visible(db)[0].code))


@pages.get("/people/reach/<code>")
@requires(Permission.ROSTER_VIEW)
def standing(code: str) -> str:
    now = runtime().clock.now()
    with runtime().db.read() as db:
        place = hospital(db, code)
        g.zone = place.zone
        found = queries.standing(db, place.id, now)
        return render_template(
            "contacts/standing.html",
            hospital=place,
            standing=found,
            unreachable=found.unreachable[:MOST],
            suspect=found.suspect[:MOST],
            names=NAMES,
            ending=ending,
            places=visible(db),
            breadcrumb=breadcrumb({"label": f"Reach, {place.code}"}),
        )


@pages.get("/people/<uuid:person_id>/reach")
@requires(Permission.ROSTER_EDIT)
def person(person_id: UUID) -> str:
    return show(_person(person_id))


@pages.post("/people/<uuid:person_id>/reach")
@requires(Permission.ROSTER_EDIT)
def change_person(person_id: UUID) -> Any:
    return take(_person(person_id))


def _person(person_id: UUID) -> View:
    with runtime().db.read() as db:
        found = roster.person(db, str(person_id))
        actor().require(Permission.ROSTER_EDIT, found.facility_id)
    back = {"label": found.name, "url": url_for("staffing.person", person_id=person_id)}
    url = url_for("contacts.person", person_id=person_id)
    return View(found.id, actor(), url, breadcrumb=tuple(breadcrumb(back, {"label": "Reach"})))


def visible(db: Session) -> list[Facility]:
    """Hospitals whose roster this person may see. Raises NotFound without any."""
    found = [f for f in facilities(db) if actor().may(Permission.ROSTER_VIEW, f.id)]
    if not found:
        raise NotFound("There is no hospital whose roster you may see.")
    return found


def hospital(db: Session, code: str) -> Facility:
    found = next((f for f in visible(db) if f.code == code), None)
    if found is None:
        raise NotFound(f"There is no hospital with the code {code!r} whose roster you may see.")
    return found


def breadcrumb(*more: dict[str, str]) -> list[dict[str, str]]:
    return [{"label": "People", "url": url_for("staffing.index")}, *more]
