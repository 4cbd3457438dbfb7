"""The surge levels, their plans and the triggers that a new hospital starts with."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from app.core.packs import Fields, PackError, read_toml
from app.facilities.unit_classes import UNIT_CLASSES
from app.incidents import catalogue

DATA = Path(__file__).parent / "data"

COLOURS = ("grey", "blue", "amber", "orange", "red")
METRICS = ("occupancy",)
COMPARISONS = ("at_least", "at_most")
LONGEST_MINUTES = 14 * 24 * 60


@dataclass(frozen=True, slots=True)
class LevelTask:
    """One thing the holder of a position does, due so many minutes after the level is set."""

    position: str
    due_minutes: int
    text: str


@dataclass(frozen=True, slots=True)
class Level:
    """A surge level. `rank` orders them from 0, the quietest; `tasks` are its plan."""

    rank: int
    slug: str
    label: str
    meaning: str
    colour: str
    tasks: tuple[LevelTask, ...]


@dataclass(frozen=True, slots=True)
class Trigger:
    """When a class of units passes a limit long enough, recommend the level of that rank.

    `occupancy` is occupied beds as percent of staffed beds, over all units of the class in one hospital.
    The trigger clears only after `clear_for_minutes` under `clear_percent` (over it, for "at_most").
    """

    slug: str
    title: str
    unit_class: str
    metric: str
    comparison: str
    threshold_percent: int
    for_minutes: int
    clear_percent: int
    clear_for_minutes: int
    recommends_rank: int
    source: str


@cache
def levels() -> tuple[Level, ...]:
    """The levels by rank. Raises PackError for a broken pack."""
    return read_levels(DATA / "levels.toml", [each.slug for each in catalogue.positions()])


@cache
def triggers() -> tuple[Trigger, ...]:
    """The triggers in the order of their file. Raises PackError for a broken pack."""
    return read_triggers(DATA / "triggers.toml", [each.rank for each in levels()])


def read_levels(path: Path, position_slugs: Collection[str]) -> tuple[Level, ...]:
    """Read levels, whose ranks must be 0, 1, 2 and so on in the order of the file."""
    pack = read_toml(path)
    pack.only("levels")
    found = tuple(_level(table, rank, position_slugs) for rank, table in enumerate(pack.tables("levels")))
    _require_unique(path, found)
    return found


def read_triggers(path: Path, ranks: Collection[int]) -> tuple[Trigger, ...]:
    """Read triggers, each of which must recommend one of `ranks` above the lowest."""
    pack = read_toml(path)
    pack.only("triggers")
    found = tuple(_trigger(table, max(ranks)) for table in pack.tables("triggers"))
    _require_unique(path, found)
    return found


def _level(table: Fields, rank: int, position_slugs: Collection[str]) -> Level:
    table.only(*Level.__dataclass_fields__)
    return Level(
        rank=table.integer("rank", rank, rank),
        slug=table.slug(),
        label=table.text("label"),
        meaning=table.text("meaning"),
        colour=table.choice("colour", COLOURS),
        tasks=tuple(_task(each, position_slugs) for each in table.tables("tasks")),
    )


def _task(table: Fields, position_slugs: Collection[str]) -> LevelTask:
    table.only(*LevelTask.__dataclass_fields__)
    return LevelTask(
        position=table.choice("position", position_slugs),
        due_minutes=table.integer("due_minutes", 1, LONGEST_MINUTES),
        text=table.text("text"),
    )


def _trigger(table: Fields, highest_rank: int) -> Trigger:
    table.only(*Trigger.__dataclass_fields__)
    comparison = table.choice("comparison", COMPARISONS)
    threshold = table.integer("threshold_percent", 1, 300)
    lowest, highest = (0, threshold) if comparison == "at_least" else (threshold, 300)
    return Trigger(
        slug=table.slug(),
        title=table.text("title"),
        unit_class=table.choice("unit_class", UNIT_CLASSES),
        metric=table.choice("metric", METRICS),
        comparison=comparison,
        threshold_percent=threshold,
        for_minutes=table.integer("for_minutes", 0, LONGEST_MINUTES),
        clear_percent=table.integer("clear_percent", lowest, highest),
        clear_for_minutes=table.integer("clear_for_minutes", 0, LONGEST_MINUTES),
        recommends_rank=table.integer("recommends_rank", 1, highest_rank),
        source=table.text("source"),
    )


def _require_unique(path: Path, found: Collection[Level] | Collection[Trigger]) -> None:
    slugs = [each.slug for each in found]
    for slug in slugs:
        if slugs.count(slug) > 1:
            raise PackError(f"{path.name}: slug: {slug!r} stands twice")
