"""Beds of one unit that can take a patient now, and what limits them. Never over several units: nurses of one
unit do not cover part of another.

    available = min(physical − blocked, nurses on duty × patients for one nurse) − occupied

While nurses on duty are not known, reported staffed beds stand for what the nurses can look after.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from app.facilities.ratios import Ratio
from app.surge.metrics import CAUSES, METRICS, NURSES, OPENABLE


class Seen(Protocol):
    """The newest reading of something, and whether it may still be believed."""

    @property
    def value(self) -> int: ...

    @property
    def fresh(self) -> bool: ...


@dataclass(frozen=True)
class Available:
    """`beds` None: it cannot be told, `limit` says why. `at_most`: blocked beds are not known, it may be less.
    `over`: patients more than the unit can look after. `inputs`: the readings that it is made of.
    """

    beds: int | None
    limit: str
    made_of: tuple[str, ...] = ()
    at_most: bool = False
    over: int = 0
    inputs: tuple[str, ...] = ()

    @property
    def said(self) -> str:
        if self.beds is None:
            return f"not known: {self.limit}"
        number = f"at most {self.beds}" if self.at_most else str(self.beds)
        over = f"; {self.over} more patients than it can look after" if self.over else ""
        return f"{number}, {self.limit}{over}"


def available(physical: int, usual_staffed: int, ratio: Ratio, seen: Mapping[str, Seen]) -> Available:
    """`seen` by metric. `physical` 0: nobody has set up how many beds stand there, and they limit nothing.
    `usual_staffed` counts until somebody has ever reported staffed beds.
    """
    occupied = _known(seen, "occupied_beds")
    if occupied is None:
        return Available(None, f"{_why_not(seen, 'occupied_beds')}, nobody knows how many beds are taken")
    staff, told_by, lines = _by_staff(usual_staffed, ratio, seen)
    if staff is None:
        return Available(None, "; ".join(lines), tuple(lines))
    blocked = _known(seen, "blocked_beds")
    stand = max(0, physical - (blocked or 0)) if physical else None
    if stand is None:
        lines.append("How many beds stand there is not set up")
    elif blocked is None:
        lines.append(f"{physical} physical beds; {_why_not(seen, 'blocked_beds')}, so it may be less")
    else:
        lines.append(f"{physical} physical beds − {blocked} blocked = {stand}")
    usable, limit = staff[0], f"limited by {staff[1]}"
    if stand is not None and stand <= usable:
        usable = stand
        blocked_too = f" − {blocked} blocked = {stand}" if blocked else ""
        limit = f"limited by beds: {physical} physical{blocked_too}"
    free = usable - occupied
    lines.append(f"{usable} usable − {occupied} occupied = {free}")
    return Available(
        max(0, free),
        limit,
        tuple(lines),
        at_most=blocked is None and bool(physical),
        over=max(0, -free),
        inputs=("occupied_beds", *told_by, *(("blocked_beds",) if blocked is not None and physical else ())),
    )


def _by_staff(
    usual: int, ratio: Ratio, seen: Mapping[str, Seen]
) -> tuple[tuple[int, str] | None, tuple[str, ...], list[str]]:
    """How many patients the staff can look after, with its words; the readings that say so; and the make-up."""
    nurses, staffed = _known(seen, NURSES), _known(seen, "staffed_beds")
    if nurses is not None and ratio.patients is not None:
        product = nurses * ratio.patients
        lines = [f"{nurses} nurses × {ratio.patients} patients = {product} ({ratio.words})"]
        if staffed is not None and staffed != product:
            lines.append(f"{staffed} staffed beds are reported; nurses on duty count before them")
        return (product, f"nurses: {nurses} × {ratio.patients} = {product}"), (NURSES,), lines
    why = ratio.words if nurses is not None else _why_not(seen, NURSES)
    if staffed is not None:
        lines = [f"{staffed} staffed beds as reported: {why}"]
        return (staffed, f"reported staffed beds: {staffed} ({why})"), ("staffed_beds",), lines
    if "staffed_beds" in seen:
        return None, (), [f"{why}, and {_why_not(seen, 'staffed_beds')}"]
    lines = [f"{usual} beds usually staffed, as set up: {why}, and {_why_not(seen, 'staffed_beds')}"]
    return (usual, f"beds usually staffed: {usual}, nothing newer is reported"), (), lines


def causes_said(seen: Mapping[str, Seen]) -> str:
    """The causes of blocked beds in words, of those that are known and not 0."""
    told = [(METRICS[name].label, value) for name in CAUSES if (value := _known(seen, name))]
    return ", ".join(f"{value} {label.removeprefix('Blocked ')}" for label, value in told)


def doubts(seen: Mapping[str, Seen]) -> list[str]:
    """What does not fit together, in words. Causes need not add up to all that are blocked: some are not told."""
    return [said for said in (_causes(seen), _openable(seen)) if said]


def _causes(seen: Mapping[str, Seen]) -> str:
    total, parts = _known(seen, "blocked_beds"), [_known(seen, name) for name in CAUSES]
    told = sum(part for part in parts if part is not None)
    if total is None or told <= total:
        return ""
    return f"the causes add up to {told} blocked beds, but {total} are blocked in all; please check"


def _openable(seen: Mapping[str, Seen]) -> str:
    """What can be opened soon can be opened later too."""
    known = [(hours, beds) for hours, name in OPENABLE.items() if (beds := _known(seen, name)) is not None]
    for (sooner, more), (later, fewer) in pairwise(known):
        if more > fewer:
            return f"{more} beds can be opened in {sooner} h, but only {fewer} in {later} h; please check"
    return ""


def _known(seen: Mapping[str, Seen], metric: str) -> int | None:
    found = seen.get(metric)
    return found.value if found is not None and found.fresh else None


def _why_not(seen: Mapping[str, Seen], metric: str) -> str:
    return f"{METRICS[metric].label.lower()} {'too old' if metric in seen else 'not reported'}"
