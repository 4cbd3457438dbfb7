"""What a hospital's scores are now, what each was made of, and how NEDOCS went."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.facilities.models import Unit
from app.scores.catalogue import CALCULATORS
from app.scores.nursing import nurses_for
from app.scores.score import Calculator
from app.surge.capacity import UnitCapacity
from app.surge.facts import Fact, Facts
from app.surge.measures import EMERGENCY, MEASURES
from app.surge.metrics import METRICS, fresh
from app.surge.models import LatestReading
from app.surge.occupancy import parts_at
from app.surge.queries import unit_beds
from app.surge.recorded import readings_between
from app.surge.scoring import Live, Made, live
from app.surge.windows import Bounds

SHOWN = ("nedocs", "cedocs", "edwin", "readi", "boarding_hours", "icmed")
TREND_HOURS = 48
_GRAVE = {"Overcrowded", "Severely overcrowded", "Dangerously overcrowded", "Crowded"}
_WATCH = {"Extremely busy but not overcrowded", "Busy", "Look at the ratios"}


@dataclass(frozen=True)
class Given:
    """An input as it is shown."""

    label: str
    definition: str
    value: float | None
    unit: str
    made: Made


@dataclass(frozen=True)
class Shown:
    calculator: Calculator
    live: Live
    inputs: tuple[Given, ...]

    @property
    def state(self) -> str:
        band = self.live.score.band
        if self.live.score.score is None:
            return "missing"
        return "act" if band in _GRAVE else "watch" if band in _WATCH else "normal"

    @property
    def oldest(self) -> datetime | None:
        """A score is as old as its oldest part, what is counted once a year left aside."""
        ages = [
            each.made.at
            for each in self.inputs
            if each.made.at and each.made.origin.metric != "ed_visits_year"
        ]
        return min(ages, default=None)

    @property
    def lacking(self) -> list[str]:
        return [each.label for each in self.inputs if each.value is None]


@dataclass(frozen=True)
class Need:
    """Nurses that the patients of one unit ask for. None: its patients are not known."""

    unit: UnitCapacity
    ratio: int
    nurses: int | None


def scores_of(session: Session, facility_id: str, now: datetime) -> dict[str, Shown]:
    """By name."""
    units = unit_beds(session, [facility_id]).get(facility_id, {}).get(EMERGENCY, [])
    facts = facts_of(session, facility_id, now)
    return {name: _shown(name, live(name, units, facts)) for name in SHOWN}


def ed_occupancy(session: Session, facility_id: str, now: datetime) -> tuple[Bounds, str]:
    """From fresh numbers alone, and in words."""
    units = unit_beds(session, [facility_id]).get(facility_id, {}).get(EMERGENCY, [])
    measure = MEASURES["ed_occupancy"]
    parts = measure.parts(units, facts_of(session, facility_id, now))
    return measure.bounds(parts), measure.said(parts)


def facts_of(session: Session, facility_id: str, now: datetime) -> Facts:
    """The newest readings of the emergency department, with their ages and sources."""
    query = sa.select(LatestReading).join(Unit)
    query = query.where(Unit.facility_id == facility_id, Unit.unit_class == EMERGENCY)
    known = {
        (each.unit_id, each.metric): Fact(
            each.value, fresh(each.metric, each.observed_at, now), each.observed_at, each.source
        )
        for each in session.scalars(query)
    }
    return lambda unit_id, metric: known.get((unit_id, metric))


def trend(session: Session, facility_id: str, now: datetime) -> list[float | None]:
    """NEDOCS at each full hour of two days, going on above 200; None where it was not known."""
    units = unit_beds(session, [facility_id]).get(facility_id, {}).get(EMERGENCY, [])
    measure = MEASURES["nedocs"]
    last = now.replace(minute=0, second=0, microsecond=0)
    hours = [last - timedelta(hours=back) for back in range(TREND_HOURS - 1, -1, -1)] + [now]
    begins = hours[0] - max(METRICS[metric].max_age for metric in measure.metrics)
    waiting = readings_between(session, [unit.id for unit in units], measure.metrics, begins, now)
    known, taken, found = {}, 0, []
    for hour in hours:
        while taken < len(waiting) and waiting[taken][1].at <= hour:
            key, reading = waiting[taken]
            known[key] = reading
            taken += 1
        bounds = measure.bounds(parts_at(units, known, hour, measure))
        found.append(bounds.low if bounds.known else None)
    return found


def nurse_need(units: list[UnitCapacity]) -> list[Need]:
    found = []
    for each in units:
        ratio = each.ratio.patients
        if ratio:
            nurses = None if each.occupied is None else nurses_for(each.occupied, ratio)
            found.append(Need(each, ratio, nurses))
    return found


def _shown(name: str, found: Live) -> Shown:
    calculator = CALCULATORS[name]
    by_name = {each.name: each for each in calculator.inputs}
    inputs = []
    for made in found.made:
        wanted = by_name.get(made.origin.input)
        metric = METRICS.get(made.origin.metric)
        label = wanted.label if wanted else metric.label if metric else ""
        definition = metric.definition if metric else "Licensed beds set up for the inpatient units."
        unit = wanted.unit if wanted else metric.unit if metric else ""
        inputs.append(Given(label, definition, made.value, unit, made))
    return Shown(calculator, found, tuple(inputs))


def to_calculator(shown: Shown) -> dict[str, str]:
    """The numbers as the calculator's own page takes them, to try others."""
    return {
        each.made.origin.input: f"{each.value:g}"
        for each in shown.inputs
        if each.value is not None and each.made.origin.input in {i.name for i in shown.calculator.inputs}
    }
