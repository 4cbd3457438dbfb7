"""What a hospital has, and counting it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import g, redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from app.accounts.access import actor, requires
from app.core.errors import NotFound
from app.core.permissions import Permission
from app.facilities.models import Facility
from app.facilities.queries import facilities
from app.resources import actions, queries
from app.resources.pages.frame import pages, seen, whole
from app.runtime import runtime, transact
from app.web.forms import Errors, done, submitted, typed

CATEGORIES = {
    "supply": "Supplies",
    "equipment": "Equipment",
    "medication": "Medication",
    "blood": "Blood",
    "personnel": "Teams",
}


@pages.route("/stock")
@requires(Permission.BOARD_VIEW)
def stock_index() -> Any:
    """The stock of one's own hospital."""
    with runtime().db.read() as db:
        places = _places(db)
        if not places:
            raise NotFound("There is no hospital whose stock you may see.")
        return redirect(url_for("resources.stock", code=places[0].code))


@pages.route("/facilities/<code>/stock")
@requires(Permission.BOARD_VIEW)
def stock(code: str) -> str:
    with runtime().db.read() as db:
        place = _place(db, code)
        shelves = queries.stock(db, place.id)
        groups = {
            label: [shelf for shelf in shelves if shelf.item.category == category]
            for category, label in CATEGORIES.items()
        }
        words = [shelf.word for shelf in shelves]
        return render_template(
            "resources/stock.html",
            facility=place,
            place=place.name,
            groups=groups,
            share=round(queries.LOW_SHARE * 100),
            few=sum(word in ("low", "none") for word in words),
            uncounted=words.count("missing"),
            places=[
                {
                    "label": other.name,
                    "url": url_for("resources.stock", code=other.code),
                    "current": other.id == place.id,
                }
                for other in _places(db)
            ],
            breadcrumb=[
                {"label": "Requests", "url": url_for("resources.index")},
                {"label": f"Stock of {place.code}"},
            ],
        )


@pages.route("/facilities/<code>/stock/<sku>")
@requires(Permission.BOARD_VIEW)
def shelf(code: str, sku: str) -> str:
    return _shelf(code, sku)


@pages.route("/facilities/<code>/stock/<sku>", methods=["POST"])
@requires(Permission.REQUEST_FULFIL)
def count(code: str, sku: str) -> Any:
    with runtime().db.read() as db:
        place = _place(db, code)

    def act() -> Any:
        level = transact(
            actions.count_stock,
            actor(),
            place.id,
            sku=sku,
            on_hand=whole("on_hand"),
            note=typed("note"),
            seen=seen(),
        )
        return done(f"Counted: {level.on_hand:,}.", url_for("resources.stock", code=code))

    return submitted(act, lambda errors: _shelf(code, sku, errors))


def _shelf(code: str, sku: str, errors: Errors | None = None) -> str:
    with runtime().db.read() as db:
        place = _place(db, code)
        found = queries.shelf(db, place.id, sku)
        return render_template(
            "resources/shelf.html",
            facility=place,
            place=place.name,
            shelf=found,
            data=request.form,
            errors=errors or {},
            breadcrumb=[
                {"label": f"Stock of {place.code}", "url": url_for("resources.stock", code=code)},
                {"label": found.item.name},
            ],
        )


def _places(db: Session) -> Sequence[Facility]:
    """The hospitals one may see, those first where one has a role of one's own."""
    own = {grant.facility_id for grant in actor().grants}
    found = [place for place in facilities(db) if actor().may(Permission.BOARD_VIEW, place.id)]
    return sorted(found, key=lambda place: (place.id not in own, place.name))


def _place(db: Session, code: str) -> Facility:
    place = next((place for place in _places(db) if place.code == code), None)
    if place is None:
        raise NotFound(f"There is no hospital {code!r} whose stock you may see.")
    g.zone = place.zone
    return place
