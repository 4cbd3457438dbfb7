"""Whom to ask first, who is left out, and the sentence for each."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.activation.ranking import Facts, Need, Weights, choose, rank, shipped, weights_at, why_out
from app.staffing.availability import Availability, Rules, State
from app.staffing.floors import Floor, broken_by

H = timedelta(hours=1)
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # Monday 04:00 in New York
RULES = Rules(60 * H, 16 * H, 10 * H, 10 * H, 12 * H)
WEIGHTS = Weights(ten_hours=10, asked=2, came=15, on_call=60, unknown_travel=60)
GROUP = Need(NOW, "America/New_York", here_too=False, skill="icu_nurse")
POSITION = replace(GROUP, here_too=True, skill="")
OFF = Availability(State.OFF, worked=31 * H)
DUTY = Availability(State.ON_DUTY, NOW + 3 * H, "4 West", worked=30 * H, stretch=9 * H)
FLOOR = Floor("4 West", "rn", 2, frozenset({"Ada", "Ben", "Cleo"}))


def facts(name: str = "Ada", found: Availability = OFF, travel: int | None = 12, **more: Any) -> Facts:
    return Facts(name, name, found, RULES, travel, **more)


OUT = [
    (facts(found=Availability(State.ON_LEAVE, NOW + 99 * H)), GROUP, "on leave until Friday 07:00"),
    (facts(found=DUTY), GROUP, "on duty until 07:00 in 4 West"),
    (facts(found=DUTY), POSITION, None),
    (facts(found=Availability(State.RESTING, NOW + H)), GROUP, "rests until 05:00"),
    (facts(found=Availability(State.OFF, worked=52 * H)), GROUP, "52 h worked in 7 days, and a 12 h shift"),
    (facts(travel=85), replace(GROUP, within_minutes=60), "cannot be here within 60 minutes: 85 min away"),
    (facts(travel=60), replace(GROUP, within_minutes=60), None),
    (facts(travel=None), replace(GROUP, within_minutes=60), None),
    (facts(travel=85, found=DUTY), replace(POSITION, within_minutes=60), None),
    (facts(qualified_until=NOW), GROUP, "qualification as ICU nurse ran out: 04:00"),
    (facts(qualified_until=NOW + H), GROUP, None),
    (facts(found=Availability(State.UNKNOWN)), GROUP, None),
]


@pytest.mark.parametrize(("who", "need", "why"), OUT)
def test_who_is_left_out(who: Facts, need: Need, why: str | None) -> None:
    said = why_out(who, need)
    assert said is None if why is None else said is not None and said.startswith(why)


def test_a_floor_keeps_people_where_they_are() -> None:
    who = facts(found=DUTY)
    assert why_out(who, POSITION, [FLOOR]) is None
    assert why_out(who, POSITION, [FLOOR], {"Ben"}) == "would take 4 West below its floor of 2 (RN)"
    assert why_out(who, POSITION, [FLOOR], {"Ada", "Ben"}) is None  # gone already
    thin = replace(FLOOR, least=4)
    assert why_out(who, POSITION, [thin]) == "4 West is below its floor of 4 (RN) already"


def test_the_sentences() -> None:
    people = [
        facts("Ada", asked=1, came=1),
        facts("Ben", Availability(State.ON_CALL, NOW + 3 * H, "trauma surgery", worked=20 * H), 30),
        facts("Cleo", Availability(State.UNKNOWN), None, asked=2, came=0),
        facts("Dov", Availability(State.OFF, worked=24 * H, next_at=NOW + 3 * H), 5),
    ]
    placed = rank(people, GROUP, WEIGHTS).placed
    assert [each.why for each in placed] == [
        "on call for trauma surgery until 07:00, 30 min away, 20 of 60 h, not called in for 28 days",
        "off duty, 12 min away, 31 of 60 h, called in once in 28 days",
        "off duty, due at 07:00, so after those who are free, 5 min away, 24 of 60 h, not called in for 28 days",
        "availability unknown, so after those who are known to be free, travel time not known, "
        "called in twice in 28 days, came 0",
    ]
    assert dict(placed[1].parts) == {"travel": 12, "hours": 31, "called in": 17}
    assert placed[0].points == 30 + 20 - 60


def test_the_order_of_a_depth_list_stands() -> None:
    people = [
        facts("Ada", travel=80, rank=1),
        facts("Ben", Availability(State.UNKNOWN), 1, rank=2),
        facts("Cleo", DUTY, rank=3),
        facts("Dov", Availability(State.ON_LEAVE, NOW + H), rank=4),
        facts("Edda", travel=2, rank=5),
    ]
    result = rank(people, POSITION, WEIGHTS)
    assert [each.person_id for each in result.placed] == ["Ada", "Cleo", "Edda", "Ben"]
    assert result.placed[0].why.startswith("choice 1, off duty")
    assert result.placed[3].why.startswith("choice 2, availability unknown, so after those")
    assert [(each.person_id, each.why) for each in result.out] == [("Dov", "on leave until 05:00")]


def test_of_a_list_of_whom_nothing_is_known_the_order_stands_too() -> None:
    people = [facts(name, Availability(State.UNKNOWN), 10, rank=at) for at, name in enumerate("CAB", 1)]
    assert [each.person_id for each in rank(people, POSITION, WEIGHTS).placed] == ["C", "A", "B"]


def test_weights_are_dated() -> None:
    assert weights_at(datetime(2020, 1, 1, tzinfo=UTC)) == shipped()[0][1]
    assert weights_at(datetime(2199, 1, 1, tzinfo=UTC)) == shipped()[-1][1]


states = st.one_of(
    st.builds(Availability, st.just(State.OFF), worked=st.integers(0, 70).map(lambda n: n * H)),
    st.builds(
        Availability,
        st.just(State.OFF),
        worked=st.integers(0, 48).map(lambda n: n * H),
        next_at=st.integers(1, 60).map(lambda n: NOW + n * H),
    ),
    st.builds(Availability, st.just(State.UNKNOWN)),
    st.builds(
        Availability,
        st.sampled_from([State.ON_LEAVE, State.RESTING, State.ON_CALL, State.ON_DUTY]),
        st.integers(1, 90).map(lambda n: NOW + n * H),
    ),
)
someone = st.builds(
    Facts,
    st.uuids().map(str),
    st.sampled_from(["Ada", "Ben", "Cleo"]),
    states,
    st.just(RULES),
    st.none() | st.integers(0, 200),
    rank=st.none(),
    qualified_until=st.none() | st.integers(-5, 5).map(lambda n: NOW + n * H),
    asked=st.integers(0, 5),
    came=st.integers(0, 5),
)
needs = st.builds(
    Need,
    st.just(NOW),
    st.just("Asia/Kolkata"),
    st.booleans(),
    st.none() | st.integers(1, 180),
    st.just("icu_nurse"),
)


@given(st.lists(someone, max_size=15), needs, st.randoms())
@settings(max_examples=200, deadline=None)
def test_everybody_is_placed_or_out_and_the_order_they_come_in_does_not_matter(
    people: list[Facts], need: Need, random: Any
) -> None:
    result = rank(people, need, WEIGHTS)
    placed, out = {p.person_id for p in result.placed}, {o.person_id for o in result.out}
    assert placed | out == {p.person_id for p in people}
    assert not placed & out
    for each in people:
        assert (each.person_id in out) == (why_out(each, need) is not None)
    assert all(0 < len(each.why) <= 200 for each in [*result.placed, *result.out])
    tiers = [each.tier for each in result.placed]
    assert tiers == sorted(tiers)
    shuffled = list(people)
    random.shuffle(shuffled)
    assert rank(shuffled, need, WEIGHTS) == result


@given(st.lists(someone, max_size=10), someone, st.integers(0, 200), st.integers(0, 200), needs)
@settings(max_examples=200, deadline=None)
def test_who_lives_further_away_never_goes_before_their_nearer_self(
    people: list[Facts], who: Facts, one: int, other: int, need: Need
) -> None:
    def place(minutes: int) -> int:
        result = rank([*people, replace(who, travel_minutes=minutes)], need, WEIGHTS)
        order = [p.person_id for p in result.placed]
        return order.index(who.person_id) if who.person_id in order else len(order) + 1

    near, far = sorted((one, other))
    assert place(near) <= place(far)


ids = [f"p{n}" for n in range(12)]
some = st.frozensets(st.sampled_from(ids))
floors_ = st.lists(st.builds(Floor, st.just("there"), st.just("rn"), st.integers(0, 8), some), max_size=4)


@given(floors_, some, st.permutations(ids), st.integers(0, 12))
@settings(max_examples=300, deadline=None)
def test_all_who_are_chosen_together_leave_every_floor_whole(
    floors: list[Floor], taken: frozenset[str], order: list[str], count: int
) -> None:
    chosen = choose(order, count, floors, taken)
    assert len(chosen) <= count
    assert chosen == sorted(chosen, key=order.index)
    gone = set(taken) | set(chosen)
    for floor in floors:
        if gone & floor.on_duty != taken & floor.on_duty:  # somebody was taken from it by this choice
            assert len(floor.on_duty - gone) >= floor.least
    if len(chosen) < count:  # and nobody was left out who could have gone
        assert all(broken_by(floors, who, gone) for who in set(order) - set(chosen) - taken)
