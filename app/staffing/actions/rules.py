"""What a hospital asks of its roster: the least on duty in a place, and how long people work."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.core.errors import Invalid
from app.facilities.models import Unit
from app.staffing import events
from app.staffing.actions.record import take_hospital, tell
from app.staffing.hours import LIMITS
from app.staffing.models import FloorRule, HourRule, Person, Skill

MOST_LEAST = 500


def set_floor(
    uow: UnitOfWork,
    actor: Actor,
    *,
    facility_id: str,
    skill: str,
    least: int,
    unit: str | None = None,
    department: str | None = None,
) -> FloorRule | None:
    """At least `least` with a skill stay on duty in a unit (its code) or a department; 0 takes the floor away."""
    take_hospital(uow, actor, facility_id)
    if not 0 <= least <= MOST_LEAST:
        raise Invalid.field("least", f"must be a whole number from 0 to {MOST_LEAST}")
    if bool(unit) == bool(department):
        raise Invalid.field("unit", "name either a unit or a department")
    unit_id, place, title = _place(uow, facility_id, unit, department)
    if uow.session.scalar(sa.select(Skill.slug).where(Skill.slug == skill).limit(1)) is None:
        raise Invalid.field("skill", "nobody on the roster has this skill")
    same = (FloorRule.facility_id == facility_id, FloorRule.place == place, FloorRule.skill == skill)
    rule = uow.session.scalar(sa.select(FloorRule).where(*same))
    if rule is None and least:
        rule = FloorRule(
            id=uow.new_id(),
            facility_id=facility_id,
            unit_id=unit_id,
            department=None if unit_id else place,
            place=place,
            skill=skill,
        )
        uow.session.add(rule)
    if rule is not None:
        rule.least, rule.set_by, rule.set_at = least, actor.name, uow.now
        if not least:
            uow.session.delete(rule)
    tell(uow, actor, facility_id, events.FloorSet(place=title, skill=skill, least=least))
    return rule if least else None


def set_hours(
    uow: UnitOfWork,
    actor: Actor,
    *,
    facility_id: str,
    valid_from: datetime,
    source: str,
    **minutes: int,
) -> HourRule:
    """How long people work at a hospital from a moment on; `minutes` has each name of `hours.LIMITS`."""
    take_hospital(uow, actor, facility_id)
    for name, (lowest, highest) in LIMITS.items():
        if not lowest <= minutes[name] <= highest:
            raise Invalid.field(name, f"must be from {lowest // 60} to {highest // 60} hours")
    if not 1 <= len(source.strip()) <= 200:
        raise Invalid.field("source", "say whose figures these are, in 1 to 200 characters")
    same = (HourRule.facility_id == facility_id, HourRule.valid_from == valid_from)
    rule = uow.session.scalar(sa.select(HourRule).where(*same))
    if rule is None:
        rule = HourRule(id=uow.new_id(), facility_id=facility_id, valid_from=valid_from)
        uow.session.add(rule)
    for name in LIMITS:
        setattr(rule, name, minutes[name])
    rule.source, rule.set_by, rule.set_at = source.strip(), actor.name, uow.now
    changed = events.HourRulesSet(
        valid_from=valid_from, source=rule.source, **{name: minutes[name] for name in LIMITS}
    )
    tell(uow, actor, facility_id, changed)
    return rule


def _place(
    uow: UnitOfWork, facility_id: str, unit: str | None, department: str | None
) -> tuple[str | None, str, str]:
    """The unit's id if it is one, what names the place in its row, and what it is called."""
    if unit:
        mine = sa.select(Unit).where(Unit.facility_id == facility_id, Unit.code == unit)
        found = uow.session.scalar(mine)
        if found is None:
            raise Invalid.field("unit", "there is no such unit at this hospital")
        return found.id, found.id, found.name
    known = sa.select(Person.department).where(
        Person.facility_id == facility_id, Person.department == department
    )
    if (name := uow.session.scalar(known.limit(1))) is None:
        raise Invalid.field("department", "nobody on the roster is of this department")
    return None, name, name
