"""Reading who works, rests and is away; for thousands of people in a few queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.facilities.models import Unit
from app.staffing import hours
from app.staffing.availability import Availability, Away, Rules, Stint, availability
from app.staffing.floors import Floor
from app.staffing.models import FloorRule, Leave, Person, Shift, ShiftKind, Skill

BACK = timedelta(days=9)
"""Shifts that ended longer ago say nothing about seven days, nor about what a stretch began with."""

AHEAD = timedelta(days=2)
KNOWN = timedelta(days=28)
"""Of whom no shift is recorded so far back or ahead, nobody knows when they work."""

AT_ONCE = 500
WORK = (ShiftKind.WORKED, ShiftKind.PLANNED)


class Duty:
    """How people stand at one moment; each is read once, most quickly when many are looked up together."""

    def __init__(self, session: Session, now: datetime) -> None:
        self.now = now
        self._session = session
        self._found: dict[str, Availability] = {}
        self._rules: dict[str, Rules] = {}
        self._floors: list[Floor] | None = None
        self._ends: dict[str, datetime | None] = {}

    def look(self, people: Iterable[Person]) -> None:
        """Read what `of` will be asked about."""
        homes = {p.id: p.facility_id for p in people if p.id not in self._found}
        for some in _chunks(list(homes)):
            self._look(some, homes)

    def of(self, person: Person) -> Availability:
        if person.id not in self._found:
            self.look([person])
        return self._found[person.id]

    def rules(self, facility_id: str) -> Rules:
        if facility_id not in self._rules:
            self._rules[facility_id] = hours.rules_at(self._session, facility_id, self.now)
        return self._rules[facility_id]

    def roster_ends(self, facility_id: str) -> datetime | None:
        """Up to when shifts of this hospital are recorded; None: there are none."""
        if facility_id not in self._ends:
            last = sa.select(sa.func.max(Shift.ends_at)).where(
                Shift.facility_id == facility_id, Shift.kind.in_(WORK)
            )
            self._ends[facility_id] = self._session.scalar(last)
        return self._ends[facility_id]

    def floors(self) -> list[Floor]:
        """Every floor of every hospital, with who is on duty there."""
        if self._floors is None:
            self._floors = [floor for _, floor in floors(self._session, self.now)]
        return self._floors

    def _look(self, ids: Sequence[str], homes: dict[str, str]) -> None:
        stints, away = _stints(self._session, ids, self.now), _away(self._session, ids, self.now)
        known = _known(self._session, ids, self.now)
        for person_id in ids:
            home = homes[person_id]
            ends = self.roster_ends(home)
            self._found[person_id] = availability(
                stints.get(person_id, ()),
                away.get(person_id, ()),
                self.rules(home),
                self.now,
                known=person_id in known and ends is not None and ends > self.now,
            )


def floors(session: Session, now: datetime, facility_id: str | None = None) -> list[tuple[str, Floor]]:
    """Floors with the id of their rule, in order of place; who is on duty there has the skill, and still."""
    query = sa.select(FloorRule, Unit.name).outerjoin(Unit, Unit.id == FloorRule.unit_id)
    if facility_id is not None:
        query = query.where(FloorRule.facility_id == facility_id)
    rules = session.execute(query).all()
    if not rules:
        return []
    on_duty: dict[tuple[str, str], set[str]] = defaultdict(set)
    running = (
        sa.select(Shift.facility_id, Shift.unit_id, Shift.department, Skill.slug, Shift.person_id)
        .join(Skill, Skill.person_id == Shift.person_id)
        .where(Shift.kind.in_(WORK), Shift.starts_at <= now, Shift.ends_at > now)
        .where(sa.or_(Skill.valid_until.is_(None), Skill.valid_until > now))
        .where(Skill.slug.in_({rule.skill for rule, _ in rules}))
        .where(Shift.facility_id.in_({rule.facility_id for rule, _ in rules}))
    )
    for home, unit_id, department, slug, person_id in session.execute(running):
        on_duty[f"{home}:{unit_id or department}", slug].add(person_id)
        on_duty[f"{home}:{department}", slug].add(person_id)
    found = [
        (
            rule.id,
            Floor(
                unit or rule.department or "",
                rule.skill,
                rule.least,
                frozenset(on_duty[f"{rule.facility_id}:{rule.place}", rule.skill]),
            ),
        )
        for rule, unit in rules
    ]
    return sorted(found, key=lambda each: (each[1].place, each[1].skill))


def _stints(session: Session, ids: Sequence[str], now: datetime) -> dict[str, list[Stint]]:
    query = (
        sa.select(
            Shift.person_id,
            Shift.kind,
            Shift.starts_at,
            Shift.ends_at,
            Unit.name,
            Shift.department,
            Shift.job,
        )
        .outerjoin(Unit, Unit.id == Shift.unit_id)
        .where(Shift.person_id.in_(ids), Shift.ends_at > now - BACK, Shift.starts_at < now + AHEAD)
    )
    found: dict[str, list[Stint]] = defaultdict(list)
    for person_id, kind, starts_at, ends_at, unit, department, job in session.execute(query):
        on_call = kind is ShiftKind.ON_CALL
        place = (job or department) if on_call else (unit or department)
        found[person_id].append(Stint(starts_at, ends_at, place, on_call))
    return found


def _away(session: Session, ids: Sequence[str], now: datetime) -> dict[str, list[Away]]:
    query = sa.select(Leave.person_id, Leave.starts_at, Leave.ends_at)
    found: dict[str, list[Away]] = defaultdict(list)
    for person_id, starts_at, ends_at in session.execute(
        query.where(Leave.person_id.in_(ids), Leave.ends_at > now)
    ):
        found[person_id].append(Away(starts_at, ends_at))
    return found


def _known(session: Session, ids: Sequence[str], now: datetime) -> set[str]:
    query = sa.select(Shift.person_id).where(
        Shift.person_id.in_(ids), Shift.ends_at > now - KNOWN, Shift.starts_at < now + KNOWN
    )
    return set(session.scalars(query.distinct()))


def _chunks(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), AT_ONCE):
        yield ids[start : start + AT_ONCE]
