"""Puts the generated demo system into an empty database, with bulk inserts in a few transactions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from app.accounts.models import Account, AccountRole
from app.accounts.passwords import hash_password
from app.core.actor import Actor, Grant
from app.core.db import Database, UnitOfWork
from app.core.errors import Conflict
from app.core.permissions import Permission, Role
from app.demo.contacts import fill_quiet_tests
from app.demo.filling import insert
from app.demo.generator import DemoData, generate
from app.demo.model import Person as PersonData
from app.demo.parts import PARTS, Filling
from app.demo.rota_filling import fill_rota
from app.demo.sign_in import PASSWORD
from app.facilities.actions import create_facility
from app.facilities.models import Facility, Unit
from app.staffing.models import ContactMethod, DepthEntry, Person, Skill

FILLER = Actor("system", "demo", "Demo data", (Grant(Role.ADMINISTRATOR),))


def is_empty(db: Database) -> bool:
    with db.read() as session:
        return session.scalar(sa.select(Facility.id).limit(1)) is None


def fill(db: Database) -> DemoData:
    """Load the demo system, with readings up to now. Raises Conflict unless the database is empty."""
    if not is_empty(db):
        raise Conflict("There are hospitals already; demo data go into an empty database.")
    data = generate(db.clock.now())
    base = db.transact(_hospitals_and_people, data)
    db.transact(_one_part, fill_rota, base)
    db.transact(_one_part, fill_quiet_tests, base)
    for fill_part in PARTS:
        db.transact(_one_part, fill_part, base)
    return data


def _one_part(uow: UnitOfWork, fill_part: Any, base: Filling) -> None:
    fill_part(replace(base, uow=uow))


def _hospitals_and_people(uow: UnitOfWork, data: DemoData) -> Filling:
    FILLER.require(Permission.ACCOUNT_MANAGE)
    filling = Filling(uow, data)
    _facilities(filling)
    _units(filling)
    _people(filling)
    _depth(filling)
    _accounts(filling)
    return filling


def _facilities(f: Filling) -> None:
    for each in f.data.facilities:
        made = create_facility(
            f.uow, FILLER, code=each.code, name=each.name, system_name=f.data.system_name, zone=each.zone
        )
        f.facilities[each.code] = made.id


def _units(f: Filling) -> None:
    f.units.update({(u.facility, u.code): f.uow.new_id() for u in f.data.units})
    same = ("code", "name", "unit_class", "licensed_beds", "physical_beds", "staffed_beds")
    rows = [
        {name: getattr(unit, name) for name in same}
        | {
            "id": f.units[unit.facility, unit.code],
            "facility_id": f.facilities[unit.facility],
            "patients_per_nurse": unit.patients_per_nurse,
        }
        for unit in f.data.units
    ]
    insert(f.uow, Unit, rows)


def _people(f: Filling) -> None:
    """Supervisors before those who report to them: the table refers to itself."""
    f.people.update({p.number: f.uow.new_id() for p in f.data.people})
    people = [
        {
            "id": f.people[p.number],
            "facility_id": f.facilities[p.facility],
            "employee_number": p.number,
            "name": f"{p.given_name} {p.family_name}",
            "job_title": p.job_title,
            "department": p.department,
            "travel_minutes": p.travel_minutes,
            "supervisor_id": None,
            "active": True,
        }
        for p in f.data.people
    ]
    insert(f.uow, Person, people)
    supervised = [
        {"b_id": f.people[p.number], "b_supervisor": f.people[p.supervisor]}
        for p in f.data.people
        if p.supervisor is not None
    ]
    link = (
        sa.update(Person.__table__)  # type: ignore[arg-type]
        .where(Person.__table__.c.id == sa.bindparam("b_id"))
        .values(supervisor_id=sa.bindparam("b_supervisor"))
    )
    f.uow.session.connection().execute(link, supervised)
    insert(f.uow, ContactMethod, [row for at, p in enumerate(f.data.people) for row in _contacts(f, at, p)])
    insert(f.uow, Skill, [row for at, p in enumerate(f.data.people) for row in _skills(f, at, p)])


def _contacts(f: Filling, at: int, person: PersonData) -> Iterator[dict[str, Any]]:
    """Everybody can be texted; most may be called on the same phone, and most read their mail."""
    ways = [("sms", person.phone)]
    ways += [("voice", person.phone)] if at % 7 else []
    ways += [("email", person.email)] if at % 10 else []
    for rank, (channel, address) in enumerate(ways, 1):
        yield {
            "id": f.uow.new_id(),
            "person_id": f.people[person.number],
            "channel": channel,
            "address": address,
            "rank": rank,
            "verified_at": f.uow.now,
        }


def _skills(f: Filling, at: int, person: PersonData) -> Iterator[dict[str, Any]]:
    """Life support runs out every two years; for a few it has."""
    ends = f.uow.now.replace(hour=5, minute=0, second=0, microsecond=0) + timedelta(days=at * 11 % 730 - 20)
    for slug in person.skills:
        valid_until = ends if slug in ("acls", "pals", "nrp") else None
        yield {"person_id": f.people[person.number], "slug": slug, "valid_until": valid_until}


def _depth(f: Filling) -> None:
    rows = [
        {
            "id": f.uow.new_id(),
            "facility_id": f.facilities[entry.facility],
            "position_slug": entry.position,
            "rank": entry.rank,
            "person_id": f.people[entry.person],
        }
        for entry in f.data.depth
    ]
    insert(f.uow, DepthEntry, rows)


def _accounts(f: Filling) -> None:
    """The hash is made once: all demo accounts have the same, known password."""
    names = {p.number: f"{p.given_name} {p.family_name}" for p in f.data.people}
    hashed = hash_password(PASSWORD)
    for each in f.data.accounts:
        home = f.facilities[each.facility] if each.facility else None
        account = Account(
            id=f.uow.new_id(),
            email=each.email,
            name=names[each.person],
            password_hash=hashed,
            must_change_password=False,
            person_id=f.people[each.person],
            created_at=f.uow.now,
            roles=[AccountRole(id=f.uow.new_id(), role=Role(each.role), facility_id=home)],
        )
        f.uow.session.add(account)
    f.uow.session.flush()
