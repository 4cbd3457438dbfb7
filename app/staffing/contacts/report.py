"""How many quiet tests got through: over time, by department, by channel, and those that did not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.staffing.contacts.models import QuietTest, QuietTestState
from app.staffing.contacts.schedule import local_day
from app.staffing.models import Person

WEEKS = 12
_S = QuietTestState


@dataclass
class Tally:
    """Tests counted by how they ended. Sent is not delivered: mail that was merely sent proves nothing."""

    by_state: Counter[QuietTestState] = field(default_factory=Counter)

    @property
    def made(self) -> int:
        return sum(self.by_state.values()) - self.by_state[_S.PLANNED] - self.by_state[_S.SKIPPED]

    @property
    def reached(self) -> int:
        return self.by_state[_S.DELIVERED] + self.by_state[_S.ANSWERED]

    @property
    def known(self) -> int:
        return self.reached + self.by_state[_S.FAILED] + self.by_state[_S.UNKNOWN]

    @property
    def waiting(self) -> int:
        """Sent or in hand, with no word yet, or for mail never one."""
        return self.by_state[_S.ASKED] + self.by_state[_S.SENT]

    @property
    def share(self) -> int | None:
        """Percent reached of those whose end is known; None while there are none."""
        return round(100 * self.reached / self.known) if self.known else None


@dataclass(frozen=True)
class Report:
    """`weeks` by their Monday, oldest first; a week without tests is there, and empty."""

    total: Tally
    weeks: list[tuple[date, Tally]]
    departments: list[tuple[str, Tally]]
    channels: list[tuple[str, Tally]]
    first_day: date


@dataclass(frozen=True)
class Row:
    """One test as the report counts it."""

    due_at: datetime
    department: str
    channel: str
    state: QuietTestState


def report(session: Session, facility_id: str, zone: str, now: datetime) -> Report:
    first = _monday(local_day(now, zone)) - timedelta(weeks=WEEKS - 1)
    query = sa.select(QuietTest.due_at, QuietTest.department, QuietTest.channel, QuietTest.state).where(
        QuietTest.facility_id == facility_id,
        QuietTest.due_at >= now - timedelta(weeks=WEEKS),
        QuietTest.due_at <= now,
    )
    return tallied((Row(*row) for row in session.execute(query)), zone, first)


def tallied(rows: Iterable[Row], zone: str, first: date) -> Report:
    """The figures of tests made since the Monday `first`."""
    total = Tally()
    weeks = {first + timedelta(weeks=n): Tally() for n in range(WEEKS)}
    departments: dict[str, Tally] = {}
    channels: dict[str, Tally] = {}
    for row in rows:
        monday = _monday(local_day(row.due_at, zone))
        if monday not in weeks:
            continue
        for tally in (
            total,
            weeks[monday],
            departments.setdefault(row.department or "no department", Tally()),
            channels.setdefault(row.channel, Tally()),
        ):
            tally.by_state[row.state] += 1
    worst_first = sorted(departments.items(), key=lambda pair: (_share(pair[1]), pair[0]))
    return Report(total, sorted(weeks.items()), worst_first, sorted(channels.items()), first)


def failures(
    session: Session, facility_id: str, since: datetime, most: int | None = None
) -> Sequence[tuple[QuietTest, Person]]:
    """Tests that did not get through or that nobody knows of, the newest first."""
    query = (
        sa.select(QuietTest, Person)
        .join(Person, Person.id == QuietTest.person_id)
        .where(
            QuietTest.facility_id == facility_id,
            QuietTest.due_at >= since,
            QuietTest.state.in_((_S.FAILED, _S.UNKNOWN)),
        )
        .order_by(QuietTest.due_at.desc(), QuietTest.id)
    )
    return session.execute(query.limit(most)).all()


def all_tests(session: Session, facility_id: str, since: datetime) -> Sequence[tuple[QuietTest, Person]]:
    """For a spreadsheet, the oldest first."""
    query = (
        sa.select(QuietTest, Person)
        .join(Person, Person.id == QuietTest.person_id)
        .where(QuietTest.facility_id == facility_id, QuietTest.due_at >= since)
    )
    return session.execute(query.order_by(QuietTest.due_at, QuietTest.id)).all()


def planned(session: Session, facility_id: str) -> tuple[int, datetime | None]:
    """How many tests wait for their time, and the next one's."""
    query = sa.select(sa.func.count(), sa.func.min(QuietTest.due_at, type_=QuietTest.due_at.type)).where(
        QuietTest.facility_id == facility_id, QuietTest.state == sa.literal_column("'planned'")
    )
    count, first = session.execute(query).one()
    return count, first


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _share(tally: Tally) -> int:
    return 101 if tally.share is None else tally.share
