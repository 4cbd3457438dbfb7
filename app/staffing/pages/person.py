"""One person: how to reach them, when they work and are away, what they can do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from flask import g, render_template, request, url_for
from sqlalchemy.orm import Session

from app.accounts.access import actor, requires
from app.core.errors import Invalid
from app.core.permissions import Permission
from app.facilities.models import Facility
from app.facilities.queries import facilities, facility, units
from app.incidents import catalogue
from app.incidents.queries import held_elsewhere
from app.runtime import runtime, transact
from app.staffing import actions, onduty, queries, rota
from app.staffing.availability import described, hours
from app.staffing.duty import Duty
from app.staffing.models import LeaveKind, Person, ShiftKind
from app.staffing.pages.frame import LABELS, breadcrumb, pages, words
from app.staffing.phones import masked
from app.web.forms import Errors, done, submitted, typed

SHIFT_HOURS = [
    ("07:00-19:00", "07:00 to 19:00"),
    ("19:00-07:00", "19:00 to 07:00"),
    ("07:00-15:00", "07:00 to 15:00"),
    ("15:00-23:00", "15:00 to 23:00"),
    ("23:00-07:00", "23:00 to 07:00"),
    ("07:00-07:00", "07:00 to 07:00, a day and a night"),
    ("other", "Other hours, below"),
]
SHIFT_KINDS = {
    ShiftKind.PLANNED: "Works",
    ShiftKind.ON_CALL: "On call",
    ShiftKind.WORKED: "Has worked",
}
LEAVE_KINDS = {
    LeaveKind.PLANNED: "Planned leave",
    LeaveKind.UNPLANNED: "Unplanned absence",
    LeaveKind.TRAINING: "Training",
    LeaveKind.ELSEWHERE: "Duty elsewhere",
}
CONTACT_KINDS = [
    ("mobile", "Mobile, for texts"),
    ("landline", "Landline, for calls"),
    ("email", "Mail address"),
]


@pages.route("/people/<uuid:person_id>")
@requires(Permission.ROSTER_VIEW)
def person(person_id: UUID) -> str:
    return _person(person_id)


@pages.route("/people/<uuid:person_id>/active", methods=["POST"])
@requires(Permission.ROSTER_EDIT)
def set_active(person_id: UUID) -> Any:
    def act() -> str:
        active = typed("active") == "yes"
        who = transact(actions.set_active, actor(), str(person_id), active=active)
        return f"{who.name} is {'on' if active else 'off'} the roster."

    return _changed(person_id, act)


@pages.route("/people/<uuid:person_id>/contacts", methods=["POST"])
@requires(Permission.ROSTER_EDIT)
def add_contact(person_id: UUID) -> Any:
    def act() -> str:
        kind, calls = typed("contact_kind"), bool(typed("calls"))
        transact(
            actions.add_contact, actor(), str(person_id), kind=kind, address=typed("address"), calls=calls
        )
        return "Address added." if kind == "email" else "Number added."

    return _changed(person_id, act)


@pages.route("/people/<uuid:person_id>/contacts/<uuid:contact_id>/verify", methods=["POST"])
@requires(Permission.ROSTER_EDIT)
def verify_phone(person_id: UUID, contact_id: UUID) -> Any:
    def act() -> str:
        transact(actions.verify_phone, actor(), str(person_id), str(contact_id))
        return "Marked as verified."

    return _changed(person_id, act)


@pages.route("/people/<uuid:person_id>/contacts/<uuid:contact_id>/move", methods=["POST"])
@requires(Permission.ROSTER_EDIT)
def move_contact(person_id: UUID, contact_id: UUID) -> Any:
    """`move` is up or down: earlier or later in the order in which the person is tried."""

    def act() -> str:
        transact(actions.move_contact, actor(), str(person_id), str(contact_id), move=typed("move"))
        return "The order is changed."

    return _changed(person_id, act)


@pages.route("/people/<uuid:person_id>/contacts/<uuid:contact_id>/remove", methods=["POST"])
@requires(Permission.ROSTER_EDIT)
def remove_phone(person_id: UUID, contact_id: UUID) -> Any:
    def act() -> str:
        shown = transact(actions.remove_phone, actor(), str(person_id), str(contact_id))
        return f"{shown} is removed."

    return _changed(person_id, act)


@pages.route("/people/<uuid:person_id>/shifts", methods=["POST"])
@requires(Permission.ROSTER_EDIT)
def add_shift(person_id: UUID) -> Any:
    def act() -> str:
        who, home = _home(person_id)
        starts_at, ends_at = _span(home.zone)
        if who.employee_number is None:
            raise Invalid.field("_schema", f"{who.name} has no employee number; shifts are known by it")
        given = rota.Given(
            1,
            who.employee_number,
            starts_at,
            ends_at,
            typed("kind") or ShiftKind.PLANNED,
            unit=typed("unit"),
            job=typed("job")[:200],
        )
        put = transact(actions.put_shifts, actor(), facility_id=home.id, shifts=[given], source=actor().name)
        if put.refused:
            raise Invalid.field("date", put.refused[0].why)
        return "That shift was there already." if put.same else "Shift added."

    return _changed(person_id, act)


@pages.route("/people/<uuid:person_id>/shifts/<uuid:shift_id>/remove", methods=["POST"])
@requires(Permission.ROSTER_EDIT)
def remove_shift(person_id: UUID, shift_id: UUID) -> Any:
    def act() -> str:
        transact(actions.remove_shift, actor(), str(person_id), str(shift_id))
        return "Shift removed."

    return _changed(person_id, act)


@pages.route("/people/<uuid:person_id>/leave", methods=["POST"])
@requires(Permission.ROSTER_EDIT)
def add_leave(person_id: UUID) -> Any:
    """Whole days, on the hospital's clock; the last one too."""

    def act() -> str:
        _, home = _home(person_id)
        first = _day("from_day")
        last = _day("to_day") if typed("to_day") else first
        transact(
            actions.add_leave,
            actor(),
            str(person_id),
            kind=typed("leave_kind") or LeaveKind.PLANNED,
            starts_at=_moment("from_day", first, time(), home.zone),
            ends_at=_moment("to_day", last + timedelta(days=1), time(), home.zone),
        )
        return "Leave added."

    return _changed(person_id, act)


@pages.route("/people/<uuid:person_id>/leave/<uuid:leave_id>/remove", methods=["POST"])
@requires(Permission.ROSTER_EDIT)
def remove_leave(person_id: UUID, leave_id: UUID) -> Any:
    def act() -> str:
        transact(actions.remove_leave, actor(), str(person_id), str(leave_id))
        return "Leave removed."

    return _changed(person_id, act)


@pages.route("/people/<uuid:person_id>/skills", methods=["POST"])
@requires(Permission.ROSTER_EDIT)
def set_skill(person_id: UUID) -> Any:
    """`remove` takes the skill away; a day in `valid_until` is the last on which it holds."""

    def act() -> str:
        _, home = _home(person_id)
        until = None
        if typed("valid_until"):
            until = _moment("valid_until", _day("valid_until") + timedelta(days=1), time(), home.zone)
        transact(
            actions.set_skill,
            actor(),
            str(person_id),
            skill=typed("skill"),
            has=not typed("remove"),
            valid_until=until,
        )
        return "Skill removed." if typed("remove") else "Skill saved."

    return _changed(person_id, act)


def _changed(person_id: UUID, act: Callable[[], str]) -> Any:
    """Do it and go back to the person; or show the person with what was wrong."""

    def both() -> Any:
        return done(act(), url_for("staffing.person", person_id=person_id))

    return submitted(both, lambda errors: _person(person_id, errors))


def _home(person_id: UUID) -> tuple[Person, Facility]:
    with runtime().db.read() as db:
        who = queries.visible_person(db, actor(), str(person_id))
        return who, facility(db, who.facility_id)


def _span(zone: str) -> tuple[datetime, datetime]:
    """From the chosen hours, or the typed ones; an end that is not later than the start is on the next day."""
    day, chosen = _day("date"), typed("hours") or "other"
    if chosen == "other":
        first, last = typed("from_time"), typed("to_time")
    else:
        first, _, last = chosen.partition("-")
    try:
        begin, end = time.fromisoformat(first), time.fromisoformat(last)
    except ValueError:
        raise Invalid.field("hours", "choose hours, or type both such as 07:00 and 19:00") from None
    until = day if end > begin else day + timedelta(days=1)
    return _moment("date", day, begin, zone), _moment("date", until, end, zone)


def _day(name: str) -> date:
    try:
        found = date.fromisoformat(typed(name))
    except ValueError:
        raise Invalid.field(name, "must be a day such as 2026-11-23") from None
    if not 1990 <= found.year <= 2190:
        raise Invalid.field(name, "must be a day such as 2026-11-23")
    return found


def _moment(name: str, day: date, at: time, zone: str) -> datetime:
    try:
        return rota.read_time(datetime.combine(day, at.replace(tzinfo=None)).isoformat(), zone)
    except ValueError as error:
        raise Invalid.field(name, str(error)) from None


def _person(person_id: UUID, errors: Errors | None = None) -> str:
    now = runtime().clock.now()
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
            times=_times(db, found, home, now),
            contact_kinds=CONTACT_KINDS,
            masked=masked,
            words=words,
            data=request.form,
            errors=errors or {},
            labels=LABELS,
            now=now,
            breadcrumb=breadcrumb(found.name),
        )


def _times(db: Session, who: Person, home: Facility, now: datetime) -> dict[str, Any]:
    """When they work and are away."""
    duty = Duty(db, now)
    found, rules = duty.of(who), duty.rules(home.id)
    return {
        "state": described(found, now, home.zone),
        "availability": found,
        "worked": hours(found.worked),
        "week": hours(rules.week),
        "share": min(100, round(100 * (found.worked / rules.week))),
        "over": found.worked >= rules.week,
        "rules": rules,
        "shifts": onduty.shifts_of(db, who.id, now),
        "leave": onduty.leave_of(db, who.id, now),
        "units": [(unit.code, unit.name) for unit in units(db, home.id)],
        "hours": SHIFT_HOURS,
        "kinds": [(kind.value, label) for kind, label in SHIFT_KINDS.items()],
        "leave_kinds": [(kind.value, label) for kind, label in LEAVE_KINDS.items()],
        "kind_words": SHIFT_KINDS,
        "leave_words": LEAVE_KINDS,
    }
