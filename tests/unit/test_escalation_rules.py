"""Policies as data, the course they take, whose turn it is, and when texts are gathered."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from app.core.errors import Invalid
from app.escalation import planner, subscribers
from app.escalation.bundling import FLOODED_GATHER, GATHER, flooded, send_at
from app.escalation.kinds import KINDS
from app.escalation.planner import Policy, Setting, Step, checked, course, next_step
from app.escalation.steps import DOES, LEVELS, UNTIL_ENDED
from app.escalation.turns import Had, whose
from app.escalation.windows import Window

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # 04:00 in New York
MINUTE = timedelta(minutes=1)
DAY_SHIFT = Window(7 * 60, 19 * 60)
NEW_YORK = Setting("America/New_York")

windows = st.none() | st.builds(Window, st.integers(0, 700), st.integers(701, 1439))
steps = st.builds(
    Step,
    st.integers(0, 90),
    st.sampled_from(["ask_next", "tell_supervisor", "tell_commander"]),
    window=windows,
    outside=st.sampled_from(["skip", "wait"]),
    only=st.sampled_from(["", "real", "exercise"]),
    from_level=st.sampled_from(["", *LEVELS]),
)
settings = st.builds(
    Setting,
    st.sampled_from(["America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"]),
    st.booleans(),
    st.sampled_from(LEVELS),
)


def policies(rounds: st.SearchStrategy[int]) -> st.SearchStrategy[Policy]:
    def build(some: list[Step], repeats: bool, number: int) -> Policy:
        return Policy((*some, Step(1, "repeat")) if repeats else tuple(some), number)

    return st.builds(build, st.lists(steps, min_size=1, max_size=5), st.booleans(), rounds)


def test_hours_pass_over_or_wait() -> None:
    by_day = Step(5, "tell_supervisor", window=DAY_SHIFT)
    last = Step(10, "tell_commander")
    skipping = course(Policy((by_day, last)), NOW, NEW_YORK)
    assert [(d.do, d.due_at - NOW) for d in skipping] == [("tell_commander", 15 * MINUTE)]
    waiting = course(
        Policy((Step(5, "tell_supervisor", window=DAY_SHIFT, outside="wait"), last)), NOW, NEW_YORK
    )
    assert [(d.do, d.due_at - NOW) for d in waiting] == [
        ("tell_supervisor", 180 * MINUTE),
        ("tell_commander", 190 * MINUTE),
    ]


def test_conditions_pass_over() -> None:
    real = Step(1, "tell_supervisor", only="real")
    full = Step(1, "tell_commander", from_level="full")
    policy = Policy((real, full))
    assert [d.do for d in course(policy, NOW, Setting("UTC", False, "partial"))] == ["tell_supervisor"]
    assert [d.do for d in course(policy, NOW, Setting("UTC", True, "full"))] == ["tell_commander"]


def test_until_it_is_over_each_round_waits_longer_up_to_eight_times() -> None:
    policy = Policy((Step(5, "ask_next"), Step(0, "repeat")), UNTIL_ENDED)
    found = [d for d in course(policy, NOW, most=14) if d.do == "ask_next"]
    waits = [5, *((b.due_at - a.due_at) // MINUTE for a, b in pairwise(found))]
    assert waits == [5, 10, 20, 40, 40, 40, 40]


def test_a_step_that_comes_late_outside_its_hours_is_put_off_or_passed_over() -> None:
    wait = Policy((Step(0, "tell_supervisor", window=DAY_SHIFT, outside="wait"),))
    assert planner.put_off(wait, 0, NOW, NEW_YORK) == NOW + timedelta(hours=3)
    assert planner.put_off(wait, 0, NOW + timedelta(hours=4), NEW_YORK) is None
    skip = Policy((Step(0, "tell_supervisor", window=DAY_SHIFT),))
    assert planner.passed_over(skip, 0, NOW, NEW_YORK)
    assert not planner.passed_over(skip, 0, NOW + timedelta(hours=4), NEW_YORK)


@given(policies(st.integers(0, 5)))
def test_a_policy_survives_being_stored(policy: Policy) -> None:
    assert Policy.load(policy.dump(), policy.rounds) == policy


def test_the_first_stored_form_is_still_read_and_a_later_one_is_refused() -> None:
    assert Policy.load('[[5, "ask_next"], [10, "repeat"]]', 2).steps[1] == Step(10, "repeat")
    newer = json.loads(Policy(()).dump()) | {"version": 3}
    with pytest.raises(ValueError, match="version 3"):
        Policy.load(json.dumps(newer), 1)


@pytest.mark.parametrize(
    ("step", "field"),
    [
        (Step(1, "tell_role"), "to_1"),
        (Step(1, "tell_all", "nurses"), "to_1"),
        (Step(1, "tell_webhook"), "to_1"),
        (Step(1, "tell_commander", channels=()), "channels_1"),
        (Step(1, "tell_commander", channels=("fax",)), "channels_1"),
        (Step(1, "tell_commander", needs=0), "needs_1"),
        (Step(1, "tell_commander", window=Window(60, 60)), "ends_1"),
        (Step(1, "tell_commander", only="both"), "only_1"),
        (Step(1, "tell_commander", from_level="huge"), "from_level_1"),
        (Step(1, "tell_commander", outside="never"), "outside_1"),
    ],
)
def test_a_step_that_cannot_be_names_the_field(step: Step, field: str) -> None:
    with pytest.raises(Invalid) as wrong:
        checked([step], 1, tuple(DOES))
    assert field in wrong.value.errors


def test_the_defaults_of_all_kinds_can_be_and_tell_few() -> None:
    assert len(KINDS) >= 10
    for kind in KINDS.values():
        checked(kind.default.steps, kind.default.rounds, kind.allowed)
        if not kind.life_safety:
            assert sum(step.tells for step in kind.default.steps) <= 2, kind.name


class Course(RuleBasedStateMachine):
    """One escalation, its planner and a clock that runs late as it likes."""

    @initialize(policy=policies(st.integers(0, 3)), setting=settings)
    def begin(self, policy: Policy, setting: Setting) -> None:
        self.policy, self.setting, self.now = policy, setting, NOW
        self.done: list[tuple[int, int, datetime]] = []
        self.due = planner.first_step(policy, NOW, 1, setting)
        self.since = NOW

    @precondition(lambda self: self.due is not None and len(self.done) < 40)
    @rule(late=st.sampled_from([0, 0, 1, 30, 360]))
    def tick(self, late: int) -> None:
        due = self.due
        assert due is not None
        assert due.due_at >= self.since + timedelta(minutes=self.policy.steps[due.step].wait_minutes)
        self.now = max(self.now, due.due_at) + late * MINUTE
        until = planner.put_off(self.policy, due.step, self.now, self.setting)
        if until is not None:
            assert until > self.now
            self.now = until
        self.done.append((due.round, due.step, self.now))
        self.since = self.now
        self.due = next_step(self.policy, due.step, due.round, self.now, self.setting)

    @precondition(lambda self: self.due is not None)
    @rule(minutes=st.integers(1, 90))
    def somebody_sees_to_it(self, minutes: int) -> None:
        assert self.due is not None
        self.now += minutes * MINUTE
        self.since = self.now
        self.due = planner.again(self.policy, self.due.step, self.due.round, self.now, self.setting)

    @rule(minutes=st.integers(1, 30))
    def time_passes(self, minutes: int) -> None:
        self.now += minutes * MINUTE

    @invariant()
    def never_twice_and_in_order(self) -> None:
        places = [(round_, step) for round_, step, _ in getattr(self, "done", [])]
        assert places == sorted(set(places))

    @invariant()
    def ends(self) -> None:
        if getattr(self, "policy", None) and self.policy.rounds:
            assert len(self.done) <= len(self.policy.steps) * self.policy.rounds


TestCourse = Course.TestCase
assert subscribers.FOLLOWED  # imported so that every kind is registered

# --- Turns ------------------------------------------------------------------------------------------------------


@given(st.lists(st.sampled_from("abcd"), max_size=40))
def test_turns_are_shared_fairly_whoever_is_passed_over(out: list[str]) -> None:
    order, had = list("abcd"), {}
    for number, skipped in enumerate(out):
        turn = whose(order, had, {skipped})
        assert turn is not None
        assert turn != skipped
        before = had.get(turn, Had(0, None))
        had[turn] = Had(before.taken + 1, NOW + number * MINUTE)
    for number in range(len(out) + 4):
        turn = whose(order, had)
        assert turn is not None
        had[turn] = Had(had.get(turn, Had(0, None)).taken + 1, NOW + timedelta(hours=1) + number * MINUTE)
    counts = [had[person].taken for person in order]
    assert max(counts) - min(counts) <= 1


def test_a_newcomer_is_not_asked_for_everything() -> None:
    had = {"a": Had(9, NOW), "b": Had(9, NOW + MINUTE)}
    assert whose(["a", "b", "new"], had) == "new"
    had["new"] = Had(10, NOW + 2 * MINUTE)
    assert whose(["a", "b", "new"], had) == "a"
    assert whose(["a"], had, {"a"}) is None


# --- Gathering --------------------------------------------------------------------------------------------------


def test_what_comes_together_goes_out_together() -> None:
    first = send_at(NOW, [], None)
    assert first == NOW + GATHER
    assert send_at(NOW + timedelta(seconds=20), [], first) == first


def test_over_ten_in_ten_minutes_is_a_flood_until_under_five() -> None:
    texts = [NOW + n * timedelta(seconds=30) for n in range(11)]
    assert not flooded(texts[:10], texts[9])
    assert flooded(texts, texts[10])
    assert send_at(texts[10], texts, None) == texts[10] + FLOODED_GATHER
    assert flooded(texts, texts[6] + timedelta(minutes=9, seconds=59))
    assert not flooded(texts, texts[6] + timedelta(minutes=10))


@given(st.lists(st.integers(0, 3600), max_size=60), st.integers(0, 3600))
def test_a_flood_begins_above_ten_and_ends_below_five(seconds: list[int], at: int) -> None:
    texts = [NOW + timedelta(seconds=s) for s in seconds]
    now = NOW + timedelta(seconds=at)
    lately = sum(now - timedelta(minutes=10) < text <= now for text in texts)
    if lately > 10:
        assert flooded(texts, now)
    if lately < 5:
        assert not flooded(texts, now)
