"""Everybody on the roster, and somebody new."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from flask import render_template, request, url_for
from sqlalchemy.orm import Session

from app.accounts.access import actor, requires
from app.core.errors import Invalid
from app.core.permissions import Permission
from app.facilities.queries import facilities, facility_by_code
from app.incidents.queries import held_elsewhere
from app.runtime import runtime, transact
from app.staffing import actions, queries
from app.staffing.availability import described
from app.staffing.duty import Duty
from app.staffing.models import Person
from app.staffing.pages.frame import LABELS, breadcrumb, pages, words
from app.web.forms import Errors, done, page_number, submitted, typed

PAGE = 50


@pages.route("/people")
@requires(Permission.ROSTER_VIEW)
def index() -> str:
    chosen = {name: request.args.get(name, "").strip()[:100] for name in ("q", "skill", "department")}
    query = queries.search(actor(), text=chosen["q"], skill=chosen["skill"], department=chosen["department"])
    number = page_number()
    with runtime().db.read() as db:
        total = db.scalar(sa.select(sa.func.count()).select_from(query.subquery())) or 0
        rows = query.order_by(Person.name, Person.id).limit(PAGE).offset((number - 1) * PAGE)
        people = db.scalars(rows).all()
        return render_template(
            "staffing/index.html",
            people=people,
            held=held_elsewhere(db, [p.id for p in people]),
            places={f.id: f.name for f in facilities(db)},
            skills=[(s, words(s)) for s in queries.skills(db)],
            departments=[(d, d) for d in queries.departments(db)],
            chosen=chosen,
            total=total,
            number=number,
            count_of_pages=-(-total // PAGE),
            words=words,
            first_code=_first_code(db),
            states=_states(db, people),
        )


@pages.route("/people/new")
@requires(Permission.ROSTER_EDIT)
def new() -> str:
    return _new()


@pages.route("/people/new", methods=["POST"])
@requires(Permission.ROSTER_EDIT)
def add_person() -> Any:
    def act() -> Any:
        with runtime().db.read() as db:
            place = facility_by_code(db, typed("facility"))
        made = transact(
            actions.add_person,
            actor(),
            facility_id=place.id,
            name=typed("name"),
            job_title=typed("job_title"),
            department=typed("department"),
            employee_number=typed("employee_number"),
            travel_minutes=_minutes(),
        )
        return done(f"{made.name} is on the roster.", url_for("staffing.person", person_id=made.id))

    return submitted(act, _new)


def _new(errors: Errors | None = None) -> str:
    with runtime().db.read() as db:
        may_edit = [f for f in facilities(db) if actor().may(Permission.ROSTER_EDIT, f.id)]
        return render_template(
            "staffing/new.html",
            places=[(f.code, f.name) for f in may_edit],
            data=request.form,
            errors=errors or {},
            labels=LABELS,
            breadcrumb=breadcrumb("New"),
        )


def _first_code(db: Session) -> str | None:
    """The first hospital whose roster this person may see."""
    codes = [f.code for f in facilities(db) if actor().may(Permission.ROSTER_VIEW, f.id)]
    return codes[0] if codes else None


def _states(db: Session, people: Sequence[Person]) -> dict[str, str]:
    now = runtime().clock.now()
    duty, zones = Duty(db, now), {f.id: f.zone for f in facilities(db)}
    duty.look(people)
    return {p.id: described(duty.of(p), now, zones[p.facility_id]) for p in people}


def _minutes() -> int | None:
    text = typed("travel_minutes")
    if text and not text.isdecimal():
        raise Invalid.field("travel_minutes", "must be a whole number from 0 to 1440, or empty")
    return int(text[:9]) if text else None
