"""The surge levels, their plans and the triggers that a new hospital starts with."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import msgspec

from app.core.packs import Fields, PackError, read_toml
from app.facilities.unit_classes import UNIT_CLASSES
from app.incidents import catalogue
from app.surge.definitions import Definition, errors_of
from app.surge.levels import BANDS, COLOURS, LONGEST_MINUTES, Ladder, Level, LevelTask, ladder_errors
from app.surge.measures import WHOLE
from app.surge.triggers import Rule

DATA = Path(__file__).parent / "data"

PLACES = (*UNIT_CLASSES, WHOLE)
"""What a rule can be about: a class of units, or the whole house."""


@dataclass(frozen=True, slots=True)
class Shipped:
    """A rule of a pack, by its slug."""

    slug: str
    definition: Definition


@dataclass(frozen=True, slots=True)
class RulePack:
    """Rules of one origin, dated. `slug` is the name of its file."""

    slug: str
    title: str
    version: str
    reviewed: str
    source: str
    rules: tuple[Shipped, ...]


@cache
def levels() -> Ladder:
    """The levels a hospital starts with, until it edits them. Raises PackError for a broken pack."""
    return Ladder(0, read_levels(DATA / "levels.toml", [each.slug for each in catalogue.positions()]))


@cache
def starting() -> RulePack:
    """What a new hospital starts with. Raises PackError for a broken pack."""
    return read_rules(DATA / "triggers.toml", levels().ranks)


@cache
def examples() -> tuple[RulePack, ...]:
    """Published rules to try and to take over, in the order of their titles."""
    found = [read_rules(path, levels().ranks) for path in (DATA / "rules").glob("*.toml")]
    return tuple(sorted(found, key=lambda pack: pack.title))


def read_levels(path: Path, position_slugs: Collection[str]) -> tuple[Level, ...]:
    """Read levels, whose ranks must be 0, 1, 2 and so on in the order of the file."""
    pack = read_toml(path)
    pack.only("levels")
    found = tuple(_level(table, rank, position_slugs) for rank, table in enumerate(pack.tables("levels")))
    _require_unique(path, found)
    for name, why in ladder_errors(found).items():
        raise pack.error(name, why)
    return found


def read_rules(path: Path, ranks: Collection[int]) -> RulePack:
    """Read a pack of rules, each of which is right by itself and has a slug of its own."""
    pack = read_toml(path)
    pack.only("version", "title", "reviewed", "source", "triggers")
    rules = tuple(_shipped(table, ranks) for table in pack.tables("triggers"))
    _require_unique(path, rules)
    texts = {name: pack.text(name) for name in ("title", "version", "reviewed", "source")}
    return RulePack(path.stem, rules=rules, **texts)


def _level(table: Fields, rank: int, position_slugs: Collection[str]) -> Level:
    table.only(*Level.__dataclass_fields__)
    return Level(
        rank=table.integer("rank", rank, rank),
        slug=table.slug(),
        label=table.text("label"),
        meaning=table.text("meaning"),
        colour=table.choice("colour", COLOURS),
        band=table.choice("band", BANDS),
        tasks=tuple(_task(each, position_slugs) for each in table.tables("tasks")),
    )


def _task(table: Fields, position_slugs: Collection[str]) -> LevelTask:
    table.only(*LevelTask.__dataclass_fields__)
    return LevelTask(
        position=table.choice("position", position_slugs),
        due_minutes=table.integer("due_minutes", 1, LONGEST_MINUTES),
        text=table.text("text"),
        evidence=table.optional_text("evidence") or "",
    )


def _shipped(table: Fields, ranks: Collection[int]) -> Shipped:
    rule_fields, own = set(Rule.__dataclass_fields__), set(Definition.__dataclass_fields__) - {"rule"}
    table.only("slug", *sorted(own | rule_fields))
    given = {name: value for name, value in table.values.items() if name != "slug"}
    rule = {name: given.pop(name) for name in rule_fields & set(given)}
    try:
        definition = msgspec.convert({**given, "rule": rule}, Definition)
    except msgspec.ValidationError as problem:
        raise table.error("rule", str(problem)) from problem
    for name, why in errors_of(definition, PLACES, ranks).items():
        raise table.error(name, why)
    return Shipped(table.slug(), definition)


def _require_unique(path: Path, found: Collection[Level] | Collection[Shipped]) -> None:
    slugs = [each.slug for each in found]
    for slug in slugs:
        if slugs.count(slug) > 1:
            raise PackError(f"{path.name}: slug: {slug!r} stands twice")
