"""Whom to ask first, who is not to be asked, and why, in one sentence each.

First come rules, then points. The rules leave people out: leave, hours, rest, a floor that would break, a skill
that has run out, a way that is too long. Those who remain stand in three tiers: free as far as anybody knows; due for a
shift soon, which somebody would have to move; and those of whom no shift is known, who are never taken for free. Only
within a tier do points decide, and they all have one unit, so that they can be argued about: minutes of travel
(`Weights`, dated data). Few points go first.

A position's depth list is the hospital's word: within a tier its order stands, and points play no part. Somebody who is
on duty may take a position, as long as their place keeps its floor; a call for more people leaves out those who are
here already.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from functools import cache
from pathlib import Path

from app.core.packs import read_toml
from app.staffing.availability import Availability, Rules, State, described, hours, over_hours, when
from app.staffing.floors import Floor, broken_by, words

PACK = Path(__file__).parent / "data" / "ranking.toml"
MOST_WHY = 200


class Tier(IntEnum):
    FREE = 0
    DUE_SOON = 1
    UNKNOWN = 2


@dataclass(frozen=True)
class Weights:
    ten_hours: int
    asked: int
    came: int
    on_call: int
    unknown_travel: int


@dataclass(frozen=True)
class Facts:
    """What is known of somebody who could be asked.

    rank           the place in the depth list, for a position.
    qualified_until  when the skill that is wanted runs out; None: it does not, or none is wanted.
    asked, came    call-ins of the last 28 days.
    """

    person_id: str
    name: str
    availability: Availability
    rules: Rules
    travel_minutes: int | None = None
    rank: int | None = None
    qualified_until: datetime | None = None
    asked: int = 0
    came: int = 0


@dataclass(frozen=True)
class Need:
    """What somebody is wanted for. `here_too`: those on duty may take it, as they may a position."""

    now: datetime
    zone: str
    here_too: bool
    within_minutes: int | None = None
    skill: str = ""


@dataclass(frozen=True)
class Placed:
    """Somebody to ask. `parts` are the points by what they are for, in minutes of travel."""

    person_id: str
    tier: Tier
    parts: tuple[tuple[str, int], ...]
    why: str

    @property
    def points(self) -> int:
        return sum(number for _, number in self.parts)


@dataclass(frozen=True)
class Out:
    person_id: str
    why: str


@dataclass(frozen=True)
class Ranking:
    placed: list[Placed]
    out: list[Out]


def rank(
    people: Iterable[Facts],
    need: Need,
    weights: Weights,
    floors: Sequence[Floor] = (),
    taken: Collection[str] = (),
) -> Ranking:
    """Everybody once: placed, the first to ask first, or out with the reason. `taken`: gone from their place."""
    placed: list[tuple[tuple[object, ...], Facts, Placed]] = []
    out: list[tuple[str, Out]] = []
    for each in people:
        if (why := why_out(each, need, floors, taken)) is not None:
            out.append((each.name, Out(each.person_id, why[:MOST_WHY])))
            continue
        tier, parts = _tier(each, need), _parts(each, weights)
        found = Placed(each.person_id, tier, parts, _why(each, need, tier))
        placed.append((_key(each, found), each, found))
    placed.sort(key=lambda each: each[0])
    out.sort(key=lambda each: (each[0], each[1].person_id))
    return Ranking([found for _, _, found in placed], [found for _, found in out])


def choose(
    ordered: Iterable[str], count: int, floors: Sequence[Floor] = (), taken: Collection[str] = ()
) -> list[str]:
    """The first `count` that can go together: two of one place may each be spared, and not both.

    Who is `taken` already, from wherever, can be chosen again: no place loses by it.
    """
    gone, chosen = set(taken), dict[str, None]()
    for person_id in ordered:
        if len(chosen) == count:
            break
        if broken_by(floors, person_id, gone) is None:
            chosen[person_id] = None
            gone.add(person_id)
    return list(chosen)


def why_out(each: Facts, need: Need, floors: Sequence[Floor] = (), taken: Collection[str] = ()) -> str | None:
    """Why this person is not to be asked; None when nothing stands against it."""
    found = each.availability
    state = described(found, need.now, need.zone)
    if found.state is State.ON_LEAVE or (found.state is State.ON_DUTY and not need.here_too):
        return state
    if each.qualified_until is not None and each.qualified_until <= need.now:
        return f"{need.skill} ran out on {when(each.qualified_until, need.now, need.zone)}"
    here = found.state is State.ON_DUTY
    minutes = 0 if here else each.travel_minutes
    if need.within_minutes is not None and minutes is not None and minutes > need.within_minutes:
        return f"cannot be here within {need.within_minutes} minutes: {minutes} min away"
    if (over := over_hours(found, each.rules)) is not None:
        return over
    if found.state is State.RESTING:  # however far away: to be asked is to be woken
        return state
    if here and (floor := broken_by(floors, each.person_id, taken)) is not None:
        return words(floor, floor.skill.replace("_", " "))
    return None


@cache
def shipped() -> tuple[tuple[datetime, Weights], ...]:
    """Each with the moment from which it counts, the oldest first."""
    names = Weights.__dataclass_fields__
    found = []
    for row in read_toml(PACK).tables("weights"):
        row.only("valid_from", *names)
        begins = datetime.fromisoformat(row.text("valid_from")).replace(tzinfo=UTC)
        found.append((begins, Weights(**{name: row.integer(name, 0, 1440) for name in names})))
    return tuple(sorted(found, key=lambda each: each[0]))


def weights_at(now: datetime) -> Weights:
    begun = [weights for begins, weights in shipped() if begins <= now]
    return begun[-1] if begun else shipped()[0][1]


def _key(each: Facts, found: Placed) -> tuple[object, ...]:
    if each.rank is not None:
        return (found.tier, each.rank, 0, each.name, each.person_id)
    return (found.tier, 0, found.points, each.name, each.person_id)


def _tier(each: Facts, need: Need) -> Tier:
    found = each.availability
    if found.state is State.UNKNOWN:
        return Tier.UNKNOWN
    if found.state is State.ON_DUTY:
        return Tier.FREE
    arrives_at = need.now + timedelta(minutes=each.travel_minutes or 0)
    busy_until = arrives_at + each.rules.call_in + each.rules.rest
    return Tier.DUE_SOON if found.next_at is not None and found.next_at < busy_until else Tier.FREE


def _parts(each: Facts, weights: Weights) -> tuple[tuple[str, int], ...]:
    travel = weights.unknown_travel if each.travel_minutes is None else each.travel_minutes
    worked = each.availability.worked // timedelta(minutes=1)
    parts = {
        "travel": 0 if each.availability.state is State.ON_DUTY else travel,
        "hours": worked * weights.ten_hours // 600,
        "called in": each.asked * weights.asked + each.came * weights.came,
        "on call": -weights.on_call if each.availability.state is State.ON_CALL else 0,
    }
    return tuple((name, number) for name, number in parts.items() if number)


def _why(each: Facts, need: Need, tier: Tier) -> str:
    found = each.availability
    words = [f"choice {each.rank}"] if each.rank is not None else []
    words.append(described(found, need.now, need.zone))
    if tier is Tier.UNKNOWN:
        words.append("so after those who are known to be free")
    if tier is Tier.DUE_SOON and found.next_at is not None:
        words.append(f"due at {when(found.next_at, need.now, need.zone)}, so after those who are free")
    if found.state is not State.ON_DUTY:
        minutes = each.travel_minutes
        words.append("travel time not known" if minutes is None else f"{minutes} min away")
    if found.state is not State.UNKNOWN:
        words.append(f"{hours(found.worked)} of {hours(each.rules.week)} h")
    words.append(_called(each))
    return ", ".join(words)[:MOST_WHY]


def _called(each: Facts) -> str:
    if not each.asked:
        return "not called in for 28 days"
    times = {1: "once", 2: "twice"}.get(each.asked, f"{each.asked} times")
    came = "" if each.asked == 1 == each.came else f", came {each.came}"
    return f"called in {times} in 28 days{came}"
