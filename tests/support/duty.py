"""Shifts, leave and floors for tests."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from app.core.db import Database
from app.staffing import actions
from app.staffing.models import Person
from app.staffing.rota import Given
from tests.support.hospital import Hospital

H = timedelta(hours=1)


def shift(
    db: Database, hospital: Hospital, who: Person, begin: float, end: float, unit: str = "", **more: Any
) -> actions.Put:
    """Works, or is on call, from and to so many hours from now."""
    now = db.clock.now()
    given = Given(1, who.employee_number or "", now + begin * H, now + end * H, unit=unit, **more)
    put = db.transact(
        actions.put_shifts,
        hospital.administrator,
        facility_id=hospital.facility.id,
        shifts=[given],
        source="tests",
    )
    assert not put.refused, put.refused
    return put


def known_off(db: Database, hospital: Hospital, *people: Person) -> None:
    """Their shifts are known, and none is now."""
    for who in people:
        shift(db, hospital, who, 100, 108)


def leave(db: Database, hospital: Hospital, who: Person, begin: float, end: float) -> None:
    now = db.clock.now()
    db.transact(
        actions.add_leave,
        hospital.administrator,
        who.id,
        kind="planned",
        starts_at=now + begin * H,
        ends_at=now + end * H,
    )


def floor(db: Database, hospital: Hospital, unit: str, skill: str, least: int) -> None:
    db.transact(
        actions.set_floor,
        hospital.administrator,
        facility_id=hospital.facility.id,
        unit=unit,
        skill=skill,
        least=least,
    )
