"""One bed run as page, API and board show it: everything reckoned from what was frozen and what was counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from app.bedruns import rules
from app.bedruns.rules import Count, Quarter, Tally


@dataclass
class Unit:
    """As it was at the start. `occupied_beds` None: not known then."""

    unit_id: str
    code: str
    name: str
    unit_class: str
    staffed_beds: int
    occupied_beds: int | None
    source: str
    observed_at: datetime


@dataclass
class Run:
    """What journal and tables both say of a run. `state` is open, reached, over or stopped."""

    id: str
    exercise: bool
    reason: str
    percent: int
    staffed_beds: int
    target: int
    started_at: datetime
    started_by: str
    deadline_at: datetime
    state: str = "open"
    ended_at: datetime | None = None
    ended_by: str = ""
    end_reason: str = ""
    units: dict[str, Unit] = field(default_factory=dict)
    counts: dict[str, Count] = field(default_factory=dict)


@dataclass(frozen=True)
class UnitLook:
    """`share`: the run's percent of this unit's own beds, to aim for; the target is of all units together."""

    unit: Unit
    tally: Tally
    share: int

    @property
    def code(self) -> str:
        return self.unit.code

    @property
    def waiting_for(self) -> str:
        """What keeps freed beds from counting."""
        freed = self.tally.of(rules.FREED)
        words = {rules.CLEANED: "to clean", rules.STAFFED: "to staff"}
        short = {step: freed - self.tally.of(step) for step in words}
        return ", ".join(f"{number} {words[step]}" for step, number in short.items() if number > 0)


@dataclass(frozen=True)
class Look:
    """`at` is now, or the end of a run that has ended. `projected` None: no telling from the last hour."""

    run: Run
    at: datetime
    units: Sequence[UnitLook]
    steps: Sequence[tuple[datetime, int]]
    counted: int
    line: int
    projected: datetime | None
    quarters: Sequence[Quarter]

    def of(self, step: str, kind: str | None = None) -> int:
        return sum(each.tally.of(step, kind) for each in self.units)

    @property
    def elapsed(self) -> int:
        """Whole minutes since the start."""
        return int((self.at - self.run.started_at).total_seconds() // 60)

    @property
    def remaining(self) -> int:
        """Whole minutes to the deadline, a begun one counted."""
        return max(0, -int((self.at - self.run.deadline_at).total_seconds() // 60))

    @property
    def reached(self) -> bool:
        return self.counted >= self.run.target

    @property
    def in_time(self) -> bool:
        return self.projected is not None and self.projected <= self.run.deadline_at

    @property
    def early(self) -> bool:
        """Too early to speak of a pace."""
        return self.at - self.run.started_at < rules.PACE_FROM

    @property
    def mark(self) -> str:
        """How a page marks it; words say the same."""
        if self.reached:
            return "done"
        return "normal" if self.run.state == "open" and self.counted >= self.line else "watch"

    @property
    def next_step(self) -> str:
        """Where hands are wanted: the first step that is behind."""
        freed, cleaned = self.of(rules.FREED), self.of(rules.CLEANED)
        if freed < self.run.target:
            return rules.IDENTIFIED if self.of(rules.IDENTIFIED) <= freed else rules.FREED
        return rules.CLEANED if cleaned < self.run.target else rules.STAFFED


def look(run: Run, now: datetime) -> Look:
    at = run.ended_at or now
    found = rules.tallies(run.counts.values())
    steps = rules.curve(run.counts.values())
    return Look(
        run,
        at,
        [
            UnitLook(unit, found.get(unit.unit_id, Tally()), rules.target(unit.staffed_beds, run.percent))
            for unit in sorted(run.units.values(), key=lambda each: (each.name, each.unit_id))
        ],
        steps,
        rules.total(found),
        rules.on_the_line(run.target, run.started_at, run.deadline_at, at),
        rules.projected(steps, run.started_at, run.target, at),
        rules.quarters(steps, run.started_at, run.target),
    )
