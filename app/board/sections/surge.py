"""Triggers that stand, what the program recommends, and the surge level a person has set."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass
class FiringView:
    """`used` of `of` beds when it fired; the limit had been passed since `since`."""

    id: str
    title: str
    unit_class: str
    used: int
    of: int
    threshold_percent: int
    since: datetime
    fired_at: datetime


@dataclass
class RecommendationView:
    id: str
    rank: int
    label: str
    because: str
    made_at: datetime


@dataclass
class LevelView:
    rank: int
    label: str
    set_at: datetime
    set_by: str
    reason: str


@dataclass
class Surge:
    """Follows the hospital while the incident is open; in an exercise the level is the exercise's own.
    A closed incident follows nothing more and shows nothing here: replay shows what it was.
    """

    level: LevelView | None = None
    recommendation: RecommendationView | None = None
    firings: dict[str, FiringView] = field(default_factory=dict)
