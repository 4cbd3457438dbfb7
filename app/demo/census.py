"""Bed counts hour by hour that move as beds do: each kind of unit with its own day and week.

A unit aims at its usual share of staffed beds, times the hour's and the weekday's factor, plus a slow
drift. Patients then come and go only so fast, so counts do not jump.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from app.demo.model import METRICS, Facility, Reading, Unit

DAYS = 14
HOURS = DAYS * 24
NIGHT_ENDS, NIGHT_BEGINS = 7, 19
SATURDAY = 5

# Whenever the demo begins, there is a decision to make: intensive care of the first hospital has just filled up.
PRESSED_CLASS, PRESSED_HOURS, PRESSED_SHARE = "icu", 10, 0.96

FLAT_DAY = (1.0,) * 24
FLAT_WEEK = (1.0,) * 7
# Discharges empty wards from late morning; admissions fill them from the afternoon into the night.
WARD_DAY = (
    *(1.03, 1.03, 1.03, 1.03, 1.03, 1.03, 1.03, 1.02, 1.01, 1.00, 0.98, 0.95),
    *(0.93, 0.92, 0.92, 0.93, 0.95, 0.97, 0.99, 1.00, 1.01, 1.02, 1.03, 1.03),
)
# Planned admissions lift the middle of the week. Monday first.
WARD_WEEK = (0.98, 1.01, 1.03, 1.03, 1.01, 0.97, 0.96)
# Arrivals stay high from late morning to evening; stays of hours push the peak of those present later.
ED_DAY = (
    *(0.88, 0.78, 0.68, 0.60, 0.54, 0.50, 0.50, 0.54, 0.64, 0.78, 0.93, 1.06),
    *(1.16, 1.23, 1.28, 1.32, 1.35, 1.38, 1.40, 1.40, 1.36, 1.27, 1.15, 1.01),
)
ED_WEEK = (1.10, 1.03, 1.00, 0.99, 0.98, 0.94, 0.96)
SURGERY_DAY = (
    *(0.0,) * 7,
    0.1,
    0.3,
    0.6,
    0.9,
    1.1,
    1.2,
    1.2,
    1.2,
    1.1,
    1.0,
    0.8,
    0.6,
    0.4,
    0.3,
    0.1,
    0.1,
    0.0,
)
SURGERY_WEEK = (1.0, 1.05, 1.05, 1.0, 0.9, 0.15, 0.1)
OBSERVATION_DAY = (
    *(1.10, 1.12, 1.12, 1.12, 1.10, 1.08, 1.05, 1.02, 0.98, 0.92, 0.86, 0.82),
    *(0.80, 0.80, 0.84, 0.88, 0.92, 0.96, 1.00, 1.03, 1.05, 1.07, 1.08, 1.10),
)


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How a class of unit moves.

    `drift` is the standard deviation of the slow wandering as a share of 24 staffed beds (fewer beds wander
    more), `memory` how much of it is left after an hour, `pace` how many patients can come or go in an hour
    for each 30 beds.
    """

    day: tuple[float, ...] = FLAT_DAY
    week: tuple[float, ...] = FLAT_WEEK
    drift: float = 0.05
    memory: float = 0.99
    pace: int = 2


WARD = Rhythm(WARD_DAY, WARD_WEEK, drift=0.02, memory=0.95, pace=3)
SLOW = Rhythm(drift=0.06, memory=0.98, pace=1)
RHYTHMS = {
    "icu": SLOW,
    "picu": Rhythm(drift=0.10, memory=0.98, pace=1),
    "nicu": SLOW,
    "stepdown": Rhythm(WARD_DAY, drift=0.03),
    "telemetry": WARD,
    "med_surg": WARD,
    "ed": Rhythm(ED_DAY, ED_WEEK, drift=0.05, memory=0.85, pace=9),
    "peds": Rhythm(WARD_DAY, drift=0.06),
    "obstetrics": Rhythm(week=WARD_WEEK, drift=0.10, memory=0.95),
    "psych": SLOW,
    "rehab": SLOW,
    "perioperative": Rhythm(SURGERY_DAY, SURGERY_WEEK, drift=0.05, memory=0.7, pace=12),
    "observation": Rhythm(OBSERVATION_DAY, drift=0.07, memory=0.95, pace=4),
}


def readings(
    facilities: Sequence[Facility], units: Sequence[Unit], seed: int, last: datetime
) -> Iterator[Reading]:
    """Every count of every unit, hour by hour, for fourteen days up to `last`, a whole hour in UTC."""
    zones = {facility.code: ZoneInfo(facility.zone) for facility in facilities}
    hours = [last - timedelta(hours=back) for back in range(HOURS - 1, -1, -1)]
    main = facilities[0].code
    series = [_unit(unit, zones[unit.facility], hours, Random(_stream(seed, unit)), main) for unit in units]
    for at_one_hour in zip(*series, strict=True):
        for of_one_unit in at_one_hour:
            yield from of_one_unit


def _unit(
    unit: Unit, zone: ZoneInfo, hours: Sequence[datetime], rng: Random, main: str
) -> Iterator[list[Reading]]:
    rhythm = RHYTHMS[unit.unit_class]
    pace = max(1, round(rhythm.pace * unit.staffed_beds / 30))
    spread = rhythm.drift * (24 / unit.staffed_beds) ** 0.5
    drift = rng.gauss(0, spread)
    occupied = min(unit.staffed_beds, round(_aim(unit, rhythm, hours[0].astimezone(zone), drift)))
    blocked, staffed = 0, unit.staffed_beds
    filling = hours[-PRESSED_HOURS:] if unit.facility == main and unit.unit_class == PRESSED_CLASS else ()
    for at in hours:
        local = at.astimezone(zone)
        if local.hour in (NIGHT_ENDS, NIGHT_BEGINS):
            staffed = _staffed_beds(unit, local, occupied, rng)
        blocked = _blocked_beds(unit, blocked, occupied, rng)
        drift = rhythm.memory * drift + (1 - rhythm.memory**2) ** 0.5 * rng.gauss(0, spread)
        room = min(unit.physical_beds - blocked, staffed + _overflow(unit))
        aim = max(_aim(unit, rhythm, local, drift), unit.staffed_beds * PRESSED_SHARE if at in filling else 0)
        occupied = min(max(room, occupied), _move(occupied, aim, pace))
        yield [
            Reading(unit.facility, unit.code, metric, at, value)
            for metric, value in zip(METRICS, (staffed, occupied, blocked), strict=True)
        ]


def _aim(unit: Unit, rhythm: Rhythm, local: datetime, drift: float) -> float:
    shape = rhythm.day[local.hour] * rhythm.week[local.weekday()]
    return max(0.0, unit.staffed_beds * (unit.usual_percent / 100 * shape + drift * min(shape, 1)))


def _move(occupied: int, aim: float, pace: int) -> int:
    """Toward the aim, at most `pace` patients; less than most of a patient moves nobody."""
    if abs(aim - occupied) < 0.75:
        return occupied
    return max(0, occupied + max(-pace, min(pace, round(aim - occupied))))


def _overflow(unit: Unit) -> int:
    """Patients over the staffed beds: the emergency department turns nobody away, others take one."""
    return unit.physical_beds if unit.unit_class == "ed" else 1


def _blocked_beds(unit: Unit, blocked: int, occupied: int, rng: Random) -> int:
    """Beds out of use for repair, cleaning or isolation: few, seldom changing, never under a patient."""
    if rng.random() < 0.92:
        wanted = blocked
    else:
        wanted = rng.choice(range(2 if unit.staffed_beds < 24 else 3))
    return min(wanted, unit.physical_beds - occupied)


def _staffed_beds(unit: Unit, local: datetime, occupied: int, rng: Random) -> int:
    """At a change of shift a missing nurse closes empty beds, more often at night and on weekends."""
    harder = local.hour == NIGHT_BEGINS or local.weekday() >= SATURDAY
    missing = rng.random() < (0.25 if harder else 0.10)
    fewer = unit.staffed_beds - unit.patients_per_nurse
    return fewer if missing and fewer >= occupied and unit.staffed_beds >= 20 else unit.staffed_beds


def _stream(seed: int, unit: Unit) -> str:
    """A stream of chance for each unit, so that adding a unit changes no other."""
    return f"{seed}:{unit.facility}:{unit.code}"
