"""All hospitals that somebody may see, side by side, each with what presses it; the number of queries is the same for
any number of hospitals.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.facilities.counting import Basis, in_words, summable
from app.facilities.models import Facility
from app.facilities.queries import bases
from app.facilities.stream import stream_of
from app.facilities.unit_classes import UNIT_CLASSES
from app.surge import history
from app.surge.capacity import CLASS_WORDS, ClassCapacity, Value, houses
from app.surge.huddle_metrics import WITHOUT
from app.surge.levels import BANDS, state_of
from app.surge.models import (
    Firing,
    Recommendation,
    RecommendationState,
    SurgeBand,
    SurgeLevel,
    Trigger,
)
from app.surge.sparks import Spark, spark
from app.surge.trends import STEP, Points, patients, window

SHORT = {
    "icu": "ICU",
    "stepdown": "SDU",
    "telemetry": "Tele",
    "med_surg": "Med/surg",
    "ed": "ED",
    "peds": "Peds",
    "picu": "PICU",
    "nicu": "NICU",
    "obstetrics": "OB",
    "psych": "Psych",
    "rehab": "Rehab",
    "perioperative": "Recovery",
    "observation": "Obs",
}


@dataclass(frozen=True)
class Firings:
    """What stands at a hospital. `driver`: the S of the firing that asks for most; of those, of the oldest."""

    count: int = 0
    unseen: int = 0
    driver: str = ""
    titles: tuple[str, ...] = ()


@dataclass(frozen=True)
class Row:
    """One hospital. `bands`: the S that are not conventional, the worst band first. `missing`: units in no sum."""

    facility: Facility
    level: SurgeLevel | None
    recommended: Recommendation | None
    bands: Sequence[tuple[str, Sequence[str]]]
    firings: Firings
    classes: Mapping[str, ClassCapacity]
    spark: Spark

    @property
    def rank(self) -> int:
        return self.level.rank if self.level else 0

    @property
    def state(self) -> str:
        return state_of(self.level.colour) if self.level else "normal"

    @property
    def units(self) -> int:
        return sum(len(each.units) for each in self.classes.values())

    @property
    def missing(self) -> list[str]:
        return [name for each in self.classes.values() for name in each.without_room]

    @property
    def oldest(self) -> Value | None:
        found = [each.oldest for each in self.classes.values() if each.oldest]
        return min(found, key=lambda value: value.observed_at, default=None)

    @property
    def fullest(self) -> float:
        """The occupancy of its fullest class; 0 when none is known."""
        return max((each.occupancy or 0.0 for each in self.classes.values()), default=0.0)

    @property
    def pressure(self) -> tuple[int, int, int, float, int]:
        """What is worst comes first: the level in force, what is recommended, what nobody has seen, how full it is;
        and who does not count stands before who is quiet.
        """
        recommended = self.recommended.rank if self.recommended else 0
        return (self.rank, recommended, self.firings.unseen, self.fullest, len(self.missing))


@dataclass(frozen=True)
class Sum:
    """A class over the hospitals that count alike. `without`: those that have such units and are not whole in it."""

    available: int | None
    staffed: int | None
    without: tuple[str, ...]


@dataclass(frozen=True)
class System:
    """`alike`: hospitals that the sums are over; `apart`: the others. `differences`: how they differ, in words."""

    rows: tuple[Row, ...]
    classes: tuple[tuple[str, str], ...]
    sums: Mapping[str, Sum]
    alike: tuple[str, ...]
    apart: tuple[str, ...]
    differences: str


def system(session: Session, hospitals: Sequence[Facility], now: datetime) -> System:
    ids = [each.id for each in hospitals]
    found = houses(session, ids, now)
    inpatient = {
        facility_id: sum(each.unit.unit_class not in WITHOUT for each in house.units)
        for facility_id, house in found.items()
    }
    begins = window(now).begins
    lines, flags = patients(session, inpatient, ids, now), history.levels_set(session, ids, begins)
    levels, bands = _levels(session, ids), _bands(session, ids)
    recommended, firings = _recommended(session, ids), _firings(session, ids)
    rows = [
        Row(
            each,
            levels.get(stream_of(each.id)),
            recommended.get(each.id),
            bands.get(stream_of(each.id), []),
            firings.get(each.id, Firings()),
            (classes := {group.unit_class: group for group in found[each.id].classes}),
            _line(each, lines.get(each.id, ()), classes, flags.get(each.id, []), begins),
        )
        for each in hospitals
    ]
    rows.sort(key=lambda row: row.facility.name)
    rows.sort(key=lambda row: row.pressure, reverse=True)
    present = {name for row in rows for name in row.classes}
    shown = tuple((name, SHORT[name]) for name in UNIT_CLASSES if name in present)
    told = bases(session, hospitals)
    alike = count_alike(told)
    added = [row for row in rows if row.facility.name in alike]
    return System(
        tuple(rows),
        shown,
        {name: _sum(name, added) for name, _ in shown} if len(alike) > 1 else {},
        alike,
        tuple(row.facility.name for row in rows if row.facility.name not in alike),
        in_words(summable(told)),
    )


def count_alike(told: Iterable[Basis]) -> tuple[str, ...]:
    """The largest group of hospitals of which any two may be added; who has not said how it counts is in none."""
    groups: dict[tuple[tuple[str, str], ...], list[Basis]] = defaultdict(list)
    for basis in told:
        groups[tuple(sorted(basis.answers.items()))].append(basis)
    fitting = [group for group in groups.values() if len(group) > 1 and not summable(group)]
    largest = max(fitting, key=lambda group: (len(group), group[0].hospital), default=[])
    return tuple(basis.hospital for basis in largest)


def _levels(session: Session, ids: Sequence[str]) -> dict[str, SurgeLevel]:
    query = sa.select(SurgeLevel).where(SurgeLevel.stream.in_([stream_of(each) for each in ids]))
    return {each.stream: each for each in session.scalars(query)}


def _bands(session: Session, ids: Sequence[str]) -> dict[str, list[tuple[str, list[str]]]]:
    query = sa.select(SurgeBand.stream, SurgeBand.band, SurgeBand.resource).where(
        SurgeBand.stream.in_([stream_of(each) for each in ids])
    )
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for stream, band, resource in session.execute(query):
        found[stream][band].append(resource)
    return {
        stream: [(band, sorted(mine[band])) for band in reversed(BANDS[1:]) if band in mine]
        for stream, mine in found.items()
    }


def _recommended(session: Session, ids: Sequence[str]) -> dict[str, Recommendation]:
    query = sa.select(Recommendation).where(
        Recommendation.facility_id.in_(ids), Recommendation.state == RecommendationState.OPEN
    )
    return {each.facility_id: each for each in session.scalars(query)}


def _firings(session: Session, ids: Sequence[str]) -> dict[str, Firings]:
    query = (
        sa.select(Trigger.facility_id, Firing)
        .join(Firing, Firing.trigger_id == Trigger.id)
        .where(Trigger.facility_id.in_(ids), Firing.cleared_at.is_(None))
        .order_by(Trigger.recommends_rank.desc(), Firing.fired_at)
    )
    found: dict[str, list[Firing]] = defaultdict(list)
    for facility_id, firing in session.execute(query):
        found[facility_id].append(firing)
    return {
        facility_id: Firings(
            len(standing),
            sum(firing.acknowledged_by is None for firing in standing),
            standing[0].resource,
            tuple(firing.title for firing in standing),
        )
        for facility_id, standing in found.items()
    }


def _line(
    facility: Facility,
    points: Points,
    classes: Mapping[str, ClassCapacity],
    flags: Sequence[tuple[datetime, str]],
    begins: datetime,
) -> Spark:
    """Patients in inpatient beds against the beds that have staff now."""
    groups = [each for name, each in classes.items() if name not in WITHOUT]
    staffed = [unit.staffed for each in groups for unit in each.units]
    known = [each for each in staffed if each is not None]
    limits = [(float(sum(known)), str(sum(known)))] if known and len(known) == len(staffed) else []
    return spark(
        points,
        begins,
        STEP,
        name=f"Patients in inpatient beds of {facility.name} over 14 days, with the beds that have staff now",
        zone=ZoneInfo(facility.zone),
        unit="patients",
        limits=limits,
        flags=flags,
        height=72,
    )


def _sum(name: str, rows: Sequence[Row]) -> Sum:
    groups = [(row.facility.name, row.classes[name]) for row in rows if name in row.classes]
    known = [group for _, group in groups if group.available is not None]
    return Sum(
        sum(group.available or 0 for group in known) if known else None,
        sum(group.staffed or 0 for group in known) if known else None,
        tuple(
            f"{hospital} ({len(group.without_room)} of {len(group.units)} units not counted)"
            for hospital, group in groups
            if group.without_room
        ),
    )


def class_words(name: str) -> str:
    return CLASS_WORDS.get(name, name)
