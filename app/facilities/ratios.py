"""How many patients one nurse may have: dated sets of ratios, which of them holds for a unit, and waivers.

A set is a data pack (`data/ratios/*.toml`) of one jurisdiction; each of its texts is dated. A hospital chooses
its set. A unit may be stricter than its set, never gentler: that takes a waiver, which a person sets for a class
of units until a day.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from app.core.packs import Fields, PackError, read_toml
from app.facilities.unit_classes import UNIT_CLASSES

DATA = Path(__file__).parent / "data" / "ratios"
MOST_PATIENTS = 50
LAST_DAY = date(9999, 12, 31)


@dataclass(frozen=True)
class RatioSet:
    """One dated text of a set. `kinds` are the regulation's words for our classes of units."""

    set: str
    title: str
    jurisdiction: str
    source: str
    effective_from: date
    effective_to: date
    waived: bool
    patients_per_nurse: Mapping[str, int]
    kinds: Mapping[str, str]

    def in_force(self, day: date) -> bool:
        return self.effective_from <= day <= self.effective_to

    def of(self, unit_class: str) -> int | None:
        kind = self.kinds.get(unit_class)
        return None if kind is None else self.patients_per_nurse[kind]


@dataclass(frozen=True)
class Waiver:
    """For a class of units, until `ends_at`, one nurse may have more patients than the set allows."""

    unit_class: str
    patients_per_nurse: int
    starts_at: datetime
    ends_at: datetime
    set_by: str
    reason: str

    def holds(self, at: datetime) -> bool:
        return self.starts_at <= at < self.ends_at


@dataclass(frozen=True)
class Ratio:
    """`patients` for one nurse, and in words where that comes from; None: no ratio is known."""

    patients: int | None
    words: str
    waived: bool = False


UNKNOWN = Ratio(None, "no ratio is known")


def ratio_for(
    unit_class: str,
    own: int | None,
    chosen: RatioSet | None,
    waivers: Iterable[Waiver],
    now: datetime,
) -> Ratio:
    """The ratio of a unit now. `chosen` is the text in force of its hospital's set, if it has one."""
    legal = None if chosen is None or chosen.waived else chosen.of(unit_class)
    if chosen is None or legal is None:
        return _without_set(own, chosen)
    where = f"{chosen.title}, in force since {chosen.effective_from}"
    if own is not None and own < legal:
        return Ratio(own, f"the unit's own, stricter than the {legal} of {chosen.title}")
    held = [w for w in waivers if w.unit_class == unit_class and w.holds(now)]
    waiver = max(held, key=lambda w: w.patients_per_nurse, default=None)
    if waiver is not None and waiver.patients_per_nurse > legal:
        until = waiver.ends_at.date()
        return Ratio(
            waiver.patients_per_nurse,
            f"waived by {waiver.set_by} until {until} ({waiver.reason}); {chosen.title} says {legal}",
            waived=True,
        )
    return Ratio(legal, where)


def _without_set(own: int | None, chosen: RatioSet | None) -> Ratio:
    why = "no set of ratios is chosen"
    if chosen is not None:
        why = f"{chosen.title} is waived" if chosen.waived else f"{chosen.title} names none for it"
    if own is None:
        return Ratio(None, f"no ratio is known: {why}")
    return Ratio(own, f"the unit's own; {why}")


@cache
def texts() -> tuple[RatioSet, ...]:
    """Every dated text, by set and day. Raises PackError for a broken pack, or two that overlap."""
    return in_order([read_ratios(path) for path in sorted(DATA.glob("*.toml"))])


def in_order(found: Iterable[RatioSet]) -> tuple[RatioSet, ...]:
    """By set and day. Raises PackError where two texts of one set hold on the same day."""
    ordered = sorted(found, key=lambda each: (each.set, each.effective_from))
    for before, after in pairwise(ordered):
        if before.set == after.set and after.effective_from <= before.effective_to:
            raise PackError(f"{after.set}: effective_from: two texts hold on {after.effective_from}")
    return tuple(ordered)


def sets() -> dict[str, RatioSet]:
    """The newest text of each set, by the set's slug."""
    return {each.set: each for each in texts()}


def in_force(chosen: str | None, day: date, among: Sequence[RatioSet] | None = None) -> RatioSet | None:
    """The text of a set that holds on a day."""
    candidates = texts() if among is None else among
    return next((each for each in candidates if each.set == chosen and each.in_force(day)), None)


def read_ratios(path: Path) -> RatioSet:
    """One text. Raises PackError naming file and field."""
    pack = read_toml(path)
    pack.only(
        *("set", "title", "jurisdiction", "source", "effective_from", "effective_to", "waived"),
        *("patients_per_nurse", "unit_classes"),
    )
    waived = pack.values.get("waived")
    if not isinstance(waived, bool):
        raise pack.error("waived", "must be true or false")
    ratios = _table(pack, "patients_per_nurse")
    for kind, ratio in ratios.items():
        if not isinstance(ratio, int) or isinstance(ratio, bool) or not 1 <= ratio <= MOST_PATIENTS:
            raise pack.error(
                f"patients_per_nurse.{kind}", f"must be a whole number from 1 to {MOST_PATIENTS}"
            )
    kinds = _table(pack, "unit_classes")
    for unit_class, kind in kinds.items():
        if unit_class not in UNIT_CLASSES:
            raise pack.error(f"unit_classes.{unit_class}", f"known are {', '.join(UNIT_CLASSES)}")
        if kind not in ratios:
            raise pack.error(f"unit_classes.{unit_class}", f"{kind!r} has no ratio in this pack")
    begins, ends = _day(pack, "effective_from"), _day(pack, "effective_to", LAST_DAY)
    if ends < begins:
        raise pack.error("effective_to", "must not lie before effective_from")
    names = {name: pack.text(name) for name in ("title", "jurisdiction", "source")}
    return RatioSet(
        set=pack.slug("set"),
        effective_from=begins,
        effective_to=ends,
        waived=waived,
        patients_per_nurse=ratios,
        kinds=kinds,
        **names,
    )


def _table(pack: Fields, field: str) -> dict[str, Any]:
    found = pack.values.get(field)
    if not isinstance(found, dict) or not found:
        raise pack.error(field, "must be a table and not empty")
    return dict(found)


def _day(pack: Fields, field: str, default: date | None = None) -> date:
    if default is not None and field not in pack.values:
        return default
    try:
        return date.fromisoformat(pack.text(field))
    except ValueError as problem:
        if isinstance(problem, PackError):
            raise
        raise pack.error(field, "must be a day such as 2008-03-14") from None
