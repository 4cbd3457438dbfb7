"""Conventional, contingency or crisis, for each of the four S: where each is, what asks for more, which way is open.

Pure. Triggers ask, people decide: nothing here moves a band but `rise`, `lower` and `put`, each the decision of a
person. The level belongs to the worst band of the four S; those at it drive it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from app.core.errors import Conflict, Invalid
from app.surge.levels import BANDS, CONTINGENCY, CONVENTIONAL, CRISIS, Ladder, Level, graver, worst

RESOURCES = ("staff", "stuff", "space", "systems")
ASSUMED = "space"
"""What drives a level when nobody names it and no trigger says so."""
QUIET: Mapping[str, str] = MappingProxyType(dict.fromkeys(RESOURCES, CONVENTIONAL))


@dataclass(frozen=True, slots=True)
class Held:
    """What people have decided. `band` is that of the level when it was set, whatever has been edited since."""

    rank: int = 0
    label: str = ""
    band: str = CONVENTIONAL
    bands: Mapping[str, str] = field(default_factory=lambda: QUIET)


@dataclass(frozen=True, slots=True)
class Sign:
    """A trigger that has fired, has not cleared, and speaks for a level. `fresh`: its inputs are known. `aside`: a
    person has put it aside.
    """

    resource: str
    rank: int
    title: str
    fresh: bool = True
    aside: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """`level` None: the level stays. `bands`: those of the S that change. `assumed`: nobody named what drives it."""

    level: Level | None
    bands: Mapping[str, str]
    drivers: tuple[str, ...]
    assumed: bool = False
    despite: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Side:
    """One of the four S. `asks`: the band its triggers speak for. `provisional`: some input is missing or too old,
    so that it may be worse than it looks.
    """

    resource: str
    band: str
    drives: bool
    asks: str
    signs: tuple[Sign, ...]
    stale: tuple[str, ...]
    watched: bool

    @property
    def provisional(self) -> bool:
        return bool(self.stale) or any(not sign.fresh for sign in self.signs)

    @property
    def asks_for_more(self) -> bool:
        return graver(self.asks, self.band)


@dataclass(frozen=True, slots=True)
class Overall:
    band: str
    drivers: tuple[str, ...]
    provisional: bool
    sides: tuple[Side, ...]


def drivers(bands: Mapping[str, str]) -> tuple[str, ...]:
    """The S at the worst band; none while all are as on any day."""
    gravest = worst(bands.values())
    return () if gravest == CONVENTIONAL else tuple(s for s in RESOURCES if bands[s] == gravest)


def overall(
    held: Held,
    signs: Sequence[Sign],
    stale: Mapping[str, Sequence[str]],
    watched: Collection[str],
    ladder: Ladder,
) -> Overall:
    """How the four S stand. `stale`: what is not known of each; `watched`: those that some trigger looks at."""
    driving, asks = drivers(held.bands), asked(signs, ladder)
    sides = tuple(
        Side(
            s,
            held.bands[s],
            s in driving,
            asks[s],
            tuple(sign for sign in signs if sign.resource == s),
            tuple(stale.get(s, ())),
            s in watched,
        )
        for s in RESOURCES
    )
    provisional = any(side.provisional for side in sides)
    return Overall(worst(held.bands.values()), driving, provisional, sides)


def asked(signs: Sequence[Sign], ladder: Ladder) -> dict[str, str]:
    """The band that triggers speak for, by S; what is put aside asks for nothing."""
    return {
        s: worst([ladder[sign.rank].band for sign in signs if sign.resource == s and not sign.aside])
        for s in RESOURCES
    }


def rise(
    held: Held, ladder: Ladder, rank: int, signs: Sequence[Sign], named: Collection[str] = ()
) -> Decision:
    """Up to any higher level. The S that drive it are those that are named, else those whose triggers ask.

    Into crisis goes only one S, and it is named: nothing is carried along, and nothing is assumed.
    """
    level = ladder[rank]
    if graver(held.band, level.band):
        raise Conflict(f"{level.label} is {level.band} now, and the hospital is at {held.band}.")
    if level.band == CRISIS and len(named) != 1:
        raise Invalid.field("resources", "name the one that goes into crisis: staff, stuff, space or systems")
    raised = dict.fromkeys(named, level.band)
    if not named and level.band == CONTINGENCY:
        asks = asked([sign for sign in signs if sign.rank <= rank], ladder)
        raised = {s: CONTINGENCY for s in RESOURCES if graver(asks[s], CONVENTIONAL)}
    assumed = not raised and graver(level.band, held.band)
    if assumed:
        raised = {ASSUMED: level.band}
    changed = {s: band for s, band in raised.items() if graver(band, held.bands[s])}
    return Decision(level, changed, drivers({**held.bands, **changed}), assumed)


def lower(
    held: Held,
    ladder: Ladder,
    rank: int,
    signs: Sequence[Sign],
    stale: Collection[str],
    *,
    restart: bool = False,
) -> Decision:
    """Down by one level: everything known, nothing standing that speaks for more than the level below. What a person
    has put aside does not stand in the way, and is told. Out of crisis only with `restart`.
    """
    level = ladder.below(held.rank)
    if level is None or rank != level.rank:
        below = level.label if level else "none"
        raise Invalid.field("rank", f"goes down one level at a time; next is {below}")
    _need_fresh(stale)
    higher = [sign for sign in signs if sign.rank > rank]
    _need_cleared(higher)
    if held.band == CRISIS and level.band != CRISIS:
        _need_restart(restart)
    changed = {s: level.band for s, band in held.bands.items() if graver(band, level.band)}
    after = drivers({**held.bands, **changed})
    return Decision(level, changed, after, despite=tuple(sign.title for sign in higher))


def put(
    held: Held,
    ladder: Ladder,
    resource: str,
    band: str,
    signs: Sequence[Sign],
    stale: Collection[str],
    *,
    restart: bool = False,
) -> Decision:
    """One S by itself. When it becomes the worst, the level rises to the lowest of that band; `stale` is what is not
    known of this S.
    """
    before = held.bands[resource]
    if band == before:
        raise Conflict(f"{resource.capitalize()} is at {band} already.")
    after = {**held.bands, resource: band}
    if graver(band, before):
        level = ladder.lowest_in(band) if graver(band, held.band) else None
        return Decision(level, {resource: band}, drivers(after))
    if BANDS.index(before) - BANDS.index(band) > 1:
        raise Invalid.field("band", "goes down one band at a time; next is contingency")
    if graver(held.band, worst(after.values())):
        raise Conflict(
            f"{resource.capitalize()} alone holds the level at {held.label}. Take the level down instead."
        )
    _need_fresh(stale)
    higher = [s for s in signs if s.resource == resource and graver(ladder[s.rank].band, band)]
    _need_cleared(higher)
    if before == CRISIS:
        _need_restart(restart)
    return Decision(None, {resource: band}, drivers(after), despite=tuple(sign.title for sign in higher))


def into_crisis(held: Held, decision: Decision) -> bool:
    """Whether a decision takes the hospital, or one S of it, into crisis: that is a step of its own."""
    rises = decision.level is not None and decision.level.rank > held.rank
    enters = rises and decision.level is not None and decision.level.band == CRISIS
    return enters or any(band == CRISIS for band in decision.bands.values())


def require_own_step(name: str, typed: str, *, declares: bool) -> None:
    """Crisis is confirmed by the person's own name, typed, and together with nothing else."""
    if _plain(typed) != _plain(name):
        raise Invalid.field("name", f"type your name as it stands here, {name}, to take this on yourself")
    if declares:
        raise Invalid.field("guide", "crisis is confirmed by itself; declare the incident before or after")


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()


def _need_fresh(stale: Collection[str]) -> None:
    if stale:
        said = ", ".join(stale)
        raise Conflict(f"Going down needs fresh numbers. Not known or too old: {said}. Enter them first.")


def _need_cleared(signs: Sequence[Sign]) -> None:
    standing = [sign.title for sign in signs if not sign.aside]
    if standing:
        raise Conflict(
            f"Not yet: {'; '.join(standing)}. Each clears by itself when its number is back past its own limit."
        )


def _need_restart(confirmed: bool) -> None:
    if not confirmed:
        raise Invalid.field("restart", "confirm that the care put off is staffed to start again")
