"""Immediate bed availability: what counts, how far a run is, and when it will be done at its pace. Values only.

Source: ASPR, Immediate Bed Availability: 20 % of staffed beds for patients who need them more, within four hours,
with no new space, staff or equipment.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

PERCENT = 20
HOURS = timedelta(hours=4)
PACE_OVER = timedelta(hours=1)
PACE_FROM = timedelta(minutes=10)
"""A pace of less is no pace."""
SOURCE = (
    "ASPR, Immediate Bed Availability: 20 % of staffed beds within 4 hours, no new space, staff or equipment"
)

IDENTIFIED, FREED, CLEANED, STAFFED = "identified", "freed", "cleaned", "staffed"
STEPS = (IDENTIFIED, FREED, CLEANED, STAFFED)
RISKS = (4, 12, 33, 60, 100)
"""The upper limits, in percent, of Kelen's five classes of reverse triage."""
RISK_KINDS = tuple(f"class_{number}" for number in range(1, len(RISKS) + 1))
WAYS = ("discharge", "transfer", "deferred")
KINDS: Mapping[str, tuple[str, ...]] = {
    IDENTIFIED: RISK_KINDS,
    FREED: WAYS,
    CLEANED: ("",),
    STAFFED: ("",),
}
MOST_AT_ONCE = 99


@dataclass(frozen=True)
class Count:
    """One press of a button: `change` more (or fewer) of a step of a unit. `undoes` names the one it takes back."""

    id: str
    unit_id: str
    step: str
    kind: str
    change: int
    at: datetime
    undoes: str = ""


@dataclass(frozen=True)
class Tally:
    """What has been counted of one unit, by step and kind."""

    parts: Mapping[tuple[str, str], int] = field(default_factory=dict)

    def of(self, step: str, kind: str | None = None) -> int:
        if kind is not None:
            return self.parts.get((step, kind), 0)
        return sum(number for (name, _), number in self.parts.items() if name == step)

    @property
    def counted(self) -> int:
        """Beds that are freed and cleaned and staffed. What is short of one of them is no bed for anybody."""
        return min(self.of(FREED), self.of(CLEANED), self.of(STAFFED))

    def with_(self, count: Count) -> Tally:
        key = (count.step, count.kind)
        return Tally({**self.parts, key: self.parts.get(key, 0) + count.change})


@dataclass(frozen=True)
class Quarter:
    """A quarter of the target. `at` None: not reached. A count that was taken back later does not reach it."""

    percent: int
    beds: int
    at: datetime | None
    minutes: int | None


def target(staffed: int, percent: int = PERCENT) -> int:
    """Whole beds, rounded up. 400 staffed beds: 80."""
    return -(-staffed * percent // 100)


def tallies(counts: Iterable[Count]) -> dict[str, Tally]:
    """By unit id; the order in which the counts came makes no difference."""
    sums: dict[str, Counter[tuple[str, str]]] = {}
    for count in counts:
        sums.setdefault(count.unit_id, Counter())[count.step, count.kind] += count.change
    return {unit_id: Tally(dict(found)) for unit_id, found in sums.items()}


def total(found: Mapping[str, Tally]) -> int:
    """Unit by unit: a bed cleaned in one unit makes no bed of one freed in another."""
    return sum(tally.counted for tally in found.values())


def refusal(tally: Tally, count: Count, staffed_beds: int) -> str:
    """Why this cannot be counted; empty when it can."""
    after = tally.with_(count)
    if after.of(count.step, count.kind) < 0:
        return f"only {tally.of(count.step, count.kind)} are counted there"
    if count.step != IDENTIFIED and after.of(count.step) > staffed_beds:
        return f"it had {staffed_beds} staffed beds at the start; beds opened beyond them do not count here"
    return ""


def curve(counts: Iterable[Count]) -> list[tuple[datetime, int]]:
    """At each of these moments so many beds count, as the counts stand now."""
    steps: list[tuple[datetime, int]] = []
    found: dict[str, Tally] = {}
    now_counted = 0
    for count in sorted(counts, key=lambda each: (each.at, each.id)):
        before = found.get(count.unit_id, Tally())
        after = found[count.unit_id] = before.with_(count)
        now_counted += after.counted - before.counted
        if steps and steps[-1][0] == count.at:
            steps[-1] = (count.at, now_counted)
        elif not steps or steps[-1][1] != now_counted:
            steps.append((count.at, now_counted))
    return steps


def counted_at(steps: Sequence[tuple[datetime, int]], at: datetime) -> int:
    return next((number for moment, number in reversed(steps) if moment <= at), 0)


def quarters(steps: Sequence[tuple[datetime, int]], started_at: datetime, wanted: int) -> list[Quarter]:
    """When each quarter of the target was reached for good."""
    found = []
    for percent in (25, 50, 75, 100):
        beds = -(-wanted * percent // 100)
        at: datetime | None = None
        for moment, number in steps:
            at = (at or moment) if number >= beds else None
        minutes = int((at - started_at).total_seconds() // 60) if at else None
        found.append(Quarter(percent, beds, at, minutes))
    return found


def on_the_line(wanted: int, started_at: datetime, deadline_at: datetime, now: datetime) -> int:
    """How many beds would count by now if they came evenly up to the deadline, in whole beds."""
    share = min(1.0, max(0.0, (now - started_at) / (deadline_at - started_at)))
    return int(wanted * share)


def projected(
    steps: Sequence[tuple[datetime, int]], started_at: datetime, wanted: int, now: datetime
) -> datetime | None:
    """When the target is reached at the pace of the last hour; None where nothing was gained in it, or too early."""
    counted = counted_at(steps, now)
    if counted >= wanted:
        return now
    since = max(started_at, now - PACE_OVER)
    gained = counted - (counted_at(steps, since) if since > started_at else 0)
    if gained <= 0 or now - started_at < PACE_FROM:
        return None
    left = (wanted - counted) / gained * (now - since)
    return now + left if left < timedelta(days=30) else None
