"""Triggers that stand, what the program recommends, and the surge level a person has set."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass
class FiringView:
    """`said`: what it saw when it fired; the limit (`rule`) had been passed since `since`."""

    id: str
    trigger_id: str
    title: str
    unit_class: str
    said: str
    rule: str
    severity: str
    action: str
    version: int
    since: datetime
    fired_at: datetime
    resource: str = "space"
    acknowledged_by: str = ""
    acknowledged_at: datetime | None = None


@dataclass
class ShelvedView:
    """A trigger that a person has put aside for a time."""

    trigger_id: str
    title: str
    until: datetime
    reason: str
    shelved_by: str


@dataclass
class RecommendationView:
    id: str
    rank: int
    label: str
    because: str
    made_at: datetime
    band: str
    drivers: list[str]


@dataclass
class LevelView:
    rank: int
    label: str
    set_at: datetime
    set_by: str
    reason: str
    band: str
    colour: str


@dataclass
class BandView:
    """Where a person has put one of the four S. `assumed`: nobody had named what drives the level."""

    resource: str
    band: str
    set_at: datetime
    set_by: str
    reason: str
    assumed: bool


@dataclass
class Surge:
    """Follows the hospital while the incident is open; in an exercise the level is the exercise's own.
    A closed incident follows nothing more and shows nothing here: replay shows what it was.
    """

    level: LevelView | None = None
    recommendation: RecommendationView | None = None
    firings: dict[str, FiringView] = field(default_factory=dict)
    shelved: dict[str, ShelvedView] = field(default_factory=dict)
    bands: dict[str, BandView] = field(default_factory=dict)
    """By S; one that is not here is conventional, as on any day."""
