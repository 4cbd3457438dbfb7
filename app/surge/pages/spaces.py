"""Areas that can become beds: the list, one to set up, to open, to count in and to close."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import render_template, request, url_for
from sqlalchemy.orm import Session

from app.accounts.access import actor, requires
from app.core.errors import Invalid, NotFound
from app.core.permissions import Permission
from app.facilities.models import Facility, SurgeSpace
from app.facilities.queries import class_ratios, surge_spaces
from app.facilities.queries import facility as facility_by_id
from app.facilities.unit_classes import CLASS_WORDS, UNIT_CLASSES
from app.runtime import runtime, transact
from app.surge import spaces as rules
from app.surge.actions import spaces as actions
from app.surge.metrics import OPENABLE
from app.surge.pages.beds import whole
from app.surge.pages.frame import frame, hospital, pages
from app.web.forms import Errors, done, submitted, typed

LABELS = {
    "area": "Area",
    "unit_class": "Becomes",
    "beds": "Beds",
    "hours_to_open": "Hours to open",
    "staff": "Staff it needs",
    "stuff": "Material it needs",
    "licensed": "Licensed",
    "reason": "Reason",
    "nurses": "Nurses there now",
    "patients": "Patients there now",
}
STATE_WORDS = {"closed": "normal", "opening": "watch", "open": "done"}


@pages.route("/capacity/<code>/spaces")
@requires(Permission.BOARD_VIEW)
def spaces(code: str) -> str:
    now = runtime().clock.now()
    with runtime().db.read() as db:
        facility = hospital(db, code)
        found = surge_spaces(db, [facility.id])
        return render_template(
            "surge/spaces.html",
            **frame(db, facility, "Surge spaces"),
            **_shown(db, facility, found),
            openable={hours: rules.openable(found, hours, now) for hours in OPENABLE},
        )


@pages.route("/capacity/<code>/spaces/new")
@requires(Permission.FACILITY_EDIT)
def new_space(code: str) -> str:
    return _edit_page(code, None)


@pages.route("/capacity/<code>/spaces/new", methods=["POST"])
@requires(Permission.FACILITY_EDIT)
def add_space(code: str) -> Any:
    def act() -> Any:
        with runtime().db.read() as db:
            facility_id = hospital(db, code).id
        made = transact(actions.add_space, actor(), facility_id, **_typed())
        return done(f"{made.area} is added; it is closed.", url_for("surge.spaces", code=code))

    return submitted(act, lambda errors: _edit_page(code, None, errors))


@pages.route("/capacity/spaces/<uuid:space_id>")
@requires(Permission.BOARD_VIEW)
def space(space_id: UUID) -> str:
    return _page(space_id)


@pages.route("/capacity/spaces/<uuid:space_id>/edit")
@requires(Permission.FACILITY_EDIT)
def edit_space(space_id: UUID) -> str:
    return _edit_page(_place(space_id)[1].code, space_id)


@pages.route("/capacity/spaces/<uuid:space_id>/edit", methods=["POST"])
@requires(Permission.FACILITY_EDIT)
def change_space(space_id: UUID) -> Any:
    def act() -> Any:
        made = transact(actions.change_space, actor(), str(space_id), **_typed())
        return done(f"{made.area} is changed.", url_for("surge.space", space_id=space_id))

    return submitted(act, lambda errors: _edit_page(_place(space_id)[1].code, space_id, errors))


@pages.route("/capacity/spaces/<uuid:space_id>/state", methods=["POST"])
@requires(Permission.SURGE_CONFIRM)
def move_space(space_id: UUID) -> Any:
    def act() -> Any:
        moved = transact(
            actions.move_space, actor(), str(space_id), state=typed("state"), reason=typed("reason")
        )
        said = {"opening": "is being opened", "open": "is open", "closed": "is closed"}[moved.state.value]
        return done(f"{moved.area} {said}.", url_for("surge.space", space_id=space_id))

    return submitted(act, lambda errors: _page(space_id, errors))


@pages.route("/capacity/spaces/<uuid:space_id>/count", methods=["POST"])
@requires(Permission.READING_ENTER)
def count_space(space_id: UUID) -> Any:
    def act() -> Any:
        numbers = {name: whole(name) for name in ("nurses", "patients")}
        counted = transact(actions.count_space, actor(), str(space_id), **numbers)
        return done(f"{counted.area} is counted.", url_for("surge.space", space_id=space_id))

    return submitted(act, lambda errors: _page(space_id, errors))


def _page(space_id: UUID, errors: Errors | None = None) -> str:
    found, facility = _place(space_id)
    with runtime().db.read() as db:
        return render_template(
            "surge/space.html",
            **frame(db, facility, found.area),
            **_shown(db, facility, [found]),
            space=found,
            following=[state.value for state in actions.NEXT[found.state]],
            data=request.form,
            errors=errors or {},
        )


def _edit_page(code: str, space_id: UUID | None, errors: Errors | None = None) -> str:
    found = _place(space_id)[0] if space_id else None
    with runtime().db.read() as db:
        facility = hospital(db, code)
        return render_template(
            "surge/edit_space.html",
            **frame(db, facility, found.area if found else "New surge space"),
            space=found,
            classes=[(name, CLASS_WORDS[name]) for name in UNIT_CLASSES],
            staff_help=rules.STAFF_HELP,
            data=request.form or _form_of(found),
            errors=errors or {},
            labels=LABELS,
        )


def _place(space_id: UUID) -> tuple[SurgeSpace, Facility]:
    """Raises NotFound, or Forbidden where this person may not look."""
    with runtime().db.read() as db:
        found = db.get(SurgeSpace, str(space_id))
        if found is None:
            raise NotFound("There is no such surge space.")
        actor().require(Permission.BOARD_VIEW, found.facility_id)
        return found, facility_by_id(db, found.facility_id)


def _shown(db: Session, facility: Facility, found: Sequence[SurgeSpace]) -> dict[str, Any]:
    now = runtime().clock.now()
    ratios = class_ratios(db, facility.id, now)
    return {
        "found": found,
        "rooms": {each.id: rules.room(each, ratios[each.unit_class], now) for each in found},
        "ready": {each.id: rules.ready_at(each, now) for each in found},
        "late": {each.id for each in found if rules.overdue(each, now)},
        "needs": {each.id: rules.needs(each) for each in found},
        "words": CLASS_WORDS,
        "states": STATE_WORDS,
        "labels": LABELS,
    }


def _form_of(found: SurgeSpace | None) -> dict[str, str]:
    if found is None:
        return {}
    return {
        "area": found.area,
        "unit_class": found.unit_class,
        "beds": str(found.beds),
        "hours_to_open": str(found.hours_to_open),
        "licensed": "1" if found.licensed else "",
        "staff": "\n".join(need.words for need in rules.needs(found)),
        "stuff": found.stuff,
    }


def _typed() -> dict[str, Any]:
    """Raises Invalid naming every field that cannot be read."""
    errors: Errors = {}
    values: dict[str, Any] = {"licensed": bool(typed("licensed"))}
    for name in ("area", "unit_class", "stuff"):
        values[name] = typed(name)
    for name in ("beds", "hours_to_open"):
        try:
            values[name] = whole(name)
        except Invalid as problem:
            errors |= problem.errors
    try:
        values["staff"] = rules.read_needs(typed("staff"))
    except ValueError as problem:
        errors["staff"] = [str(problem)]
    if errors:
        raise Invalid("; ".join(f"{name}: {found[0]}" for name, found in errors.items()), errors)
    return values
