"""The huddle: worked on in a room, kept when it is held, looked up later."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from flask import Blueprint, render_template, request, url_for
from sqlalchemy.orm import Session

from app.accounts.access import actor, requires
from app.core.clock import as_utc
from app.core.errors import Invalid, NotFound
from app.core.permissions import Permission
from app.facilities.models import Facility, Unit
from app.facilities.queries import facility as facility_by_id
from app.facilities.queries import units
from app.huddle import actions, queries, rules
from app.huddle.building import build, kept
from app.huddle.comparing import compare
from app.huddle.models import HuddleSheet
from app.huddle.sheet import Sheet, read
from app.runtime import runtime, transact
from app.surge.actions import Given, enter
from app.surge.huddle_metrics import asked_of
from app.surge.pages.frame import frame, hospital
from app.web.forms import Errors, done, local_time, page_number, submitted, typed

pages = Blueprint("huddle", __name__)

SOURCE = "huddle"
ON_A_PAGE = 30
KINDS = (("safety", "Safety"), ("equipment", "Equipment"), ("staffing", "Staffing"), ("flow", "Patient flow"))
ROLES = (
    ("charge_nurses", "Charge nurses"),
    ("physicians", "Physicians"),
    ("beds", "Bed management"),
    ("cases", "Case management"),
    ("cleaning", "Cleaning and transport"),
    ("support", "Pharmacy, laboratory, supply"),
    ("leaders", "Administrator and leaders"),
    ("others", "Others"),
)
LABELS = {
    "kind": "Kind",
    "text": "What worries",
    "unit_id": "Unit",
    "owner": "Who sees to it",
    "due_at": "By when",
    "outcome": "What came of it",
    "note": "Note",
} | {f"at_{slug}": label for slug, label in ROLES}


@pages.route("/capacity/<code>/huddle")
@requires(Permission.BOARD_VIEW)
def show(code: str) -> str:
    return _page(code)


@pages.route("/capacity/<code>/huddle/units/<uuid:unit_id>", methods=["POST"])
@requires(Permission.READING_ENTER)
def say(code: str, unit_id: UUID) -> Any:
    """What the day will bring to one unit; an empty field changes nothing."""

    def act() -> Any:
        now = runtime().clock.now()
        with runtime().db.read() as db:
            facility = hospital(db, code)
            unit = db.get(Unit, str(unit_id))
            if unit is None or unit.facility_id != facility.id:
                raise NotFound(f"There is no such unit at {facility.name}.")
        readings = [
            Given(facility.code, unit.code, slug, _count(slug), now, SOURCE)
            for slug in asked_of(unit.unit_class)
            if typed(slug)
        ]
        if not readings:
            raise Invalid("Type at least one number; what stays empty is not changed.")
        entered = transact(enter, actor(), readings=readings)
        for refused in entered.refused:
            raise Invalid(f"{unit.name}: {refused.errors}", refused.errors)
        return done(f"{unit.name}: saved.", url_for("huddle.show", code=code))

    return submitted(act, lambda errors: _page(code, errors))


@pages.route("/capacity/<code>/huddle/items", methods=["POST"])
@requires(Permission.TASK_WORK)
def raise_item(code: str) -> Any:
    def act() -> Any:
        with runtime().db.read() as db:
            facility = hospital(db, code)
        made = transact(
            actions.raise_item,
            actor(),
            facility.id,
            kind=typed("kind"),
            text=typed("text"),
            owner=typed("owner"),
            due_at=_due(facility),
            unit_id=typed("unit_id") or None,
        )
        return done(f"{made.owner} sees to it.", url_for("huddle.show", code=code))

    return submitted(act, lambda errors: _page(code, errors))


@pages.route("/capacity/huddle/items/<uuid:item_id>/done", methods=["POST"])
@requires(Permission.TASK_WORK)
def end_item(item_id: UUID) -> Any:
    code = _code_of(item_id)

    def act() -> Any:
        ended = transact(actions.end_item, actor(), str(item_id), outcome=typed("outcome"))
        return done(f"Done: {ended.text}", url_for("huddle.show", code=code))

    return submitted(act, lambda errors: _page(code, errors))


@pages.route("/capacity/huddle/items/<uuid:item_id>/change", methods=["POST"])
@requires(Permission.TASK_WORK)
def change_item(item_id: UUID) -> Any:
    code = _code_of(item_id)

    def act() -> Any:
        with runtime().db.read() as db:
            facility = hospital(db, code)
        changed = transact(
            actions.change_item, actor(), str(item_id), owner=typed("owner"), due_at=_due(facility)
        )
        return done(f"{changed.owner} sees to it.", url_for("huddle.show", code=code))

    return submitted(act, lambda errors: _page(code, errors))


@pages.route("/capacity/<code>/huddle/hold", methods=["POST"])
@requires(Permission.TASK_WORK)
def hold(code: str) -> Any:
    def act() -> Any:
        with runtime().db.read() as db:
            facility = hospital(db, code)
        there = {slug: _count(f"at_{slug}") for slug, _ in ROLES if typed(f"at_{slug}")}
        held = transact(actions.hold, actor(), facility.id, attendees=there, note=typed("note"))
        return done("The huddle is kept.", url_for("huddle.sheet", code=code, sheet_id=held.id))

    return submitted(act, lambda errors: _page(code, errors))


@pages.route("/capacity/<code>/huddle/sheets")
@requires(Permission.BOARD_VIEW)
def sheets(code: str) -> str:
    number = page_number()
    with runtime().db.read() as db:
        facility = hospital(db, code)
        found = queries.sheets(db, facility.id, ON_A_PAGE, (number - 1) * ON_A_PAGE)
        return render_template(
            "huddle/sheets.html",
            **_frame(db, facility, "Earlier huddles"),
            sheets=found,
            there=_there,
            page=number,
            page_count=-(-queries.sheet_count(db, facility.id) // ON_A_PAGE),
        )


@pages.route("/capacity/<code>/huddle/sheets/<uuid:sheet_id>")
@requires(Permission.BOARD_VIEW)
def sheet(code: str, sheet_id: UUID) -> str:
    """A huddle as it was held, and what became of what it said; `?with=` another one to compare it with."""
    with runtime().db.read() as db:
        facility = hospital(db, code)
        held, before = _sheet(db, facility, str(sheet_id)), None
        previous = queries.sheet_before(db, held)
        if wanted := request.args.get("with"):
            before = _sheet(db, facility, wanted)
        found = read(held.sheet)
        return render_template(
            "huddle/sheet.html",
            **_frame(db, facility, found.day),
            held=held,
            sheet=found,
            there=_there(held),
            previous=previous,
            before=before,
            compared=compare(read(before.sheet), found) if before else [],
            came=kept(db, held) if _midnight(found) <= runtime().clock.now() else None,
            kinds=dict(KINDS),
        )


def _page(code: str, errors: Errors | None = None) -> str:
    now = runtime().clock.now()
    with runtime().db.read() as db:
        facility = hospital(db, code)
        found: Sheet = build(db, facility, now)
        return render_template(
            "huddle/huddle.html",
            **_frame(db, facility, "Huddle"),
            sheet=found,
            units=[(each.id, each.name) for each in units(db, facility.id)],
            last=next(iter(queries.sheets(db, facility.id, 1)), None),
            dues=due_choices(now, facility.zone),
            kinds=dict(KINDS),
            roles=ROLES,
            data=request.form,
            errors=errors or {},
            labels=LABELS,
        )


def due_choices(now: datetime, zone: str) -> list[tuple[str, str]]:
    """What is said most: an hour of today that is still to come, the next huddle, later."""
    local = now.astimezone(ZoneInfo(zone))
    found = [(at.isoformat(), f"today {label}") for label, at in rules.moments(now, zone)[:-1]]
    for days, words in ((1, "tomorrow 08:00"), (3, "in 3 days"), (7, "in a week")):
        at = (local + timedelta(days=days)).replace(hour=8, minute=0, second=0, microsecond=0)
        found.append((as_utc(at).isoformat(), words))
    return [((as_utc(now + timedelta(hours=2))).isoformat(timespec="minutes"), "in 2 hours"), *found]


def _due(facility: Facility) -> datetime | None:
    return local_time("due_at", facility.zone)


def _count(name: str) -> int:
    text = typed(name)
    if not text.isdecimal() or len(text) > 4:
        raise Invalid.field(name, f"{text!r} is no count; allowed are whole numbers, 0 or more")
    return int(text)


def _sheet(db: Session, facility: Facility, sheet_id: str) -> HuddleSheet:
    found = queries.sheet(db, sheet_id)
    if found.facility_id != facility.id:
        raise NotFound(f"There is no such huddle at {facility.name}.")
    return found


def _midnight(found: Sheet) -> datetime:
    return rules.midnight(date.fromisoformat(found.day), found.zone)


def _there(held: HuddleSheet) -> list[tuple[str, int]]:
    counts = msgspec.json.decode(held.attendees, type=dict[str, int])
    return [(label, counts[slug]) for slug, label in ROLES if slug in counts]


def _code_of(item_id: UUID) -> str:
    with runtime().db.read() as db:
        return facility_by_id(db, queries.item(db, str(item_id)).facility_id).code


def _frame(db: Session, facility: Facility, current: str) -> dict[str, Any]:
    shown = frame(db, facility, current)
    if current != "Huddle":
        shown["breadcrumb"].insert(1, {"label": "Huddle", "url": url_for("huddle.show", code=facility.code)})
    return shown | {"tabs": []}
