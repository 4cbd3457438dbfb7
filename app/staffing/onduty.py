"""Reading a hospital's duty at a moment: who is there, who is on call, whether the floors hold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.facilities.models import Unit
from app.staffing.duty import KNOWN, WORK, floors
from app.staffing.floors import Floor
from app.staffing.models import Leave, Person, Shift, ShiftKind

SHOWN_BACK = timedelta(days=7)
SHOWN_AHEAD = timedelta(days=14)


@dataclass(frozen=True)
class There:
    """Somebody who is on duty or on call: as what, and until when."""

    person_id: str
    name: str
    job: str
    until: datetime


@dataclass(frozen=True)
class OnDuty:
    """A hospital now.

    places       by name of unit or department, who works there.
    floors       with the id of the rule each.
    recorded_at  when shifts were last recorded or changed; None: never.
    ends_at      up to when shifts are recorded.
    unknown      active people of whom no shift is known.
    """

    places: list[tuple[str, list[There]]]
    on_call: list[There]
    floors: list[tuple[str, Floor]]
    recorded_at: datetime | None
    ends_at: datetime | None
    away: int
    unknown: int
    people: int

    @property
    def here(self) -> int:
        return sum(len(people) for _, people in self.places)


def on_duty(session: Session, facility_id: str, now: datetime) -> OnDuty:
    places: dict[str, list[There]] = defaultdict(list)
    on_call: list[There] = []
    seen: set[tuple[str, str]] = set()
    for shift, name, unit in session.execute(_running(facility_id, now)):
        there = There(shift.person_id, name, shift.job, shift.ends_at)
        if shift.kind is ShiftKind.ON_CALL:
            on_call.append(there)
            continue
        place = unit or shift.department or "Place not known"
        if (place, shift.person_id) not in seen:
            seen.add((place, shift.person_id))
            places[place].append(there)
    mine = Shift.facility_id == facility_id
    recorded_at = session.scalar(sa.select(sa.func.max(Shift.recorded_at)).where(mine))
    ends_at = session.scalar(sa.select(sa.func.max(Shift.ends_at)).where(mine, Shift.kind.in_(WORK)))
    on_roster = (Person.facility_id == facility_id, Person.active)
    people = session.scalar(sa.select(sa.func.count()).where(*on_roster)) or 0
    return OnDuty(
        places=sorted(places.items()),
        on_call=sorted(on_call, key=lambda each: (each.job, each.name)),
        floors=floors(session, now, facility_id),
        recorded_at=recorded_at,
        ends_at=ends_at,
        away=_away(session, facility_id, now),
        unknown=people if ends_at is None or ends_at <= now else people - _known(session, facility_id, now),
        people=people,
    )


def shifts_of(session: Session, person_id: str, now: datetime) -> Sequence[sa.Row[Shift, str]]:
    """A person's shifts of the last week and the next two, with the name of the unit, oldest first."""
    query = sa.select(Shift, Unit.name).outerjoin(Unit, Unit.id == Shift.unit_id)
    query = query.where(
        Shift.person_id == person_id, Shift.ends_at > now - SHOWN_BACK, Shift.starts_at < now + SHOWN_AHEAD
    )
    return session.execute(query.order_by(Shift.starts_at)).all()


def leave_of(session: Session, person_id: str, now: datetime) -> Sequence[Leave]:
    """Leave that has not ended."""
    query = sa.select(Leave).where(Leave.person_id == person_id, Leave.ends_at > now)
    return session.scalars(query.order_by(Leave.starts_at)).all()


def _running(facility_id: str, now: datetime) -> sa.Select[Shift, str, str]:
    return (
        sa.select(Shift, Person.name, Unit.name)
        .join(Person, Person.id == Shift.person_id)
        .outerjoin(Unit, Unit.id == Shift.unit_id)
        .where(Shift.facility_id == facility_id, Shift.starts_at <= now, Shift.ends_at > now)
        .where(Person.active, Person.id.not_in(_on_leave(now)))
        .order_by(Person.name, Shift.ends_at.desc())
    )


def _on_leave(now: datetime) -> sa.Select[str]:
    return sa.select(Leave.person_id).where(Leave.starts_at <= now, Leave.ends_at > now)


def _away(session: Session, facility_id: str, now: datetime) -> int:
    query = sa.select(sa.func.count()).where(
        Person.facility_id == facility_id, Person.active, Person.id.in_(_on_leave(now))
    )
    return session.scalar(query) or 0


def _known(session: Session, facility_id: str, now: datetime) -> int:
    query = sa.select(sa.func.count(sa.distinct(Shift.person_id))).join(Person, Person.id == Shift.person_id)
    return (
        session.scalar(
            query.where(
                Person.facility_id == facility_id,
                Person.active,
                Shift.ends_at > now - KNOWN,
                Shift.starts_at < now + KNOWN,
            )
        )
        or 0
    )
