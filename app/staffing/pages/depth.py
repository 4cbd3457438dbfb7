"""The depth lists: who could hold each position, best first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import render_template, request, url_for

from app.accounts.access import actor, requires
from app.core.errors import Invalid, NotFound
from app.core.permissions import Permission
from app.facilities.queries import facilities
from app.incidents import catalogue
from app.runtime import runtime, transact
from app.staffing import actions, queries
from app.staffing.models import Person
from app.staffing.pages.frame import LABELS, breadcrumb, pages, place_of
from app.web.forms import Errors, done, submitted, typed


@pages.route("/people/depth/<code>")
@requires(Permission.ROSTER_VIEW)
def depth_lists(code: str) -> str:
    """How many stand on each position's list at a hospital."""
    with runtime().db.read() as db:
        place = place_of(db, code)
        return render_template(
            "staffing/depth_lists.html",
            facility=place,
            place=place.name,
            counts=queries.depth_counts(db, place.id),
            positions=catalogue.positions(),
            others=[f for f in facilities(db) if actor().may(Permission.ROSTER_VIEW, f.id)],
            breadcrumb=breadcrumb(f"Depth lists, {place.code}"),
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
            place = place_of(db, code)
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


def _depth_list(code: str, slug: str, errors: Errors | None = None) -> str:
    known = _position(slug)
    text = request.args.get("q", "").strip()[:100]
    with runtime().db.read() as db:
        place = place_of(db, code)
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
                *breadcrumb(f"Depth lists, {place.code}")[:1],
                {"label": f"Depth lists, {place.code}", "url": url_for("staffing.depth_lists", code=code)},
                {"label": known.title},
            ],
        )


def _position(slug: str) -> catalogue.Position:
    try:
        return catalogue.position(slug)
    except KeyError:
        raise NotFound(f"There is no HICS position {slug!r}.") from None
