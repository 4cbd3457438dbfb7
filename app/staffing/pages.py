"""The roster: people, one person, the depth lists."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import Blueprint, g, render_template, request, url_for
from sqlalchemy.orm import Session

from app.accounts.access import actor, requires
from app.core.errors import Invalid, NotFound
from app.core.permissions import Permission
from app.facilities.models import Facility
from app.facilities.queries import facilities, facility, facility_by_code
from app.incidents import catalogue
from app.incidents.queries import held_elsewhere
from app.runtime import runtime, transact
from app.staffing import actions, queries
from app.staffing.contacts.actions.verifying import vouch
from app.staffing.models import Person
from app.staffing.phones import masked
from app.web.forms import Errors, done, page_number, submitted, typed

pages = Blueprint("staffing", __name__)

PAGE = 50
LABELS = {
    "department": "Department",
    "employee_number": "Employee number",
    "facility": "Hospital",
    "job_title": "Job",
    "name": "Name",
    "person_id": "Person",
    "phone": "Phone",
    "travel_minutes": "Minutes from home",
}


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
            lists_url=_lists_url(db),
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


@pages.route("/people/<uuid:person_id>")
@requires(Permission.ROSTER_VIEW)
def person(person_id: UUID) -> str:
    return _person(person_id)


@pages.route("/people/<uuid:person_id>/active", methods=["POST"])
@requires(Permission.ROSTER_EDIT)
def set_active(person_id: UUID) -> Any:
    def act() -> Any:
        active = typed("active") == "yes"
        who = transact(actions.set_active, actor(), str(person_id), active=active)
        message = f"{who.name} is {'on' if active else 'off'} the roster."
        return done(message, url_for("staffing.person", person_id=person_id))

    return submitted(act, lambda errors: _person(person_id, errors))


@pages.route("/people/<uuid:person_id>/phones", methods=["POST"])
@requires(Permission.ROSTER_EDIT)
def add_phone(person_id: UUID) -> Any:
    def act() -> Any:
        transact(actions.add_phone, actor(), str(person_id), phone=typed("phone"))
        return done("Phone added.", url_for("staffing.person", person_id=person_id))

    return submitted(act, lambda errors: _person(person_id, errors))


@pages.route("/people/<uuid:person_id>/phones/<uuid:contact_id>/verify", methods=["POST"])
@requires(Permission.ROSTER_EDIT)
def verify_phone(person_id: UUID, contact_id: UUID) -> Any:
    def act() -> Any:
        transact(vouch, actor(), str(person_id), str(contact_id))
        return done(
            "The number is marked as verified in person, by you.",
            url_for("staffing.person", person_id=person_id),
        )

    return submitted(act, lambda errors: _person(person_id, errors))


@pages.route("/people/<uuid:person_id>/phones/<uuid:contact_id>/remove", methods=["POST"])
@requires(Permission.ROSTER_EDIT)
def remove_phone(person_id: UUID, contact_id: UUID) -> Any:
    def act() -> Any:
        number = transact(actions.remove_phone, actor(), str(person_id), str(contact_id))
        return done(f"{number} is removed.", url_for("staffing.person", person_id=person_id))

    return submitted(act, lambda errors: _person(person_id, errors))


@pages.route("/people/depth/<code>")
@requires(Permission.ROSTER_VIEW)
def depth_lists(code: str) -> str:
    """How many stand on each position's list at a hospital."""
    with runtime().db.read() as db:
        place = _place(db, code)
        return render_template(
            "staffing/depth_lists.html",
            facility=place,
            place=place.name,
            counts=queries.depth_counts(db, place.id),
            positions=catalogue.positions(),
            others=[f for f in facilities(db) if actor().may(Permission.ROSTER_VIEW, f.id)],
            breadcrumb=_breadcrumb(f"Depth lists, {place.code}"),
        )


@pages.route("/people/depth/<code>/<slug>")
@requires(Permission.ROSTER_VIEW)
def depth_list(code: str, slug: str) -> str:
    return _depth_list(code, slug)


@pages.route("/people/depth/<code>/<slug>", methods=["POST"])
@requires(Permission.ROSTER_EDIT)
def change_depth_list(code: str, slug: str) -> Any:
    """`move` is up, down, remove or add, for the person of `person_id`."""

    def act() -> Any:
        known = _position(slug)
        with runtime().db.read() as db:
            place = _place(db, code)
            order = [p.id for p in queries.depth_list(db, place.id, slug)]
        changed = moved(order, typed("person_id"), typed("move"))
        transact(actions.set_depth_list, actor(), facility_id=place.id, position=slug, person_ids=changed)
        return done(
            f"The depth list for {known.title} is changed.",
            url_for("staffing.depth_list", code=code, slug=slug),
        )

    return submitted(act, lambda errors: _depth_list(code, slug, errors))


def moved(order: Sequence[str], who: str, move: str) -> list[str]:
    """The list after one step. Raises Invalid for an unknown step or somebody who does not stand there."""
    rest = [each for each in order if each != who]
    if move == "add":
        return [*order, who]
    if who not in order:
        raise Invalid.field("person_id", "does not stand in this list")
    steps = {"up": -1, "down": 1}
    if move == "remove":
        return rest
    if move not in steps:
        raise Invalid.field("move", "must be one of up, down, remove, add")
    place = max(0, order.index(who) + steps[move])
    return [*rest[:place], who, *rest[place:]]


def words(slug: str) -> str:
    return slug.replace("_", " ")


def _person(person_id: UUID, errors: Errors | None = None) -> str:
    with runtime().db.read() as db:
        found = queries.visible_person(db, actor(), str(person_id))
        home = facility(db, found.facility_id)
        g.zone = home.zone
        codes = {f.id: f.code for f in facilities(db)}
        supervisor = db.get(Person, found.supervisor_id) if found.supervisor_id else None
        return render_template(
            "staffing/person.html",
            person=found,
            home=home,
            supervisor=supervisor,
            held=held_elsewhere(db, [found.id]).get(found.id, []),
            standing=[
                (entry, catalogue.position(entry.position_slug).title, codes[entry.facility_id])
                for entry in queries.places(db, found.id)
            ],
            masked=masked,
            words=words,
            data=request.form,
            errors=errors or {},
            labels=LABELS,
            breadcrumb=_breadcrumb(found.name),
        )


def _new(errors: Errors | None = None) -> str:
    with runtime().db.read() as db:
        may_edit = [f for f in facilities(db) if actor().may(Permission.ROSTER_EDIT, f.id)]
        return render_template(
            "staffing/new.html",
            places=[(f.code, f.name) for f in may_edit],
            data=request.form,
            errors=errors or {},
            labels=LABELS,
            breadcrumb=_breadcrumb("New"),
        )


def _depth_list(code: str, slug: str, errors: Errors | None = None) -> str:
    known = _position(slug)
    text = request.args.get("q", "").strip()[:100]
    with runtime().db.read() as db:
        place = _place(db, code)
        listed = queries.depth_list(db, place.id, slug)
        found: list[Person] = []
        if text:
            query = queries.search(actor(), text=text).order_by(Person.name, Person.id).limit(20)
            found = [p for p in db.scalars(query) if p not in listed]
        return render_template(
            "staffing/depth_list.html",
            facility=place,
            place=place.name,
            position=known,
            listed=listed,
            found=found,
            text=text,
            errors=errors or {},
            labels=LABELS,
            breadcrumb=[
                *_breadcrumb(f"Depth lists, {place.code}")[:1],
                {"label": f"Depth lists, {place.code}", "url": url_for("staffing.depth_lists", code=code)},
                {"label": known.title},
            ],
        )


def _place(db: Session, code: str) -> Facility:
    found = db.scalar(sa.select(Facility).where(Facility.code == code))
    if found is None:
        raise NotFound(f"There is no hospital with the code {code!r}.")
    actor().require(Permission.ROSTER_VIEW, found.id)
    return found


def _position(slug: str) -> catalogue.Position:
    try:
        return catalogue.position(slug)
    except KeyError:
        raise NotFound(f"There is no HICS position {slug!r}.") from None


def _lists_url(db: Session) -> str | None:
    """The depth lists of the first hospital whose roster this person may see."""
    codes = [f.code for f in facilities(db) if actor().may(Permission.ROSTER_VIEW, f.id)]
    return url_for("staffing.depth_lists", code=codes[0]) if codes else None


def _minutes() -> int | None:
    text = typed("travel_minutes")
    if text and not text.isdecimal():
        raise Invalid.field("travel_minutes", "must be a whole number from 0 to 1440, or empty")
    return int(text[:9]) if text else None


def _breadcrumb(last: str) -> list[dict[str, str]]:
    return [{"label": "People", "url": url_for("staffing.index")}, {"label": last}]
