"""What a poll asks, when it asks again, how a reply by text is read, and how complete a poll is. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.surge.metrics import BEDS, EMERGENCY, METRICS, metrics_of

SOURCE = "bed poll"
MINUTES = (5, 240)
CLOSES_AFTER = timedelta(minutes=30)
"""Past its time a poll stands open so much longer for late answers, then it is closed as it is."""

LATE_ANSWERS = timedelta(hours=2)
"""So long after a poll's time its links still take numbers: somebody has counted, and a count is a count."""

MOST_NAMED = 12
_NUMBER = re.compile(r"\d{1,4}")
_SPLIT = re.compile(r"[\s,;:=/]+")


class Whom(StrEnum):
    """UNITS: each unit's contact; MANAGERS: each hospital's bed manager, for all its units."""

    UNITS = "units"
    MANAGERS = "managers"


class AskState(StrEnum):
    """PARTLY: some of the numbers came; the others are missing and stay missing."""

    OPEN = "open"
    PARTLY = "partly"
    ANSWERED = "answered"


@dataclass(frozen=True)
class Preset:
    slug: str
    title: str
    metrics: tuple[str, ...]
    minutes: int
    chase: tuple[int, ...]


PRESETS = (
    Preset("beds", "Beds now", BEDS, 20, (10, 16)),
    Preset("emergency", "Emergency department now", EMERGENCY, 15, (7, 12)),
    Preset("quick", "Occupied beds now", ("occupied_beds",), 10, (5, 8)),
)


def asked_of(unit_class: str, metrics: Iterable[str]) -> tuple[str, ...]:
    """Which of these metrics are asked of a unit of this class, in their order; beds only where there are some."""
    own = metrics_of(unit_class)
    if unit_class == "whole_hospital":
        own = tuple(metric for metric in own if metric not in BEDS)
    return tuple(metric for metric in metrics if metric in own)


def chase_minutes(minutes: int) -> tuple[int, ...]:
    """When a poll of this length is chased, unless somebody says otherwise: at half time, and near the end."""
    return tuple(sorted({minutes // 2, minutes * 4 // 5}))


def next_chase(started_at: datetime, minutes: Sequence[int], now: datetime) -> datetime | None:
    """The first of these minutes that is still to come. What was missed while the engine was silent is one chase,
    not many."""
    moments = (started_at + timedelta(minutes=each) for each in sorted(minutes))
    return next((moment for moment in moments if moment > now), None)


def state_of(asked: Sequence[str], given: Iterable[str]) -> AskState:
    known = set(given)
    if known >= set(asked):
        return AskState.ANSWERED
    return AskState.PARTLY if known else AskState.OPEN


def completeness(states: Mapping[str, AskState], most: int = MOST_NAMED) -> str:
    """`9 of 11 units answered, 2 missing: ICU, 4 West.` Names as given, in their order."""
    answered = sum(state is AskState.ANSWERED for state in states.values())
    words = [f"{answered} of {len(states)} units answered"]
    for state, word in ((AskState.PARTLY, "in part"), (AskState.OPEN, "missing")):
        names = [name for name, each in states.items() if each is state]
        if names:
            more = f" and {len(names) - most} more" if len(names) > most else ""
            words.append(f"{len(names)} {word}: {', '.join(names[:most])}{more}")
    return "; ".join(words) + "."


def can_reply(code: str) -> bool:
    """Whether a unit can be named in a text: a code of digits alone would be taken for an answer to something else."""
    return any(c.isalpha() for c in code) and len(code.split()) == 1


def code_in(text: str, codes: Iterable[str]) -> str | None:
    """The unit that a text with numbers begins with, clear or not."""
    parts = _parts(text)
    known = {code.upper(): code for code in codes if can_reply(code)}
    numbers = any(part[0].isdigit() for part in parts[1:])
    return known.get(parts[0].upper()) if parts and numbers else None


def read_reply(text: str, asked: Mapping[str, int]) -> tuple[str, list[int]] | None:
    """A reply such as `ICU 12 3 0`: the unit's code, and as many whole numbers as are asked of it (`asked`: by code).
    None for whatever else: a number that is guessed is worse than one that is missing."""
    parts, code = _parts(text), code_in(text, asked)
    if code is None or len(parts) != asked[code] + 1:
        return None
    if not all(_NUMBER.fullmatch(part) for part in parts[1:]):
        return None
    return code, [int(part) for part in parts[1:]]


def _parts(text: str) -> list[str]:
    return [part for part in _SPLIT.split(text.strip()) if part]


def labels(metrics: Iterable[str]) -> str:
    return ", ".join(METRICS[metric].label.lower() for metric in metrics)
