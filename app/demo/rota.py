"""When the demo's people work: day and night teams, office hours, calls that go round, some leave, some too much.

What somebody does on a day follows from the day alone, so that any days can be made at any time and fit together.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zlib import crc32
from zoneinfo import ZoneInfo

from app.core.clock import as_utc
from app.core.packs import read_csv
from app.demo.model import Facility, Person

DATA = Path(__file__).parent / "data"

DAYS_BACK, DAYS_AHEAD = 10, 8
PATTERNS = ("rotating", "office", "daily_call", "weekly_call")
CYCLE, ON = 6, 3
"""Three twelve-hour shifts, three days off: 36 to 48 hours in seven days."""

BUSY_EVERY, BUSY_ON = 13, 5
"""Every thirteenth works five of six days, and so comes over the hours that are allowed."""

LEAVE_EVERY = 17
DAY = (time(7), time(19))
NIGHT = (time(19), time(7))
OFFICE = (time(8), time(16, 30))
# place, skill: floors are set where the demo has a team for them
FLOORED = (("ED", "triage"), ("MICU", "critical_care"), ("SICU", "critical_care"), ("ICU", "critical_care"))
FLOORED_TOO = (("MS3E", "rn"), ("MS4W", "rn"), ("TEL4", "telemetry"), ("NICU", "nrp"), ("LDR", "obstetrics"))


@dataclass(frozen=True, slots=True)
class Plan:
    """What a job's people work: the pattern, what they are on call for, and the units of each hospital."""

    pattern: str = "office"
    call_for: str = ""
    units: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class Shift:
    person: str
    facility: str
    unit: str
    kind: str
    job: str
    department: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Leave:
    person: str
    kind: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Floor:
    facility: str
    unit: str
    skill: str
    least: int


def plans(facilities: Sequence[Facility]) -> dict[str, Plan]:
    codes = [facility.code for facility in facilities]
    return {
        row.slug("job"): Plan(
            row.choice("pattern", PATTERNS),
            row.optional_text("call_for") or "",
            tuple((code, tuple((row.optional_text(code) or "").split(";"))) for code in codes),
        )
        for row in read_csv(DATA / "rota.csv", "job", "pattern", "call_for", *codes)
    }


def shifts(
    facilities: Sequence[Facility],
    people: Sequence[Person],
    first: date,
    last: date,
    away: Sequence[Leave] = (),
) -> Iterator[Shift]:
    """Everybody's shifts that begin on the days from `first` to `last`, but for those who are away."""
    zones = {facility.code: ZoneInfo(facility.zone) for facility in facilities}
    planned = plans(facilities)
    leave = {each.person: each for each in away}
    teams: dict[tuple[str, str], list[Person]] = defaultdict(list)
    for person in people:
        teams[person.facility, person.job].append(person)
    for (code, job), team in teams.items():
        plan = planned.get(job, Plan())
        shift_by = crc32(f"{code} {job}".encode())  # so that small teams are not all off on the same days
        for at, person in enumerate(team):
            for number in range(first.toordinal(), last.toordinal() + 1):
                for kind, day, hours in _work(plan, at, len(team), number, shift_by):
                    shift = _shift(person, plan, at, kind, _span(day, hours, zones[code]))
                    if not _meets(leave.get(person.number), shift):
                        yield shift


def leaves(facilities: Sequence[Facility], people: Sequence[Person], today: date) -> tuple[Leave, ...]:
    """Some people are away for some days around today, on whole days of their hospital's clock."""
    zones = {facility.code: ZoneInfo(facility.zone) for facility in facilities}
    found = []
    for at, person in enumerate(people):
        if at % LEAVE_EVERY == 5:
            first = today + timedelta(days=at % 9 - 6)
            last = first + timedelta(days=4 + at % 8)
            kind = ("planned", "planned", "unplanned", "training")[at % 4]
            begins, ends = (_moment(day, time(), zones[person.facility]) for day in (first, last))
            found.append(Leave(person.number, kind, begins, ends))
    return tuple(found)


def floors(people: Sequence[Person], made: Sequence[Shift]) -> tuple[Floor, ...]:
    """As many as stand there in the thinnest of the nights made: floors that are just met at night."""
    skills = {person.number: person.skills for person in people}
    found = []
    for unit, skill in (*FLOORED, *FLOORED_TOO):
        nights: Counter[tuple[str, datetime]] = Counter()
        for shift in made:
            if shift.unit == unit and shift.kind == "planned" and skill in skills[shift.person]:
                nights[shift.facility, shift.starts_at] += shift.ends_at - shift.starts_at > timedelta(
                    hours=10
                )
        for code in sorted({place for place, _ in nights}):
            least = min(number for (place, _), number in nights.items() if place == code)
            if least:
                found.append(Floor(code, unit, skill, least))
    return tuple(found)


def _work(
    plan: Plan, at: int, size: int, number: int, shift_by: int
) -> Iterator[tuple[str, date, tuple[time, time] | timedelta]]:
    """What the `at`th of a team does on a day (its ordinal): kind, day, and hours or length from 07:00."""
    day = date.fromordinal(number)
    if plan.pattern == "rotating":
        on = BUSY_ON if at % BUSY_EVERY == BUSY_EVERY - 6 else ON
        phase = (at // 2) * CYCLE // max(1, -(-size // 2)) + shift_by
        if (number + phase) % CYCLE < on:
            yield "planned", day, NIGHT if at % 2 else DAY
        return
    if day.weekday() < 5:
        yield "planned", day, OFFICE
    if plan.pattern == "daily_call" and number % size == at:
        yield "on_call", day, timedelta(days=1)
    if plan.pattern == "weekly_call" and day.weekday() == 0 and number // 7 % size == at:
        yield "on_call", day, timedelta(days=7)


def _shift(person: Person, plan: Plan, at: int, kind: str, span: tuple[datetime, datetime]) -> Shift:
    units = dict(plan.units).get(person.facility, ("",))
    return Shift(
        person=person.number,
        facility=person.facility,
        unit=units[at // 2 % len(units)],
        kind=kind,
        job=plan.call_for if kind == "on_call" else person.job_title,
        department=person.department,
        starts_at=span[0],
        ends_at=span[1],
    )


def _span(day: date, hours: tuple[time, time] | timedelta, zone: ZoneInfo) -> tuple[datetime, datetime]:
    if isinstance(hours, timedelta):
        return _moment(day, DAY[0], zone), _moment(day + hours, DAY[0], zone)
    begin, end = hours
    return _moment(day, begin, zone), _moment(day if end > begin else day + timedelta(days=1), end, zone)


def _moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    return as_utc(datetime.combine(day, at, zone))


def _meets(leave: Leave | None, shift: Shift) -> bool:
    return leave is not None and shift.starts_at < leave.ends_at and shift.ends_at > leave.starts_at
