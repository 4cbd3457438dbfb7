"""A hospital's named surge levels: their order, the band each belongs to, the plan each starts; checked, and as JSON.

A level's rank is its name to triggers and never changes; ranks need not be without gaps.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import msgspec

BANDS = CONVENTIONAL, CONTINGENCY, CRISIS = ("conventional", "contingency", "crisis")
BAND_WORDS = {
    CONVENTIONAL: "Conventional: space, staff and supplies as on any day",
    CONTINGENCY: "Contingency: not as on any day, but care of the same worth",
    CRISIS: "Crisis: not the usual standard; the best that can be done for the most",
}
COLOURS = ("grey", "blue", "amber", "orange", "red", "purple")
STATE_OF_COLOUR = {"blue": "watch", "amber": "watch", "orange": "act", "red": "act", "purple": "act"}
"""How a colour is marked on screens, beside its words."""
LONGEST_MINUTES = 14 * 24 * 60
HIGHEST_RANK = 9
MOST_TASKS = 30


@dataclass(frozen=True, slots=True)
class LevelTask:
    """One thing the holder of a position does, due so many minutes after the level is set. `evidence`: what shows
    that it is done, if anything is asked for.
    """

    position: str
    due_minutes: int
    text: str
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Level:
    """A surge level. `rank` orders them from 0, the quietest; `tasks` are its plan."""

    rank: int
    slug: str
    label: str
    meaning: str
    colour: str
    band: str
    tasks: tuple[LevelTask, ...]

    @property
    def state(self) -> str:
        return state_of(self.colour)


@dataclass(frozen=True, slots=True)
class Ladder:
    """The levels of a hospital by rank, and which version of them; 0 is what the program ships."""

    version: int
    levels: tuple[Level, ...]

    def __iter__(self) -> Iterator[Level]:
        return iter(self.levels)

    def __len__(self) -> int:
        return len(self.levels)

    def __contains__(self, rank: object) -> bool:
        return any(each.rank == rank for each in self.levels)

    def __getitem__(self, rank: int) -> Level:
        """The level of this rank; for one that is there no more, the next lower."""
        return next(each for each in reversed(self.levels) if each.rank <= max(rank, 0))

    @property
    def ranks(self) -> list[int]:
        return [each.rank for each in self.levels]

    def below(self, rank: int) -> Level | None:
        return next((each for each in reversed(self.levels) if each.rank < rank), None)

    def above(self, rank: int) -> list[Level]:
        return [each for each in self.levels if each.rank > rank]

    def lowest_in(self, band: str) -> Level:
        return next(each for each in self.levels if each.band == band)


def state_of(colour: str) -> str:
    return STATE_OF_COLOUR.get(colour, "normal")


def graver(band: str, other: str) -> bool:
    return BANDS.index(band) > BANDS.index(other)


def worst(bands: Collection[str]) -> str:
    return max(bands, key=BANDS.index, default=CONVENTIONAL)


def write_levels(levels: Sequence[Level]) -> str:
    return msgspec.json.encode(levels).decode()


@lru_cache(maxsize=1024)
def read_levels(text: str) -> tuple[Level, ...]:
    return msgspec.json.decode(text, type=tuple[Level, ...])


def level_errors(level: Level, positions: Collection[str]) -> dict[str, str]:
    """What is wrong with a level by itself, by field; a task's field is task-N-name."""
    errors: dict[str, str] = {}
    for name, most in (("label", 60), ("meaning", 1000)):
        if not 1 <= len(getattr(level, name).strip()) <= most:
            errors[name] = f"must have 1 to {most} characters"
    if level.colour not in COLOURS:
        errors["colour"] = f"must be one of {', '.join(COLOURS)}"
    if level.band not in BANDS:
        errors["band"] = f"must be one of {', '.join(BANDS)}"
    if not 0 <= level.rank <= HIGHEST_RANK:
        errors["rank"] = f"must be 0 to {HIGHEST_RANK}"
    if len(level.tasks) > MOST_TASKS:
        errors["tasks"] = f"must be at most {MOST_TASKS} action cards"
    for number, task in enumerate(level.tasks):
        errors |= {f"task-{number}-{name}": why for name, why in _task_errors(task, positions).items()}
    return errors


def ladder_errors(levels: Sequence[Level]) -> dict[str, str]:
    """What is wrong with levels together. The bands rise with the ranks, and none is left out: what one of the four S
    is at can always be said by a level.
    """
    ranks = [each.rank for each in levels]
    if len(set(ranks)) < len(ranks):
        return {"rank": "another level stands there already"}
    if 0 not in ranks:
        return {"rank": "the lowest level cannot be removed or moved"}
    labels = [each.label.strip().lower() for each in levels]
    if len(set(labels)) < len(labels):
        return {"label": "another level has this name already"}
    rising = sorted(levels, key=lambda each: each.rank)
    if rising[0].band != CONVENTIONAL:
        return {"band": "the lowest level is conventional"}
    for lower, higher in pairwise(rising):
        if graver(lower.band, higher.band):
            return {"band": f"{lower.label} is {lower.band}; {higher.label} above it cannot be {higher.band}"}
    left_out = [band for band in BANDS if band not in {each.band for each in levels}]
    if left_out:
        return {"band": f"one level at least must be {' and one '.join(left_out)}"}
    return {}


def _task_errors(task: LevelTask, positions: Collection[str]) -> dict[str, str]:
    errors = {}
    if task.position not in positions:
        errors["position"] = "choose one of the positions"
    if not 1 <= task.due_minutes <= LONGEST_MINUTES:
        errors["due_minutes"] = f"must be 1 to {LONGEST_MINUTES} minutes"
    if not 1 <= len(task.text.strip()) <= 500:
        errors["text"] = "must have 1 to 500 characters"
    if len(task.evidence) > 200:
        errors["evidence"] = "must have at most 200 characters"
    return errors
