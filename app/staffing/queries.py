"""Reading the roster."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.actor import Actor
from app.core.errors import NotFound
from app.core.permissions import Permission
from app.facilities.models import Facility, Unit
from app.staffing.models import DepthEntry, Leave, Person, Shift, ShiftKind, Skill


def hospital(session: Session, actor: Actor, code: str, permission: Permission) -> Facility:
    """The hospital with a code, for whoever may there."""
    found = session.scalar(sa.select(Facility).where(Facility.code == code))
    if found is None:
        raise NotFound(f"There is no hospital with the code {code!r}.")
    actor.require(permission, found.id)
    return found


def person(session: Session, person_id: str) -> Person:
    found = session.get(Person, person_id)
    if found is None:
        raise NotFound("There is no such person on the roster.")
    return found


def visible_person(session: Session, actor: Actor, person_id: str) -> Person:
    found = person(session, person_id)
    actor.require(Permission.ROSTER_VIEW, found.facility_id)
    return found


def search(
    actor: Actor,
    *,
    text: str = "",
    facility_id: str | None = None,
    skill: str | None = None,
    department: str | None = None,
    inactive_too: bool = False,
) -> sa.Select[Person]:
    """People on the rosters that this actor may see, with every word of `text` in name, job or department."""
    query = sa.select(Person)
    if (rosters := actor.facilities(Permission.ROSTER_VIEW)) is not None:
        query = query.where(Person.facility_id.in_(rosters))
    if facility_id:
        query = query.where(Person.facility_id == facility_id)
    if skill:
        query = query.where(Person.skills.any(Skill.slug == skill))
    if department:
        query = query.where(Person.department == department)
    if not inactive_too:
        query = query.where(Person.active)
    for word in text.split()[:6]:
        query = query.where(_has(word))
    return query


def departments(session: Session) -> Sequence[str]:
    query = sa.select(Person.department).where(Person.department != "").distinct()
    return session.scalars(query.order_by(Person.department)).all()


def skills(session: Session) -> Sequence[str]:
    return session.scalars(sa.select(Skill.slug).distinct().order_by(Skill.slug)).all()


def depth_list(session: Session, facility_id: str, position: str) -> list[Person]:
    """Who could hold a position at a hospital, best first; without those who are off the roster."""
    query = (
        sa.select(Person)
        .join(DepthEntry, DepthEntry.person_id == Person.id)
        .where(DepthEntry.facility_id == facility_id, DepthEntry.position_slug == position, Person.active)
        .order_by(DepthEntry.rank)
    )
    return list(session.scalars(query))


def depth_counts(session: Session, facility_id: str) -> dict[str, int]:
    """How many people each position's depth list has at a hospital."""
    query = (
        sa.select(DepthEntry.position_slug, sa.func.count())
        .where(DepthEntry.facility_id == facility_id)
        .group_by(DepthEntry.position_slug)
    )
    return dict(session.execute(query).all())


def places(session: Session, person_id: str) -> Sequence[DepthEntry]:
    """Where this person stands in depth lists."""
    query = sa.select(DepthEntry).where(DepthEntry.person_id == person_id)
    return session.scalars(query.order_by(DepthEntry.rank, DepthEntry.position_slug)).all()


def _has(word: str) -> sa.ColumnElement[bool]:
    columns = (Person.name, Person.job_title, Person.department, Person.employee_number)
    return sa.or_(*(column.icontains(word, autoescape=True) for column in columns))


def on_duty(session: Session, facility_id: str, unit_code: str, now: datetime) -> list[Person]:
    """Who is on duty in a unit now: on a shift there and not on leave. Empty too while no shifts are known."""
    away = sa.select(Leave.person_id).where(Leave.starts_at <= now, Leave.ends_at > now)
    query = (
        sa.select(Person)
        .join(Shift, Shift.person_id == Person.id)
        .join(Unit, Unit.id == Shift.unit_id)
        .where(Unit.facility_id == facility_id, Unit.code == unit_code, Shift.kind != ShiftKind.ON_CALL)
        .where(Shift.starts_at <= now, Shift.ends_at > now, Person.active, Person.id.not_in(away))
    )
    return list(session.scalars(query.order_by(Person.name, Person.id).distinct()))
