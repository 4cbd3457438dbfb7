"""Who is asked for a unit's numbers."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import g, render_template, url_for
from sqlalchemy.orm import Session

from app.accounts.access import actor, requires
from app.core.errors import Invalid, NotFound
from app.core.permissions import Permission
from app.facilities.models import Facility
from app.facilities.queries import facility_by_code, units
from app.polls import actions, queries
from app.polls.actions.sending import why_not
from app.polls.pages.frame import pages
from app.runtime import runtime, transact
from app.staffing.models import Person
from app.web.forms import Errors, done, submitted, typed

MANAGER = "-"
LABELS = {"unit": "For", "person_id": "Person"}


@pages.route("/polls/contacts/<string:code>")
@requires(Permission.ROSTER_VIEW)
def contacts(code: str) -> str:
    return _contacts(code)


@pages.route("/polls/contacts/<string:code>", methods=["POST"])
@requires(Permission.ROSTER_EDIT)
def set_contact(code: str) -> Any:
    def act() -> Any:
        with runtime().db.read() as db:
            place = _place(db, code, Permission.ROSTER_EDIT)
            unit_id = _unit_id(db, place, typed("unit"))
        transact(
            actions.set_contact, actor(), place.id, unit_id=unit_id, person_id=typed("person_id") or None
        )
        return done("Saved.", url_for("polls.contacts", code=code))

    return submitted(act, lambda errors: _contacts(code, errors))


def _contacts(code: str, errors: Errors | None = None) -> str:
    with runtime().db.read() as db:
        place = _place(db, code, Permission.ROSTER_VIEW)
        own, manager = queries.contacts(db, [place.id]), queries.managers(db, [place.id]).get(place.id)
        people = db.scalars(
            sa.select(Person).where(Person.facility_id == place.id, Person.active).order_by(Person.name)
        )
        found = units(db, place.id)
        return render_template(
            "polls/contacts.html",
            facility=place,
            manager=(manager, why_not(manager)),
            rows=[(unit, own.get(unit.id), why_not(own.get(unit.id) or manager)) for unit in found],
            choices=[(MANAGER, "Bed manager"), *((unit.code, unit.name) for unit in found)],
            people=[(person.id, f"{person.name}, {person.job_title}") for person in people],
            data={"unit": typed("unit"), "person_id": typed("person_id")},
            labels=LABELS,
            errors=errors or {},
        )


def _place(db: Session, code: str, permission: Permission) -> Facility:
    try:
        place = facility_by_code(db, code)
    except Invalid as unknown:
        raise NotFound(unknown.detail) from None
    actor().require(permission, place.id)
    g.zone = place.zone
    return place


def _unit_id(db: Session, place: Facility, code: str) -> str | None:
    if code == MANAGER:
        return None
    found = {unit.code: unit.id for unit in units(db, place.id)}
    if code not in found:
        raise Invalid.field("unit", f"must be one of {', '.join(found)}")
    return found[code]
