"""Numbers that are missing or too old, gathered by unit, so that somebody can go and ask for them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app.facilities.models import Unit
from app.surge.capacity import UnitCapacity, Value
from app.surge.huddle_metrics import EXPECTED
from app.surge.measures import STAFFED
from app.surge.metrics import BEDS, METRICS


@dataclass(frozen=True)
class Wanted:
    """A number to ask for. `last` is None where nobody has ever reported it."""

    label: str
    last: Value | None
    max_age: int


@dataclass(frozen=True)
class Ask:
    unit: Unit
    wanted: tuple[Wanted, ...]

    @property
    def words(self) -> str:
        return ", ".join(each.label.lower() for each in self.wanted)


def to_ask(units: Iterable[UnitCapacity]) -> list[Ask]:
    """The units with something to ask for, those that nobody has counted longest first."""
    found = [Ask(each.unit, wanted) for each in units if (wanted := tuple(_wanted(each)))]
    return sorted(found, key=_longest)


def _wanted(capacity: UnitCapacity) -> Iterable[Wanted]:
    """Beds are always asked for; anything else once it has been reported, and no day's forecast."""
    for slug, metric in METRICS.items():
        last = capacity.values.get(slug)
        if last is None and (slug not in BEDS or slug == STAFFED or capacity.unit.physical_beds == 0):
            continue
        if slug not in EXPECTED and (last is None or not last.fresh):
            yield Wanted(metric.label, last, int(metric.max_age.total_seconds()))


def _longest(ask: Ask) -> tuple[int, float, str]:
    times = [each.last.observed_at.timestamp() for each in ask.wanted if each.last]
    never = len(times) < len(ask.wanted)
    return (0 if never else 1, min(times, default=0.0), ask.unit.name)
