"""A hospital's capacity as it is looked at in a hurry: what is wrong, then each class with its bar and its line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from app.surge.asking import Ask, to_ask
from app.surge.capacity import ClassCapacity, House, UnitCapacity
from app.surge.definitions import amount, read
from app.surge.models import Firing, Trigger, TriggerState
from app.surge.sparks import Bar, Spark, bar, spark
from app.surge.trends import STEP, Trends
from app.surge.windows import NOW

Flags = Sequence[tuple[datetime, str]]
Limits = Sequence[tuple[float, str]]
Watched = Sequence[tuple[Trigger, TriggerState]]


@dataclass(frozen=True)
class ClassView:
    """`crowded`: units with more patients than they can look after. `lines`: by unit id. `limits`: the dashed
    lines, each with the title of its trigger.
    """

    group: ClassCapacity
    bar: Bar
    spark: Spark
    lines: Mapping[str, Spark]
    limits: Limits
    crowded: tuple[UnitCapacity, ...]
    firings: tuple[Firing, ...]


@dataclass(frozen=True)
class HouseView:
    classes: tuple[ClassView, ...]
    ask: tuple[Ask, ...]
    other_firings: tuple[Firing, ...]

    @property
    def crowded(self) -> list[UnitCapacity]:
        return [unit for each in self.classes for unit in each.crowded]


def view(
    house: House,
    trends: Trends,
    watched: Watched,
    firings: Sequence[tuple[Firing, Trigger]],
    flags: Flags,
    zone: tzinfo,
) -> HouseView:
    """`firings` stand; those of a class that the hospital has not are told apart."""
    classes = tuple(_class(each, trends, watched, firings, flags, zone) for each in house.classes)
    shown = {firing.id for each in classes for firing in each.firings}
    return HouseView(classes, tuple(to_ask(house.units)), tuple(f for f, _ in firings if f.id not in shown))


def line(unit: UnitCapacity, trends: Trends, zone: tzinfo, flags: Flags = ()) -> Spark:
    """Occupied beds of one unit. Limits are of a class, in percent, and are not drawn on it."""
    return spark(
        trends.units.get(unit.unit.id, ()),
        trends.window.begins,
        STEP,
        name=f"Occupied beds of {unit.unit.name} over 14 days",
        zone=zone,
        unit="beds",
        flags=flags,
    )


def limits_of(unit_class: str, watched: Watched) -> Limits:
    """The limits of triggers that can be drawn on a line of occupancy; what is free counts from the top."""
    found = []
    for trigger, _ in watched:
        definition = read(trigger.definition)
        if trigger.unit_class != unit_class or definition.rule.window != NOW:
            continue
        threshold = definition.rule.threshold
        if definition.measure == "free_share":
            threshold = 100 - threshold
        elif definition.measure != "occupancy":
            continue
        found.append((threshold, trigger.title))
    return sorted(found)


def beds_of(group: ClassCapacity) -> Bar:
    """The beds of the units of which it can be told what is free; those of the others are there and not known."""
    told = [unit for unit in group.units if unit.available is not None]
    occupied = sum(unit.occupied or 0 for unit in told)
    available = sum(unit.available or 0 for unit in told)
    blocked = sum(unit.blocked or 0 for unit in told)
    physical = sum(unit.unit.physical_beds for unit in told)
    return bar(
        occupied=occupied,
        available=available,
        blocked=blocked,
        unstaffed=max(0, physical - occupied - available - blocked),
        staffed=occupied + available - sum(unit.room.over for unit in told),
        unknown=sum(unit.unit.physical_beds for unit in group.units if unit.available is None),
    )


def _class(
    group: ClassCapacity,
    trends: Trends,
    watched: Watched,
    firings: Sequence[tuple[Firing, Trigger]],
    flags: Flags,
    zone: tzinfo,
) -> ClassView:
    limits = limits_of(group.unit_class, watched)
    begins = trends.window.begins

    return ClassView(
        group,
        beds_of(group),
        spark(
            trends.classes.get(group.unit_class, ()),
            begins,
            STEP,
            name=f"Occupancy of {group.label} over 14 days",
            zone=zone,
            unit="%",
            limits=[(value, f"{amount(value)} %") for value, _ in limits],
            flags=flags,
        ),
        {unit.unit.id: line(unit, trends, zone) for unit in group.units},
        limits,
        tuple(unit for unit in group.units if unit.room.over),
        tuple(firing for firing, trigger in firings if trigger.unit_class == group.unit_class),
    )
