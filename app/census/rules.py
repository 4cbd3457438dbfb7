"""Who is in which bed: the events of each visit, folded in the order in which they happened.

Nothing here depends on arrival: the same events in any order, any number of times, fold to the same visits.
Event meanings: HL7 v2.5.1 chapter 3. Where the standard leaves a choice:

* A04 (register) takes a bed only when it names one; without it the patient waits and is counted apart.
* A08 to A10 (update, tracking) never move anybody: a temporary place is no bed.
* A11 takes back the admission: a visit that was registered before is registered again (3.3.11: the admission
  was an error, or was decided against after all); any other never happened.
* A12 and A13 go to PV1-3, which is the place before; without it, to where the visit was.
* A21 (leave) keeps the bed for the patient, and counts nobody in it.
* A merge leaves one visit: the surviving one, which takes the place of the other when it has none.

Two kinds are our own, made when a person accepts what the hospital's census list says: R01, the list has the
patient at PV1-3; R03, it has not. They happen when the list was taken. A message that proves the patient was
still there afterwards takes an R03 back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby

from app.census.visits import (
    ENDED,
    PRESENT,
    Base,
    Done,
    Effect,
    Event,
    Result,
    State,
    Visit,
    same_place,
)


@dataclass(frozen=True, slots=True)
class Census:
    """`results` is by the event's `ident`, `survivors` by the visit that was merged into another."""

    visits: dict[str, Visit]
    results: dict[str, Result]
    survivors: dict[str, str]

    def survivor(self, key: str) -> str:
        return _survivor(self.survivors, key)


Step = tuple[Visit, Result]
Rule = Callable[[Visit, Event], Step]

LISTED, NOT_LISTED = "R01", "R03"
CORRECTIONS = frozenset({LISTED, NOT_LISTED})
_SAME = Result(Effect.REPEATED)
_FORGOTTEN = Result(Effect.UNMATCHED, "the visit ended long ago; its messages are no longer kept")
_ENDED = Result(Effect.UNMATCHED, "the visit has ended")

# Several events within one second happen in this order: first in, then moved, then out, then taken back.
_RANK = {"A05": 0, "A04": 1, "A01": 2, "A06": 3, "A07": 3, "A03": 7, "A11": 8, "A12": 8, "A13": 8}


def in_order(event: Event) -> tuple[datetime, datetime, int, str]:
    """Event time, time sent, sense, content: a total order that owes nothing to arrival."""
    return event.at, event.sent_at, _RANK.get(event.kind, 5), event.ident


def fold(events: Iterable[Event], bases: Mapping[str, Base] | None = None) -> Census:
    """The visits that these events make. Bring all events of a visit, and of those it was merged with; `bases`
    stand for events that are no longer kept."""
    bases = bases or {}
    visits = {key: base.visit for key, base in bases.items()}
    results: dict[str, Result] = {}
    survivors: dict[str, str] = {}
    for ident, same in groupby(sorted(events, key=in_order), key=lambda e: e.ident):
        event = next(same)
        base = bases.get(event.visit)
        if base is not None and (event.at <= base.until or base.visit.state is State.MERGED):
            results[ident] = _FORGOTTEN
            continue
        key = _survivor(survivors, event.visit)
        visit = visits.get(key) or Visit(key)
        result = Result(Effect.NONE)
        if event.absorbs:
            other = _survivor(survivors, event.absorbs)
            if other != key:
                visit, result = _absorb(visit, visits.get(other) or Visit(other), results)
                visits[other] = Visit(other, State.MERGED)
                survivors[other] = key
        rule = _RULES.get(event.kind)
        if rule is not None:
            visit, result = rule(_still_there(visit, event, results), event)
        undone = _undone(visits.get(key), visit) if result.effect is Effect.CANCELLED else ()
        results.update((done.event.ident, Result(Effect.UNDONE)) for done in undone)
        visits[key] = visit
        results[ident] = result
    return Census(visits, results, survivors)


def _survivor(survivors: dict[str, str], key: str) -> str:
    while key in survivors:
        key = survivors[key]
    return key


def _undone(before: Visit | None, after: Visit) -> tuple[Done, ...]:
    kept = {done.event.ident for done in after.done}
    return tuple(done for done in before.done if done.event.ident not in kept) if before else ()


def _still_there(visit: Visit, event: Event, results: dict[str, Result]) -> Visit:
    """The visit as it was before a list ended it, when the hospital's own message now goes on with it."""
    last = visit.done[-1] if visit.done and visit.state is State.DISCHARGED else None
    if last is None or last.event.kind != NOT_LISTED or event.kind not in _GO_ON:
        return visit
    results[last.event.ident] = Result(Effect.UNDONE)
    return replace(last.before, key=visit.key, done=visit.done[:-1])


def _absorb(visit: Visit, other: Visit, results: dict[str, Result]) -> Step:
    if other.state is State.UNKNOWN:
        return visit, Result(Effect.NONE)
    if visit.state in PRESENT or other.state not in PRESENT:
        # One patient came once: the other visit's coming and moving counts no longer.
        results.update((done.event.ident, Result(Effect.UNDONE)) for done in other.done)
        return visit, Result(Effect.MERGED)
    return replace(other, key=visit.key), Result(Effect.MERGED)


def _after(visit: Visit, event: Event, effect: Effect, **changes: object) -> Step:
    """The visit changed, remembering how it was."""
    done = (*visit.done, Done(event, replace(visit, done=())))
    return replace(visit, done=done, **changes), Result(effect)  # type: ignore[arg-type]


def _admit(visit: Visit, event: Event) -> Step:
    place = event.place or visit.place
    patient_class = event.patient_class or visit.patient_class
    if visit.state in (State.IN_HOUSE, State.ON_LEAVE) and visit.admitted_at is not None:
        return replace(visit, state=State.IN_HOUSE, place=place, patient_class=patient_class), _SAME
    if visit.state in ENDED:
        place = event.place
    return _after(
        visit,
        event,
        Effect.ADMITTED,
        state=State.IN_HOUSE,
        place=place,
        patient_class=patient_class,
        admitted_at=event.at,
        ended_at=None,
    )


def _register(visit: Visit, event: Event) -> Step:
    bed = event.place if event.place and event.place.bed else None
    if visit.state in (State.IN_HOUSE, State.ON_LEAVE):
        return visit, _SAME
    if visit.state is State.REGISTERED and bed is None:
        return visit, _SAME
    return _after(
        visit,
        event,
        Effect.REGISTERED,
        state=State.IN_HOUSE if bed else State.REGISTERED,
        place=bed,
        patient_class=event.patient_class or visit.patient_class,
        admitted_at=None,
        ended_at=None,
    )


def _expect(visit: Visit, event: Event) -> Step:
    if visit.state is not State.UNKNOWN:
        return visit, Result(Effect.NONE)
    return _after(visit, event, Effect.EXPECTED, state=State.EXPECTED, patient_class=event.patient_class)


def _transfer(visit: Visit, event: Event) -> Step:
    if visit.state in ENDED:
        return visit, _ENDED
    if event.place is None:
        return visit, Result(Effect.UNMATCHED, "PV1-3 names no place to move to")
    patient_class = event.patient_class or visit.patient_class
    return _after(
        visit, event, Effect.MOVED, state=State.IN_HOUSE, place=event.place, patient_class=patient_class
    )


def _discharge(visit: Visit, event: Event) -> Step:
    if visit.state is State.DISCHARGED:
        return visit, _SAME
    if visit.state in (State.CANCELLED, State.EXPECTED):
        return visit, Result(Effect.UNMATCHED, "the visit was not in the house")
    effect = Effect.DISCHARGED if visit.inpatient else Effect.LEFT
    gone, result = _after(visit, event, effect, state=State.DISCHARGED, ended_at=event.at)
    if visit.state is State.UNKNOWN:
        result = Result(Effect.UNMATCHED, "no admission of this visit has been seen")
    return gone, result


def _to_inpatient(visit: Visit, event: Event) -> Step:
    if visit.state in ENDED:
        return visit, _ENDED
    if visit.admitted_at is None:
        return _admit(visit, event)
    return _reclassify(visit, event)


def _reclassify(visit: Visit, event: Event) -> Step:
    if visit.state in ENDED:
        return visit, _ENDED
    bed = event.place if event.place and event.place.bed else None
    state = visit.state if visit.state in PRESENT else State.REGISTERED
    changed = replace(
        visit,
        state=State.IN_HOUSE if bed else state,
        place=bed or visit.place,
        patient_class=event.patient_class or visit.patient_class,
    )
    return changed, Result(Effect.RECLASSIFIED)


def _leave(visit: Visit, event: Event) -> Step:
    if visit.state in ENDED:
        return visit, _ENDED
    if visit.state is State.ON_LEAVE:
        return visit, _SAME
    return _after(visit, event, Effect.ON_LEAVE, state=State.ON_LEAVE, place=visit.place or event.place)


def _come_back(visit: Visit, event: Event) -> Step:
    if visit.state in ENDED:
        return visit, _ENDED
    if visit.state is State.IN_HOUSE:
        return visit, _SAME
    return _after(visit, event, Effect.RETURNED, state=State.IN_HOUSE, place=event.place or visit.place)


def _listed(visit: Visit, event: Event) -> Step:
    here, there = visit.place, event.place
    if there is None:
        return visit, Result(Effect.UNMATCHED, "the list names no place")
    if visit.state is State.IN_HOUSE and here is not None and same_place(here, there):
        return visit, _SAME
    patient_class = visit.patient_class or event.patient_class
    return _after(
        visit,
        event,
        Effect.CORRECTED,
        state=State.IN_HOUSE,
        place=there,
        patient_class=patient_class,
        ended_at=None,
    )


def _not_listed(visit: Visit, event: Event) -> Step:
    if visit.state not in PRESENT:
        return visit, _SAME
    return _after(visit, event, Effect.CORRECTED, state=State.DISCHARGED, ended_at=event.at)


def _cancel(kinds: tuple[str, ...], states: tuple[State, ...], *, whole: bool) -> Rule:
    """Takes back the last of `kinds`; `whole`: with all that came after it, else only its change of place and
    state. Without such an event, or in another state, it matches nothing and says so."""
    wanted = " or ".join(kind for kind in kinds if kind not in CORRECTIONS)

    def rule(visit: Visit, event: Event) -> Step:
        index = next((i for i in reversed(range(len(visit.done))) if visit.done[i].event.kind in kinds), None)
        if index is None:
            return visit, Result(Effect.UNMATCHED, f"no {wanted} of this visit to cancel")
        if visit.state not in states:
            return visit, Result(Effect.UNMATCHED, f"the visit is {visit.state.value.replace('_', ' ')}")
        before, earlier = visit.done[index].before, visit.done[:index]
        if whole:
            back = replace(before, key=visit.key, done=earlier)
            if before.state is State.UNKNOWN:
                back = replace(back, state=State.CANCELLED, ended_at=event.at)
            return back, Result(Effect.CANCELLED)
        place = event.place or (event.prior if event.kind == "A13" else None) or before.place
        state = State.IN_HOUSE if before.state is State.UNKNOWN else before.state
        back = replace(
            visit, state=state, place=place, ended_at=before.ended_at, done=earlier + visit.done[index + 1 :]
        )
        return back, Result(Effect.CANCELLED)

    return rule


_HERE = (State.IN_HOUSE,)
_RULES: dict[str, Rule] = {
    "A01": _admit,
    "A02": _transfer,
    "A03": _discharge,
    "A04": _register,
    "A05": _expect,
    "A06": _to_inpatient,
    "A07": _reclassify,
    "A11": _cancel(("A01", "A04", "A06"), PRESENT, whole=True),
    "A12": _cancel(("A02",), _HERE, whole=False),
    "A13": _cancel(("A03", NOT_LISTED), (State.DISCHARGED,), whole=False),
    "A17": _transfer,
    "A21": _leave,
    "A22": _come_back,
    "A38": _cancel(("A05",), (State.EXPECTED,), whole=True),
    "A52": _cancel(("A21",), (State.ON_LEAVE,), whole=False),
    "A53": _cancel(("A22",), _HERE, whole=False),
    LISTED: _listed,
    NOT_LISTED: _not_listed,
}
_GO_ON = frozenset({"A02", "A03", "A06", "A07", "A11", "A12", "A17", "A21", "A22"})
# Merges of patients, accounts and visits: they end the visit that MRG names, when it names one.
MERGES = frozenset(f"A{n}" for n in (18, 30, 34, 35, 36, 39, 40, 41, 42, 45, 46, 47, 48, 49, 50, 51)) | {
    "A06",
    "A07",
}
VISIT_EVENTS = frozenset(_RULES) - CORRECTIONS
BED_EVENTS = frozenset({"A20"})
# Understood, and of no consequence for who is in which bed: updates, tracking, plans, people, links.
OTHERS = frozenset(
    f"A{n:02}"
    for n in (8, 9, 10, 14, 15, 16, 24, 25, 26, 27, 28, 29, 31, 32, 33, 37, 43, 44, 54, 55, 60, 61, 62)
)
KNOWN_EVENTS = VISIT_EVENTS | BED_EVENTS | MERGES | OTHERS
