"""How rooms add to the demo system: a `demo.py` with functions marked `@part`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from app.core.db import UnitOfWork
from app.demo.generator import DemoData

Fill = Callable[["Filling"], None]
PARTS: list[Fill] = []


@dataclass
class Filling:
    """One transaction of the filling, and the ids of what is there already.

    `facilities` by code, `units` by facility code and unit code, `people` by employee number.
    """

    uow: UnitOfWork
    data: DemoData
    facilities: dict[str, str] = field(default_factory=dict)
    units: dict[tuple[str, str], str] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)


def part(fill: Fill) -> Fill:
    """Register a filler. Each runs once, in its own transaction, when hospitals and people are there."""
    PARTS.append(fill)
    return fill
