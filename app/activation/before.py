"""What there is to know before a call-out is sent: whom it reaches and how, in which words, how soon, for how
much, and what will go wrong. Made by the functions that send it, so that there is no second truth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.activation import budget, chain, texts
from app.activation.actions.reaching import QUESTION_LIFE
from app.activation.candidates import Group, Seat
from app.activation.estimates import (
    Caution,
    Load,
    Way,
    Weight,
    compared,
    cost,
    limits,
    ways,
)
from app.activation.models import ChainPlan, SlotKind
from app.activation.planning import plan, sample_link
from app.activation.queries import source_of
from app.activation.texts import Asking
from app.incidents.models import Incident
from app.messaging import pace
from app.messaging import queries as messaging
from app.messaging.channels import Channel
from app.messaging.segments import Segments, segments
from app.messaging.senders import Sender
from app.messaging.texts import mark, marked
from app.staffing.models import Person
from config.settings import Prices, Settings

NAMED = 12


@dataclass(frozen=True)
class Terms:
    """What the hospital sends with: its senders, their prices, and how many messages a day are too many."""

    public_url: str
    senders: tuple[Sender, ...]
    prices: Prices
    daily_messages: int


def terms(settings: Settings) -> Terms:
    return Terms(settings.public_url, settings.senders, settings.prices, settings.daily_messages)


@dataclass(frozen=True)
class Sample:
    """The words on one channel, as sent but for link and reference; `size` is None for what is no text."""

    channel: Channel
    title: str | None
    body: str
    size: Segments | None


@dataclass(frozen=True)
class Look:
    """One slot to be: its lists, who is left out (the largest group first), and what each is told."""

    seat: Seat
    samples: tuple[Sample, ...]
    left_out: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True)
class Before:
    """A call-out that has not been sent.

    people   asked at once.
    reach    how they are reached: words and people.
    now      what goes out at once.
    later    what goes out to the same people if nobody answers, on each channel.
    most     everything, if everybody on the lists must be asked over every channel.
    cost     of `now`, and at most; None when a price is not known.
    """

    looks: tuple[Look, ...]
    people: int
    reach: tuple[tuple[str, int], ...]
    now: tuple[Way, ...]
    later: tuple[Way, ...]
    most: tuple[Way, ...]
    cost: int | None
    most_cost: int | None
    kinds: tuple[tuple[str, int], ...]
    cautions: tuple[Caution, ...]


@dataclass
class _Loads:
    now: Counter[tuple[Channel, int]] = field(default_factory=Counter)
    later: Counter[tuple[Channel, int]] = field(default_factory=Counter)
    most: Counter[tuple[Channel, int]] = field(default_factory=Counter)


def look(
    session: Session,
    incident: Incident,
    terms: Terms,
    now: datetime,
    *,
    positions: Sequence[str] = (),
    groups: Sequence[Group] = (),
    at_once: int = 1,
    text: str = "",
    within_minutes: int | None = None,
    chain: ChainPlan = ChainPlan.NORMAL,
    hold_over: int | None = None,
) -> Before:
    """Raises Invalid as sending would."""
    seats = plan(session, incident, positions, groups, at_once, now, within_minutes, hold_over)
    source, link = source_of(session, incident), sample_link(terms.public_url)
    extra = texts.checked_extra(source, [seat.title for seat in seats], text, link)
    samples = [_samples(source, seat, link, extra) for seat in seats]
    steps = {p.id: _steps(p, seat, chain) for seat in seats for p in seat.listed}
    loads = _loads(seats, samples, steps)
    able = _able(session, terms.senders, now)
    sent_now, later, most = (_ways(counted, able) for counted in (loads.now, loads.later, loads.most))
    units = sum(way.units for way in sent_now if way.channel is Channel.SMS)
    people = [person for seat in seats for person in seat.first]
    return Before(
        looks=tuple(Look(s, _used(of, s, steps), _grouped(s)) for s, of in zip(seats, samples, strict=True)),
        people=len(people),
        reach=_reach(people, steps),
        now=sent_now,
        later=later,
        most=most,
        cost=_cost(sent_now, terms.prices),
        most_cost=_cost(most, terms.prices),
        kinds=tuple(compared(units)) if units else (),
        cautions=_cautions(session, incident, terms, now, seats, samples, sent_now, later, hold_over),
    )


def _steps(person: Person, seat: Seat, plan_: ChainPlan) -> tuple[chain.Step, ...]:
    tries = chain.INFORMATION if seat.kind is SlotKind.INFORMATION else chain.PLANS[plan_]
    return chain.build(person.contacts, tries)


def _samples(source: texts.Source, seat: Seat, link: str, extra: str) -> dict[Channel, Sample]:
    words = Asking(seat.title, "A", False, extra, seat.kind is SlotKind.INFORMATION)
    body = marked(texts.asking(source, words, key="", link=link), mark(""))
    subject, mail = texts.mail(source, words, link)
    return {
        Channel.SMS: Sample(Channel.SMS, None, body, segments(body)),
        Channel.VOICE: Sample(Channel.VOICE, None, texts.spoken(source, words), None),
        Channel.EMAIL: Sample(Channel.EMAIL, subject, mail, None),
    }


def _used(
    of: dict[Channel, Sample], seat: Seat, steps: dict[str, tuple[chain.Step, ...]]
) -> tuple[Sample, ...]:
    """Only the channels over which somebody on this list can be reached."""
    used = {step.channel for person in seat.listed for step in steps[person.id]}
    return tuple(sample for channel, sample in of.items() if channel in used or not seat.listed)


def _loads(
    seats: Sequence[Seat],
    samples: Sequence[dict[Channel, Sample]],
    steps: dict[str, tuple[chain.Step, ...]],
) -> _Loads:
    loads = _Loads()
    for seat, of in zip(seats, samples, strict=True):
        first = {person.id for person in seat.first}
        for person in seat.listed:
            for step in steps[person.id]:
                if step.after is None:
                    continue  # only after a failure, and then instead of another
                size = of[step.channel].size
                key = (step.channel, size.count if size else 1)
                loads.most[key] += 1
                if person.id in first:
                    (loads.later if step.after else loads.now)[key] += 1
    return loads


def _able(session: Session, senders: Sequence[Sender], now: datetime) -> list[Sender]:
    """The senders that take something now, with what is left of their daily allowance."""
    states = {(state.channel, state.sender): state for state in messaging.senders(session)}
    able = []
    for sender in senders:
        state = states.get((sender.channel, sender.address))
        if state is None:
            able.append(sender)
        elif state.stopped_since is None and not pace.is_spent(state, now):
            used = state.used if state.day == pace.day_of(now) else 0
            cap = None if sender.daily_cap is None else max(sender.daily_cap - used, 0)
            able.append(replace(sender, daily_cap=cap))
    return able


def _ways(counted: Counter[tuple[Channel, int]], senders: Sequence[Sender]) -> tuple[Way, ...]:
    loads = [Load(channel, number, size) for (channel, size), number in counted.items()]
    return tuple(ways(loads, senders))


def _cost(over: Sequence[Way], prices: Prices) -> int | None:
    costs = [cost(way, prices) for way in over]
    return None if None in costs else sum(one for one in costs if one is not None)


def _reach(people: Sequence[Person], steps: dict[str, tuple[chain.Step, ...]]) -> tuple[tuple[str, int], ...]:
    counted = Counter(_by({step.channel for step in steps[person.id]}) for person in people)
    return tuple(counted.most_common())


def _by(channels: set[Channel]) -> str:
    if Channel.SMS in channels:
        return "by text, and by call without an answer" if Channel.VOICE in channels else "by text"
    return "by call only" if Channel.VOICE in channels else "by mail only"


def _grouped(seat: Seat) -> tuple[tuple[str, tuple[str, ...]], ...]:
    found: dict[str, list[str]] = {}
    for left in seat.left_out:
        found.setdefault(left.why, []).append(left.name)
    return tuple((why, tuple(found[why])) for why in sorted(found, key=lambda why: (-len(found[why]), why)))


def _cautions(
    session: Session,
    incident: Incident,
    terms: Terms,
    now: datetime,
    seats: Sequence[Seat],
    samples: Sequence[dict[Channel, Sample]],
    sent_now: Sequence[Way],
    later: Sequence[Way],
    hold_over: int | None,
) -> tuple[Caution, ...]:
    within = min((seat.within_minutes for seat in seats if seat.within_minutes is not None), default=None)
    found = [
        Caution(Weight.ACT, f"A sender takes nothing now: {words}")
        for words in messaging.in_trouble(session, now)
    ]
    found += [*_too_few(seats), *limits(sent_now, life=QUESTION_LIFE, within_minutes=within)]
    found += [c for c in limits(later, life=QUESTION_LIFE) if "No sender" in c.words and c not in found]
    found += _characters(samples)
    found += _too_often(session, incident, terms, now, seats, hold_over)
    return tuple(sorted(found, key=lambda caution: -caution.weight))


def _too_few(seats: Sequence[Seat]) -> list[Caution]:
    found = []
    for seat in seats:
        able, wanted = len(seat.listed), "nobody can be asked" if not seat.listed else ""
        if seat.kind is SlotKind.INFORMATION:
            if not able:
                found.append(Caution(Weight.ACT, f"{seat.title}: nobody can be told."))
        elif able < seat.needed:
            wanted = wanted or f"only {able} can be asked"
            found.append(Caution(Weight.ACT, f"{seat.title}: {wanted}, {seat.needed} needed."))
        elif able and not seat.first:
            words = f"{seat.title}: everybody on the list is asked for something else first."
            found.append(Caution(Weight.WATCH, words))
    return found


def _characters(samples: Sequence[dict[Channel, Sample]]) -> list[Caution]:
    sizes = [of[Channel.SMS].size for of in samples]
    forced = next((size.forced_by for size in sizes if size and size.forced_by), None)
    if forced is None:
        return []
    words = f"The character {forced} is not in the plain alphabet of texts, and makes every text longer."
    return [Caution(Weight.WATCH, words)]


def _too_often(
    session: Session,
    incident: Incident,
    terms: Terms,
    now: datetime,
    seats: Sequence[Seat],
    hold_over: int | None,
) -> list[Caution]:
    """Who is held back stands among those left out; who is not, though written to often, is named here."""
    names = {person.id: person.name for seat in seats for person in seat.listed}
    had = budget.had_lately(session, list(names), now)
    over = sorted((-number, names[who]) for who, number in had.items() if number >= terms.daily_messages)
    if not over:
        return []
    most = f"{terms.daily_messages} or more messages that were not urgent in 24 h"
    named = ", ".join(f"{name} ({-number})" for number, name in over[:NAMED])
    rest = f" and {len(over) - NAMED} more" if len(over) > NAMED else ""
    held = hold_over is None and any(budget.may_wait(seat, incident.exercise) for seat in seats)
    asked = "They are not held back." if held else "This is real, so they are asked all the same."
    return [Caution(Weight.WATCH, f"{len(over)} of them have had {most}: {named}{rest}. {asked}")]


def in_words(weight: Weight) -> str:
    """As the pages' `data-state`."""
    return {Weight.ACT: "act", Weight.WATCH: "watch"}.get(weight, "normal")


def plain_text(text: str) -> str:
    """The text with every character in the plain alphabet: look-alikes put in, what has none left out."""
    return texts.in_gsm("".join(_plainer(char) for char in text))


_ARROWS = {
    "→": "->",
    "←": "<-",
    "↑": "up",
    "↓": "down",
    "≥": ">=",
    "≤": "<=",
    "×": "x",
    "½": "1/2",
    "°": " deg",
}


def _plainer(char: str) -> str:
    return _ARROWS.get(char) or texts.plain(char)


def as_data(before: Before, currency: str) -> dict[str, Any]:
    """For the API."""
    return {
        "people": before.people,
        "reach": [{"words": words, "people": number} for words, number in before.reach],
        "slots": [_slot(one) for one in before.looks],
        "now": [_way(way) for way in before.now],
        "without_answer": [_way(way) for way in before.later],
        "at_most": [_way(way) for way in before.most],
        "cost": before.cost,
        "cost_at_most": before.most_cost,
        "currency": currency,
        "seconds_by_sender": [{"sender": words, "seconds": seconds} for words, seconds in before.kinds],
        "warnings": [{"weight": in_words(c.weight), "words": c.words} for c in before.cautions],
    }


def _slot(one: Look) -> dict[str, Any]:
    seat = one.seat
    return {
        "kind": seat.kind,
        "position": seat.position,
        "title": seat.title,
        "needed": seat.needed,
        "within_minutes": seat.within_minutes,
        "first": [person.name for person in seat.first],
        "listed": [person.name for person in seat.listed],
        "left_out": [{"why": why, "names": list(names)} for why, names in one.left_out],
        "messages": [_sample(sample) for sample in one.samples],
    }


def _sample(sample: Sample) -> dict[str, Any]:
    size = sample.size
    return {
        "channel": sample.channel,
        "title": sample.title,
        "body": sample.body,
        "segments": size.count if size else None,
        "encoding": size.encoding if size else None,
        "forced_by": size.forced_by if size else None,
    }


def _way(way: Way) -> dict[str, Any]:
    return {"channel": way.channel, "messages": way.messages, "units": way.units, "seconds": way.seconds}
