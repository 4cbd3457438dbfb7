"""The incident command positions and the response guides that Muster ships.

Titles, reporting lines and response windows follow the Hospital Incident Command System, 5th edition
(2014). Missions and guides are our own wording. A hospital edits its own copies, never these files.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from app.core.packs import Fields, PackError, read_csv, read_toml

DATA = Path(__file__).parent / "data"
COMMANDER = "incident_commander"

SECTIONS = ("command", "operations", "planning", "logistics", "finance_admin")
LEVELS = (
    "commander",
    "officer",
    "section_chief",
    "branch_director",
    "unit_leader",
    "manager",
    "team_leader",
    "specialist",
)
WINDOWS = ("immediate", "intermediate", "extended", "demobilization")
HAZARD_CLASSES = (
    "human_caused",
    "technological",
    "natural",
    "facility",
    "biological",
    "medical_surge",
    "operational",
)
LONGEST_DUE_MINUTES = 30 * 24 * 60


@dataclass(frozen=True, slots=True)
class Position:
    """A box on the command chart. `reports_to` is None for the incident commander alone."""

    slug: str
    title: str
    section: str
    branch: str | None
    reports_to: str | None
    level: str
    mission: str
    typical_normal_job: str


@dataclass(frozen=True, slots=True)
class GuideObjective:
    """What the response is to achieve; priority 1 comes first."""

    priority: int
    text: str


@dataclass(frozen=True, slots=True)
class GuideTask:
    """One thing the holder of a position does, due so many minutes after declaration."""

    position: str
    window: str
    due_minutes: int
    text: str


@dataclass(frozen=True, slots=True)
class Guide:
    """A response guide for one kind of incident.

    `positions` are opened when the guide is activated and always include every supervisor up to the
    commander. The immediate window ends `immediate_until_minutes` after declaration, the intermediate
    one `intermediate_until_minutes` after it, and the extended one when demobilization is ordered.
    """

    slug: str
    title: str
    hazard_class: str
    usual_notice: str
    description: str
    mission: str
    immediate_until_minutes: int
    intermediate_until_minutes: int
    positions: tuple[str, ...]
    often_combined_with: tuple[str, ...]
    objectives: tuple[GuideObjective, ...]
    tasks: tuple[GuideTask, ...]


@cache
def positions() -> tuple[Position, ...]:
    """Every position, each after the one it reports to. Raises PackError for a broken pack."""
    return read_positions(DATA / "positions.csv")


def position(slug: str) -> Position:
    """The position of that slug. Raises KeyError when there is none."""
    return _positions_by_slug()[slug]


@cache
def guides() -> tuple[Guide, ...]:
    """Every guide, by title. Raises PackError for a broken pack."""
    return read_guides(DATA / "guides", positions())


def guide(slug: str) -> Guide:
    """The guide of that slug. Raises KeyError when there is none."""
    return _guides_by_slug()[slug]


def subordinates(slug: str) -> tuple[Position, ...]:
    """Those who report straight to this position, in chart order. Raises KeyError for no such position."""
    superior = position(slug)
    return tuple(each for each in positions() if each.reports_to == superior.slug)


def chain(slug: str) -> tuple[Position, ...]:
    """The line of command from this position up to the commander, both included."""
    line = [position(slug)]
    while line[-1].reports_to is not None:
        line.append(position(line[-1].reports_to))
    return tuple(line)


def read_positions(path: Path) -> tuple[Position, ...]:
    """Read a position pack: one root, the commander, and every other position after its superior.

    That order makes the chart a tree: no cycle and nobody left hanging.
    """
    columns = ("slug", "title", "section", "branch", "reports_to", "level", "mission", "typical_normal_job")
    found: dict[str, Position] = {}
    for row in read_csv(path, *columns):
        each = _position(row)
        if each.slug in found:
            raise row.error("slug", f"{each.slug!r} stands twice")
        if (each.reports_to is None) != (each.slug == COMMANDER):
            raise row.error("reports_to", f"must be empty for {COMMANDER} and for nobody else")
        if each.reports_to is not None and each.reports_to not in found:
            raise row.error("reports_to", f"{each.reports_to!r} must be a position on an earlier line")
        found[each.slug] = each
    if COMMANDER not in found:
        raise PackError(f"{path.name}: slug: {COMMANDER} is missing")
    return tuple(found.values())


def read_guides(folder: Path, chart: Collection[Position]) -> tuple[Guide, ...]:
    """Read every guide in a folder, and check them against the chart and against each other."""
    paths = sorted(folder.glob("*.toml"))
    slugs = [path.stem for path in paths]
    found = [_guide(read_toml(path), path.stem, {each.slug: each for each in chart}, slugs) for path in paths]
    return tuple(sorted(found, key=lambda each: each.title))


@cache
def _positions_by_slug() -> Mapping[str, Position]:
    return MappingProxyType({each.slug: each for each in positions()})


@cache
def _guides_by_slug() -> Mapping[str, Guide]:
    return MappingProxyType({each.slug: each for each in guides()})


def _position(row: Fields) -> Position:
    return Position(
        slug=row.slug(),
        title=row.text("title"),
        section=row.choice("section", SECTIONS),
        branch=row.optional_text("branch"),
        reports_to=row.optional_text("reports_to"),
        level=row.choice("level", LEVELS),
        mission=row.text("mission"),
        typical_normal_job=row.text("typical_normal_job"),
    )


def _guide(
    table: Fields, file_slug: str, chart: Mapping[str, Position], guide_slugs: Collection[str]
) -> Guide:
    table.only(*Guide.__dataclass_fields__)
    slug = table.slug()
    if slug != file_slug:
        raise table.error("slug", f"{slug!r} must be the name of the file")
    immediate = table.integer("immediate_until_minutes", 1, 24 * 60)
    intermediate = table.integer("intermediate_until_minutes", immediate + 1, 7 * 24 * 60)
    opened = _opened(table, chart)
    latest = {"immediate": immediate, "intermediate": intermediate}
    return Guide(
        slug=slug,
        title=table.text("title"),
        hazard_class=table.choice("hazard_class", HAZARD_CLASSES),
        usual_notice=table.text("usual_notice"),
        description=table.text("description"),
        mission=table.text("mission"),
        immediate_until_minutes=immediate,
        intermediate_until_minutes=intermediate,
        positions=opened,
        often_combined_with=table.texts(
            "often_combined_with", [each for each in guide_slugs if each != slug]
        ),
        objectives=_objectives(table),
        tasks=tuple(_task(each, opened, latest) for each in table.tables("tasks")),
    )


def _opened(table: Fields, chart: Mapping[str, Position]) -> tuple[str, ...]:
    opened = table.texts("positions", chart)
    if COMMANDER not in opened:
        raise table.error("positions", f"must include {COMMANDER}")
    for slug in opened:
        superior = chart[slug].reports_to
        if superior is not None and superior not in opened:
            raise table.error("positions", f"{slug} needs {superior}, to whom it reports")
    return opened


def _objectives(table: Fields) -> tuple[GuideObjective, ...]:
    objectives = []
    for expected, each in enumerate(table.tables("objectives"), start=1):
        each.only(*GuideObjective.__dataclass_fields__)
        priority = each.integer("priority", expected, expected)
        objectives.append(GuideObjective(priority, each.text("text")))
    return tuple(objectives)


def _task(table: Fields, opened: Collection[str], latest: Mapping[str, int]) -> GuideTask:
    """A task, due inside its window. Nobody knows beforehand when demobilization starts: any time will do."""
    table.only(*GuideTask.__dataclass_fields__)
    window = table.choice("window", WINDOWS)
    earliest = {"intermediate": latest["immediate"] + 1, "extended": latest["intermediate"] + 1}.get(
        window, 1
    )
    due = table.integer("due_minutes", earliest, latest.get(window, LONGEST_DUE_MINUTES))
    return GuideTask(table.choice("position", opened), window, due, table.text("text"))
