"""Alarm care: floods, what belongs together, what chatters, what stands. Pure.

An alarm wants an answer from a person; what does not is a line in a log. The limits are those of ISA-18.2 and
EEMUA 191 as commonly cited; how slowly beds flap, and how near in time causes are taken to be one, is our choice.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

SEVERITIES = ("low", "medium", "high", "critical")
CRITICAL, QUIET_SEVERITIES = SEVERITIES[-1], SEVERITIES[:2]


@dataclass(frozen=True)
class Limits:
    """A flood begins when more than `flood_over` alarms have come within `span`, and ends under `flood_under`.
    `together`: how near in time alarms of one place and one S are one. It chatters with `chatter` changes within
    `chatter_in`, and flaps with `flap` within `flap_in`. Up to `manageable` a day people keep up; at `too_many` not.
    """

    flood_over: int = 10
    flood_under: int = 5
    span: timedelta = timedelta(minutes=10)
    together: timedelta = timedelta(hours=4)
    chatter: int = 3
    chatter_in: timedelta = timedelta(minutes=1)
    flap: int = 4
    flap_in: timedelta = timedelta(hours=1)
    standing: timedelta = timedelta(hours=24)
    manageable: int = 150
    too_many: int = 300
    flood_share: float = 1.0
    critical_share: float = 5.0
    quiet_share: float = 80.0


LIMITS = Limits()


@dataclass(frozen=True)
class Alarm:
    """`at`: when it came to be. `raised_at`: when it was put to people, later if its reason was learned late.
    `cause` is the same for all alarms of one trigger or of one thing that waits. `place`: a class of units, a unit
    or nothing; `resource`: which of the four S, or nothing. `answered_at`: somebody sees to it.
    """

    id: str
    at: datetime
    raised_at: datetime
    cause: str
    title: str
    role: str = ""
    severity: str = "medium"
    place: str = ""
    resource: str = ""
    incident: str = ""
    life_safety: bool = False
    answered_at: datetime | None = None
    answered_by: str | None = None
    shelved_at: datetime | None = None
    cleared_at: datetime | None = None


@dataclass(frozen=True)
class Flood:
    """From the alarm that was one too many until so few came that people can follow again. `first`: the alarm that came
    first of those that made it. `peak`: the most within the span; `number`: all of it. `ended_at` None: it lasts.
    """

    began_at: datetime
    ended_at: datetime | None
    first: Alarm
    peak: int
    number: int

    @property
    def first_at(self) -> datetime:
        return came(self.first)


@dataclass(frozen=True)
class Group:
    """What belongs together. `first` came first and stands on top; `also` concerns life, or is graver than what came
    before it, and is shown with it; `folded` lies under it."""

    first: Alarm
    also: tuple[Alarm, ...] = ()
    folded: tuple[Alarm, ...] = ()

    @property
    def all(self) -> tuple[Alarm, ...]:
        return (self.first, *self.also, *self.folded)

    @property
    def unanswered(self) -> int:
        return sum(1 for each in self.all if each.answered_at is None)


@dataclass(frozen=True)
class Restless:
    """A cause that comes and goes: `changes` at most within the time that makes it chatter, or flap."""

    cause: str
    title: str
    kind: str
    changes: int
    alarms: int


CHATTERS, FLAPS = "chatters", "flaps"


def floods(alarms: Iterable[Alarm], now: datetime, limits: Limits = LIMITS) -> tuple[Flood, ...]:
    """Every flood up to `now`. An alarm counts for `span`; just then it counts no more."""
    coming = deque(sorted((a for a in alarms if a.raised_at <= now), key=lambda a: (a.raised_at, a.at, a.id)))
    within: deque[Alarm] = deque()
    found: list[Flood] = []
    flood: _Open | None = None
    while coming or (within and within[0].raised_at + limits.span <= now):
        leaves = within[0].raised_at + limits.span if within else None
        moment = coming[0].raised_at if leaves is None else leaves
        if coming and leaves is not None:
            moment = min(leaves, coming[0].raised_at)
        while within and within[0].raised_at + limits.span <= moment:
            within.popleft()
        new = 0
        while coming and coming[0].raised_at <= moment:
            within.append(coming.popleft())
            new += 1
        if flood is None and len(within) > limits.flood_over:
            flood = _Open(
                moment, min(within, key=lambda a: (came(a), *_order(a)[1:])), len(within), len(within)
            )
        elif flood is not None:
            flood.peak, flood.number = max(flood.peak, len(within)), flood.number + new
            if len(within) < limits.flood_under:
                found.append(Flood(flood.began_at, moment, flood.first, flood.peak, flood.number))
                flood = None
    if flood is not None:
        found.append(Flood(flood.began_at, None, flood.first, flood.peak, flood.number))
    return tuple(found)


@dataclass
class _Open:
    began_at: datetime
    first: Alarm
    peak: int
    number: int


def grouped(alarms: Iterable[Alarm], *, in_flood: bool = False, limits: Limits = LIMITS) -> tuple[Group, ...]:
    """Alarms of one cause, and those of one place and one S near in time, with the first on top. In a flood those of
    one incident and one S are together, however far apart. Whatever concerns life, or is graver, stays in sight.
    """
    piles: list[_Pile] = []
    by_cause: dict[str, _Pile] = {}
    by_kin: dict[tuple[str, ...], _Pile] = {}
    for alarm in sorted(alarms, key=_order):
        kin = (alarm.incident, alarm.resource) if in_flood else (alarm.incident, alarm.place, alarm.resource)
        pile = by_cause.get(alarm.cause) or by_kin.get(kin)
        known = in_flood or alarm.cause in by_cause
        if pile is None or not (known or alarm.at - pile.last_at <= limits.together):
            pile = _Pile(alarm.at)
            piles.append(pile)
        pile.alarms.append(alarm)
        pile.last_at = alarm.at
        by_cause[alarm.cause] = pile
        if any(kin if in_flood else kin[1:]):
            by_kin[kin] = pile
    return tuple(_group(pile.alarms) for pile in piles)


@dataclass
class _Pile:
    last_at: datetime
    alarms: list[Alarm] = field(default_factory=list)


def _group(alarms: Sequence[Alarm]) -> Group:
    first, *others = alarms
    also, folded = [], []
    gravest = weight(first)
    for each in others:
        if each.life_safety or weight(each) > gravest:
            also.append(each)
            gravest = max(gravest, weight(each))
        else:
            folded.append(each)
    return Group(first, tuple(also), tuple(folded))


def weight(alarm: Alarm) -> int:
    """How grave: what concerns life is above all."""
    if alarm.life_safety:
        return len(SEVERITIES)
    return SEVERITIES.index(alarm.severity) if alarm.severity in SEVERITIES else 0


def restless(alarms: Iterable[Alarm], limits: Limits = LIMITS) -> tuple[Restless, ...]:
    """Causes that chatter or flap, the worst first."""
    by_cause: dict[str, list[Alarm]] = {}
    for alarm in alarms:
        by_cause.setdefault(alarm.cause, []).append(alarm)
    found = []
    for cause, mine in by_cause.items():
        changes = sorted(
            moment for each in mine for moment in (each.raised_at, each.cleared_at) if moment is not None
        )
        last = max(mine, key=_order)
        fast, slow = most_within(changes, limits.chatter_in), most_within(changes, limits.flap_in)
        if fast >= limits.chatter:
            found.append(Restless(cause, last.title, CHATTERS, fast, len(mine)))
        elif slow >= limits.flap:
            found.append(Restless(cause, last.title, FLAPS, slow, len(mine)))
    return tuple(sorted(found, key=lambda r: (r.kind != CHATTERS, -r.changes, -r.alarms, r.cause)))


def most_within(moments: Sequence[datetime], span: timedelta) -> int:
    """The most of these moments, in order of time, that lie in any stretch of `span`, its end left out."""
    most, begin = 0, 0
    for number, moment in enumerate(moments):
        while moment - moments[begin] >= span:
            begin += 1
        most = max(most, number - begin + 1)
    return most


def standing(alarms: Iterable[Alarm], now: datetime, limits: Limits = LIMITS) -> tuple[Alarm, ...]:
    """What has stood so long that it tells nobody anything any more, the longest first."""
    old = [a for a in alarms if a.cleared_at is None and now - a.at > limits.standing]
    return tuple(sorted(old, key=_order))


def came(alarm: Alarm) -> datetime:
    """When it came into a flood: what had stood for long when it was learned did not begin it then."""
    return alarm.at if alarm.raised_at - alarm.at <= LIMITS.together else alarm.raised_at


def _order(alarm: Alarm) -> tuple[datetime, datetime, int, str]:
    """Of what came at one moment the gravest first."""
    return alarm.at, alarm.raised_at, -weight(alarm), alarm.id
