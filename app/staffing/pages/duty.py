"""Who is on duty at a hospital now, and whether its floors hold; the floors and hour rules themselves."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask import g, render_template, request, url_for
from sqlalchemy.orm import Session

from app.accounts.access import actor, requires
from app.core.errors import Invalid
from app.core.permissions import Permission
from app.facilities.models import Facility, Unit
from app.facilities.queries import facilities, units
from app.runtime import runtime, transact
from app.staffing import actions, hours, onduty
from app.staffing.availability import Rules
from app.staffing.models import FloorRule, Person, Skill
from app.staffing.pages.frame import LABELS, breadcrumb, pages, place_of, words
from app.web.forms import Errors, done, submitted, typed

HOUR_LABELS = {
    "week_minutes": "Most hours in 7 days",
    "stretch_minutes": "Most hours on end",
    "rest_minutes": "Least hours of rest between shifts",
    "call_in_minutes": "How many hours somebody called in is expected to work",
}


@pages.route("/people/duty/<code>")
@requires(Permission.ROSTER_VIEW)
def duty(code: str) -> str:
    return _duty(code)


@pages.route("/people/duty/<code>/floors", methods=["POST"])
@requires(Permission.ROSTER_EDIT)
def set_floor(code: str) -> Any:
    """`place` is unit:CODE or department:NAME; `least` 0 takes the floor away."""

    def act() -> Any:
        by, _, name = typed("place").partition(":")
        if by not in ("unit", "department") or not name:
            raise Invalid.field("place", "choose one of the list")
        least = _whole("least")
        with runtime().db.read() as db:
            here = place_of(db, code)
        transact(
            actions.set_floor,
            actor(),
            facility_id=here.id,
            skill=typed("skill"),
            least=least,
            **{by: name},
        )
        return done("Floor saved." if least else "Floor removed.", url_for("staffing.duty", code=code))

    return submitted(act, lambda errors: _duty(code, errors))


@pages.route("/people/duty/<code>/hours", methods=["POST"])
@requires(Permission.ROSTER_EDIT)
def set_hours(code: str) -> Any:
    """From now on. Typed in hours, kept in minutes."""

    def act() -> Any:
        minutes = {name: _whole(name) * 60 for name in hours.LIMITS}
        with runtime().db.read() as db:
            here = place_of(db, code)
        transact(
            actions.set_hours,
            actor(),
            facility_id=here.id,
            valid_from=runtime().clock.now(),
            source=typed("source"),
            **minutes,
        )
        return done("Hour rules saved.", url_for("staffing.duty", code=code))

    return submitted(act, lambda errors: _duty(code, errors))


def _duty(code: str, errors: Errors | None = None) -> str:
    now = runtime().clock.now()
    with runtime().db.read() as db:
        here = place_of(db, code)
        g.zone = here.zone
        rules = hours.rules_at(db, here.id, now)
        return render_template(
            "staffing/duty.html",
            facility=here,
            place=here.name,
            now=now,
            duty=onduty.on_duty(db, here.id, now),
            rules=rules,
            hour_labels=HOUR_LABELS,
            hour_data=_hour_data(rules),
            places=_places(db, here),
            skills=_skills(db, here),
            rule_places=_rule_places(db, here),
            others=[f for f in facilities(db) if actor().may(Permission.ROSTER_VIEW, f.id)],
            words=words,
            data=request.form,
            errors=errors or {},
            labels=LABELS | HOUR_LABELS,
            breadcrumb=breadcrumb(f"On duty, {here.code}"),
        )


def _hour_data(rules: Rules) -> dict[str, Any]:
    """What the form shows: what was typed last, else what is in force."""
    lengths = {f"{name}_minutes": getattr(rules, name) for name in ("week", "stretch", "rest", "call_in")}
    now = {name: length // timedelta(hours=1) for name, length in lengths.items()}
    return now | {"source": ""} | {name: request.form[name] for name in request.form if name in HOUR_LABELS}


def _places(db: Session, here: Facility) -> list[tuple[str, str]]:
    departments = sa.select(Person.department).where(Person.facility_id == here.id, Person.department != "")
    names = db.scalars(departments.distinct().order_by(Person.department))
    return [(f"unit:{unit.code}", unit.name) for unit in units(db, here.id)] + [
        (f"department:{name}", f"{name}, department") for name in names
    ]


def _rule_places(db: Session, here: Facility) -> dict[str, str]:
    """What the form calls the place of each floor."""
    query = sa.select(FloorRule.id, Unit.code, FloorRule.department).outerjoin(
        Unit, Unit.id == FloorRule.unit_id
    )
    rows = db.execute(query.where(FloorRule.facility_id == here.id))
    return {rule: f"unit:{code}" if code else f"department:{department}" for rule, code, department in rows}


def _skills(db: Session, here: Facility) -> list[tuple[str, str]]:
    query = sa.select(Skill.slug).join(Person, Person.id == Skill.person_id)
    slugs = db.scalars(query.where(Person.facility_id == here.id).distinct().order_by(Skill.slug))
    return [(slug, words(slug)) for slug in slugs]


def _whole(name: str) -> int:
    text = typed(name)
    if not text.isdecimal():
        raise Invalid.field(name, "must be a whole number")
    return int(text[:6])
