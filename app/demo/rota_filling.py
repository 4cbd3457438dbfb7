"""Puts the demo's shifts, leave and floors into the database, and keeps the shifts going."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from app.core.clock import local
from app.core.db import UnitOfWork
from app.core.insert import insert_once
from app.demo import rota
from app.demo.filling import insert
from app.demo.generator import FACILITIES, NEW_YORK
from app.demo.model import Person as PersonData
from app.demo.parts import Filling
from app.facilities.models import Facility, Unit
from app.staffing.models import FloorRule, Leave, Person, Shift

SOURCE = "demo rota"


def fill_rota(f: Filling) -> None:
    today = local(f.uow.now, NEW_YORK).date()
    away = rota.leaves(FACILITIES, f.data.people, today)
    first, last = today - timedelta(days=rota.DAYS_BACK), today + timedelta(days=rota.DAYS_AHEAD)
    made = list(rota.shifts(FACILITIES, f.data.people, first, last, away))
    insert(f.uow, Shift, _rows(f.uow, made, f.facilities, f.units, f.people))
    leave = [
        {
            "id": f.uow.new_id(),
            "person_id": f.people[each.person],
            "kind": each.kind,
            "starts_at": each.starts_at,
            "ends_at": each.ends_at,
            "recorded_by": SOURCE,
            "recorded_at": f.uow.now,
        }
        for each in away
    ]
    insert(f.uow, Leave, leave)
    floors = [
        {
            "id": f.uow.new_id(),
            "facility_id": f.facilities[each.facility],
            "unit_id": f.units[each.facility, each.unit],
            "place": f.units[each.facility, each.unit],
            "skill": each.skill,
            "least": each.least,
            "set_by": SOURCE,
            "set_at": f.uow.now,
        }
        for each in rota.floors(f.data.people, made)
    ]
    insert(f.uow, FloorRule, floors)


def go_on(uow: UnitOfWork, people: Sequence[PersonData]) -> int:
    """Make the days that are missing ahead, and return how many shifts are new. Twice at once does no harm."""
    last = uow.session.scalar(sa.select(sa.func.max(Shift.starts_at)).where(Shift.source == SOURCE))
    if last is None:
        return 0
    made_to = local(last, NEW_YORK).date()
    wanted = local(uow.now, NEW_YORK).date() + timedelta(days=rota.DAYS_AHEAD)
    if made_to >= wanted:
        return 0
    first: date = max(made_to, wanted - timedelta(days=rota.DAYS_BACK + rota.DAYS_AHEAD))
    ids = dict(uow.session.execute(sa.select(Person.employee_number, Person.id)).all())
    facilities = dict(uow.session.execute(sa.select(Facility.code, Facility.id)).all())
    units = {
        (code, unit): id_
        for code, unit, id_ in uow.session.execute(
            sa.select(Facility.code, Unit.code, Unit.id).join(Facility, Facility.id == Unit.facility_id)
        )
    }
    there = [person for person in people if person.number in ids]
    away = _away(uow, {id_: number for number, id_ in ids.items() if number})
    made = rota.shifts(FACILITIES, there, first, wanted, away)
    return insert_once(uow.session, Shift, _rows(uow, made, facilities, units, ids))


def _away(uow: UnitOfWork, numbers: dict[str, str]) -> list[rota.Leave]:
    query = sa.select(Leave).where(Leave.ends_at > uow.now)
    return [
        rota.Leave(numbers[each.person_id], each.kind, each.starts_at, each.ends_at)
        for each in uow.session.scalars(query)
        if each.person_id in numbers
    ]


def _rows(
    uow: UnitOfWork,
    made: Iterable[rota.Shift],
    facilities: dict[str, str],
    units: dict[tuple[str, str], str],
    people: Any,
) -> list[dict[str, Any]]:
    return [
        {
            "id": uow.new_id(),
            "facility_id": facilities[each.facility],
            "person_id": people[each.person],
            "unit_id": units.get((each.facility, each.unit)),
            "department": each.department,
            "job": each.job,
            "kind": each.kind,
            "starts_at": each.starts_at,
            "ends_at": each.ends_at,
            "source": SOURCE,
            "recorded_at": uow.now,
        }
        for each in made
    ]
