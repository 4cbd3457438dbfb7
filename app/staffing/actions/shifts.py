"""When people work and are on call: many shifts at once, again and again, without doubling one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.core.errors import Invalid, NotFound
from app.facilities.models import Unit
from app.staffing import events
from app.staffing.actions.record import take_hospital, take_person, tell
from app.staffing.models import Person, Shift, ShiftKind
from app.staffing.rota import MOST_ROWS, Given, Refused, fault

NAMED = 50
"""So many shifts are named in the journal; of more, only how many."""

AT_ONCE = 500
Key = tuple[str, datetime, str]


@dataclass
class Put:
    """What became of shifts that were handed in. `same`: were there already, exactly so."""

    added: int = 0
    changed: int = 0
    same: int = 0
    removed: int = 0
    refused: list[Refused] = field(default_factory=list)


def put_shifts(
    uow: UnitOfWork,
    actor: Actor,
    *,
    facility_id: str,
    shifts: Sequence[Given],
    source: str,
    refused: Iterable[Refused] = (),
    replace: bool = False,
) -> Put:
    """Take the shifts that can be taken, and say of each other why not; `refused` were refused before.

    A person's shift is known by its start and kind: handed in again, it is changed or stays. With `replace` these
    are all the shifts of these people in that time, and others of theirs that begin in it are removed.
    """
    take_hospital(uow, actor, facility_id)
    if not 1 <= len(source.strip()) <= 200:
        raise Invalid.field("source", "must have 1 to 200 characters")
    if len(shifts) > MOST_ROWS:
        raise Invalid.field("shifts", f"at most {MOST_ROWS:,} at once")
    put = Put(refused=list(refused))
    wanted, names = _wanted(uow, facility_id, shifts, source.strip(), put.refused)
    if wanted:
        there = _there(uow, wanted)
        changed = _store(uow, wanted, there, put)
        if replace:
            _remove_others(uow, facility_id, wanted, put)
        _journal(uow, actor, facility_id, changed, names, source.strip(), put, wanted)
    put.refused.sort(key=lambda each: each.row)
    return put


def remove_shift(uow: UnitOfWork, actor: Actor, person_id: str, shift_id: str) -> None:
    person = take_person(uow, actor, person_id)
    shift = uow.session.get(Shift, shift_id)
    if shift is None or shift.person_id != person.id:
        raise NotFound(f"{person.name} has no such shift.")
    uow.session.delete(shift)
    removed = events.ShiftRemoved(
        person_id=person.id,
        person_name=person.name,
        shift_kind=shift.kind.value,
        starts_at=shift.starts_at,
        ends_at=shift.ends_at,
    )
    tell(uow, actor, person.facility_id, removed)


def _wanted(
    uow: UnitOfWork, facility_id: str, shifts: Sequence[Given], source: str, refused: list[Refused]
) -> tuple[dict[Key, dict[str, Any]], dict[str, str]]:
    """The rows to be, by what they are known by, and the names of their people."""
    people = _people(uow, facility_id, {given.employee_number for given in shifts})
    units = dict(
        uow.session.execute(sa.select(Unit.code, Unit.id).where(Unit.facility_id == facility_id)).all()
    )
    wanted: dict[Key, dict[str, Any]] = {}
    for given in shifts:
        person = people.get(given.employee_number)
        why = fault(given, uow.now)
        if why is None and person is None:
            why = f"employee_number: {given.employee_number[:40]!r} is nobody on this hospital's roster"
        if why is None and given.unit and given.unit not in units:
            why = f"unit: there is no unit {given.unit[:40]!r} at this hospital"
        if why is None and max(len(given.department), len(given.job)) > 200:
            why = "department: at most 200 characters, and as many for the job"
        if why is not None or person is None:
            refused.append(Refused(given.row, why or ""))
            continue
        key = (person.id, given.starts_at, given.kind)
        if key in wanted and wanted[key]["ends_at"] != given.ends_at:
            refused.append(Refused(given.row, "start: this person has another shift that begins then"))
            continue
        wanted[key] = {
            "facility_id": facility_id,
            "person_id": person.id,
            "unit_id": units.get(given.unit),
            "department": given.department or person.department,
            "job": given.job or person.job_title,
            "kind": ShiftKind(given.kind),
            "starts_at": given.starts_at,
            "ends_at": given.ends_at,
            "source": source,
        }
    return wanted, {person.id: person.name for person in people.values()}


def _people(uow: UnitOfWork, facility_id: str, numbers: set[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    query = sa.select(Person.employee_number, Person.id, Person.name, Person.department, Person.job_title)
    for some in _chunks(sorted(numbers)):
        mine = query.where(Person.facility_id == facility_id, Person.employee_number.in_(some))
        for row in uow.session.execute(mine):
            found[str(row.employee_number)] = row
    return found


def _there(uow: UnitOfWork, wanted: dict[Key, dict[str, Any]]) -> dict[Key, Shift]:
    """Shifts of these people that begin in the same time."""
    found: dict[Key, Shift] = {}
    first, last = min(key[1] for key in wanted), max(key[1] for key in wanted)
    for some in _chunks(sorted({key[0] for key in wanted})):
        query = sa.select(Shift).where(Shift.person_id.in_(some), Shift.starts_at.between(first, last))
        found.update(((s.person_id, s.starts_at, s.kind.value), s) for s in uow.session.scalars(query))
    return found


def _store(
    uow: UnitOfWork, wanted: dict[Key, dict[str, Any]], there: dict[Key, Shift], put: Put
) -> list[dict[str, Any]]:
    """Write what is new or different, and return it."""
    new, changed = [], []
    for key, row in wanted.items():
        if (shift := there.get(key)) is None:
            new.append(row)
            continue
        before = {name: getattr(shift, name) for name in row if name != "source"}
        if before == {name: value for name, value in row.items() if name != "source"}:
            put.same += 1
            continue
        for name, value in row.items():
            setattr(shift, name, value)
        shift.recorded_at = uow.now
        changed.append(row)
    if new:
        added = [row | {"id": uow.new_id(), "recorded_at": uow.now} for row in new]
        uow.session.execute(sa.insert(Shift), added)
    put.added, put.changed = len(new), len(changed)
    return new + changed


def _remove_others(uow: UnitOfWork, facility_id: str, wanted: dict[Key, dict[str, Any]], put: Put) -> None:
    for (person_id, starts_at, kind), shift in _there(uow, wanted).items():
        if (person_id, starts_at, kind) not in wanted and shift.facility_id == facility_id:
            uow.session.delete(shift)
            put.removed += 1


def _journal(
    uow: UnitOfWork,
    actor: Actor,
    facility_id: str,
    changed: list[dict[str, Any]],
    names: dict[str, str],
    source: str,
    put: Put,
    wanted: dict[Key, dict[str, Any]],
) -> None:
    if not changed and not put.removed:
        return
    told = changed or list(wanted.values())
    shifts = [
        events.ShiftData(
            row["person_id"],
            names[row["person_id"]],
            row["kind"].value,
            row["starts_at"],
            row["ends_at"],
            row["department"],
        )
        for row in changed
    ]
    recorded = events.ShiftsRecorded(
        source=source,
        added=put.added,
        changed=put.changed,
        removed=put.removed,
        people=len({row["person_id"] for row in told}),
        first_at=min(row["starts_at"] for row in told),
        last_at=max(row["ends_at"] for row in told),
        shifts=shifts if len(shifts) <= NAMED else [],
    )
    tell(uow, actor, facility_id, recorded)


def _chunks(items: list[str]) -> Iterable[list[str]]:
    return (items[start : start + AT_ONCE] for start in range(0, len(items), AT_ONCE))
