"""The census of a hospital, which unit its locations are, and messages that were refused."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import redirect, render_template, url_for
from sqlalchemy.orm import Session

from app.accounts.access import actor, requires
from app.census import actions, feed_queries, queries
from app.census.audits import EVERY as LIST_EXPECTED
from app.census.pages.frame import hospital_of, max_age, pages
from app.core.errors import Forbidden, Invalid
from app.core.permissions import Permission
from app.facilities.models import Facility
from app.facilities.queries import facilities, units
from app.runtime import runtime, transact
from app.web.forms import Errors, done, page_number, submitted, typed

PER_PAGE = 50
LEFT_OUT = "-"


@pages.route("/census")
@requires(Permission.BOARD_VIEW)
def index() -> Any:
    with runtime().db.read() as db:
        seen = [f for f in facilities(db) if actor().may(Permission.BOARD_VIEW, f.id)]
        if len(seen) == 1:
            return redirect(url_for("census.hospital", code=seen[0].code))
        now = runtime().clock.now()
        found = [(f, queries.census(db, f, now)) for f in seen]
        return render_template("census/index.html", hospitals=found, max_age=max_age())


@pages.route("/census/<string:code>")
@requires(Permission.BOARD_VIEW)
def hospital(code: str) -> str:
    with runtime().db.read() as db:
        place = hospital_of(db, code, Permission.BOARD_VIEW)
        open_refusals = queries.refusals(db, actor(), [place.id], page=1, per_page=1)[1]
        now = runtime().clock.now()
        setting = feed_queries.setting(db, place.id)
        return render_template(
            "census/hospital.html",
            facility=place,
            census=queries.census(db, place, now),
            setting=setting,
            entry=feed_queries.entry(db, place.id),
            feeds={u.code: u for u in feed_queries.unit_feeds(db, place, now)},
            beside=feed_queries.beside(db, place, now, setting.differs_by),
            last_list=feed_queries.last_settled(db, place.id),
            newest_list=next(iter(feed_queries.lists(db, place.id, most=1)), None),
            list_age=int(LIST_EXPECTED.total_seconds()),
            unmatched=queries.unmatched(db, place, most=20),
            refused=open_refusals if _may_see_refused(place) else None,
            max_age=max_age(),
        )


@pages.route("/census/<string:code>/locations")
@requires(Permission.POLICY_EDIT)
def locations(code: str) -> str:
    return _locations(code)


@pages.route("/census/<string:code>/locations", methods=["POST"])
@requires(Permission.POLICY_EDIT)
def map_location(code: str) -> Any:
    def act() -> Any:
        with runtime().db.read() as db:
            place = hospital_of(db, code, Permission.POLICY_EDIT)
            unit_id = _unit_id(db, place, typed("unit"))
        name = typed("point_of_care").upper()
        left_out = typed("unit") == LEFT_OUT
        transact(actions.map_location, actor(), place.id, name, unit_id=unit_id, left_out=left_out)
        return done(f"{name} is saved.", url_for("census.locations", code=code))

    return submitted(act, lambda errors: _locations(code, errors))


@pages.route("/census/<string:code>/refused")
@requires(Permission.BOARD_VIEW)
def refused(code: str) -> str:
    """Open to whoever enters readings there, and to whoever may see the state of the engine."""
    number = page_number()
    with runtime().db.read() as db:
        place = hospital_of(db, code, Permission.BOARD_VIEW)
        if not _may_see_refused(place):
            raise Forbidden("Refused messages are for those who enter readings here.")
        rows, total = queries.refusals(db, actor(), [place.id], page=number, per_page=PER_PAGE)
        return render_template(
            "census/refused.html",
            facility=place,
            rows=rows,
            total=total,
            number=number,
            count_of_pages=-(-total // PER_PAGE),
        )


@pages.route("/census/<string:code>/refused/<uuid:refusal_id>/seen", methods=["POST"])
@requires(Permission.READING_ENTER)
def seen(code: str, refusal_id: UUID) -> Any:
    row = transact(actions.mark_seen, actor(), str(refusal_id))
    return done(
        f"Message {row.control_id or 'without a number'} is marked as seen.",
        url_for("census.refused", code=code),
    )


def _may_see_refused(place: Facility) -> bool:
    return any(actor().may(p, place.id) for p in (Permission.READING_ENTER, Permission.SYSTEM_VIEW))


def _unit_id(db: Session, place: Facility, code: str) -> str | None:
    if code in ("", LEFT_OUT):
        return None
    found = {u.code: u.id for u in units(db, place.id)}
    if code not in found:
        raise Invalid.field("unit", f"must be one of {', '.join(found)}")
    return found[code]


def _locations(code: str, errors: Errors | None = None) -> str:
    with runtime().db.read() as db:
        place = hospital_of(db, code, Permission.POLICY_EDIT)
        choices = [(u.code, f"{u.name} ({u.code})") for u in units(db, place.id)]
        return render_template(
            "census/locations.html",
            facility=place,
            rows=queries.locations(db, place.id),
            choices=[*choices, (LEFT_OUT, "Left out: no beds to count")],
            typed={name: typed(name) for name in ("point_of_care", "unit")},
            errors=errors or {},
        )
