"""A look only when something is due sees what a look every minute sees, at the same moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from app.surge.actions.firing import Look, _Looker
from app.surge.definitions import Definition, write
from app.surge.facts import UnitBeds
from app.surge.occupancy import Key, Known
from app.surge.triggers import Rule, State, Status

T0 = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
BEDS = {"icu": [UnitBeds("a", 10, 12)], "ed": [UnitBeds("e", 20, 20, 100)]}
LENGTH = 150
RULES = st.builds(
    Rule,
    comparison=st.sampled_from(["above", "below"]),
    threshold=st.sampled_from([50.0, 80.0]),
    on_delay=st.sampled_from([0, 7, 30]),
    off_delay=st.sampled_from([0, 11, 40]),
    deadband=st.sampled_from([0.0, 10.0]),
    min_hold=st.sampled_from([0, 60]),
    stale_after=st.sampled_from([None, 25, 60]),
    window=st.sampled_from(["now", "mean"]),
    window_minutes=st.just(30),
)
ARRIVALS = st.lists(
    st.tuples(st.integers(0, 90), st.sampled_from(["a", "e"]), st.integers(0, 14)), min_size=1, max_size=12
)


class Hospital:
    """Two triggers, and what is known; `due_at` as the action keeps it."""

    def __init__(self, rule: Rule) -> None:
        self.known: dict[Key, Known] = {}
        self.due_at: datetime | None = None
        self.told: list[tuple[str, str, datetime]] = []
        fields = {**vars(State()), "memory": "[]", "shown": Status.UNKNOWN, "provisional": False}
        self.triggers = [
            SimpleNamespace(
                id=place,
                unit_class=place,
                definition=write(Definition("x", "occupancy", place, rule)),
                **fields,
            )
            for place in ("icu",)
        ]
        crowded = write(Definition("y", "ed_boarding", "ed", Rule("above", 8, 15, 15, stale_after=40)))
        self.triggers.append(SimpleNamespace(id="ed", unit_class="ed", definition=crowded, **fields))

    def look(self, now: datetime, arrivals: list[tuple[Key, Known]]) -> None:
        look = Look(dict(self.known), arrivals)
        looker: Any = _Looker(look, BEDS, now)
        for trigger in self.triggers:
            found = looker.look(trigger)
            self.told += [(trigger.id, each.transition.kind, each.transition.at) for each in found]
        for place, state in looker.kept:
            self._set(place, **vars(state) | {"memory": msgspec.json.encode(state.memory).decode()})
        for place, state in looker.kept + looker.shown:
            self._set(place, shown=state.status, provisional=state.provisional)
        due = [each for each in (looker.due_at, self.due_at if looker.left_out else None) if each]
        self.due_at = min(due, default=None)
        self.known = dict(look.after)

    def _set(self, place: str, **values: Any) -> None:
        vars(next(each for each in self.triggers if each.id == place)).update(values)

    @property
    def seen(self) -> list[tuple[Status, bool]]:
        return [(each.shown, each.provisional) for each in self.triggers]


@settings(max_examples=25, deadline=None)
@given(RULES, ARRIVALS)
def test_nothing_is_missed_between(rule: Rule, arrivals: list[tuple[int, str, int]]) -> None:
    often, seldom = Hospital(rule), Hospital(rule)
    looks = 0
    for minute in range(LENGTH):
        now = T0 + timedelta(minutes=minute)
        came: list[tuple[Key, Known]] = [
            ((unit, "occupied_beds" if unit == "a" else "ed_boarding"), Known(value, now))
            for at, unit, value in arrivals
            if at == minute
        ]
        if came:
            often.look(now, came)
            seldom.look(now, came)
        often.look(now, [])
        if seldom.due_at is not None and seldom.due_at <= now:
            looks += 1
            seldom.look(now, [])
        assert seldom.seen == often.seen, minute
    assert seldom.told == often.told
    assert looks <= 40
