"""What a measure is made of: the beds set up for units, their newest readings, and what came of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from app.surge.windows import Bounds


@dataclass(frozen=True)
class UnitBeds:
    """What is set up for a unit. `staffed` counts until somebody has ever reported staffed beds. `house`: the
    inpatient beds of its whole hospital.
    """

    id: str
    staffed: int
    physical: int
    house: int = 0


@dataclass(frozen=True)
class Fact:
    """The newest reading of something: its value, and whether it may still be believed."""

    value: int
    fresh: bool
    at: datetime | None = None
    source: str = ""


Facts = Callable[[str, str], Fact | None]
"""From unit id and metric."""


@dataclass(frozen=True)
class Parts:
    """`used` of `of`. When it is not complete, inputs are stale: `used` leaves them out and `of` has their most, so
    that the share can only be higher than it looks. `of` None: there is no telling. A score brings its own `bounds`
    and `words`.
    """

    used: int
    of: int | None
    complete: bool
    bounds: Bounds | None = None
    words: str = ""
