"""Steps come in order, each its wait after the one before, and repeat a bounded number of times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import Invalid
from app.escalation.planner import Policy, Step, checked, first_step, next_step

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
POLICY = Policy((Step(5, "ask_next"), Step(10, "tell_supervisor"), Step(3, "repeat")), rounds=2)
ALLOWED = ("ask_next", "repeat", "tell_supervisor", "tell_commander")

steps = st.lists(
    st.builds(Step, st.integers(0, 60), st.sampled_from(["ask_next", "tell_supervisor"])),
    min_size=1,
    max_size=6,
)


def test_the_first_step_waits_from_the_beginning() -> None:
    due = first_step(POLICY, NOW)
    assert (due.step, due.round, due.do, due.due_at) == (0, 1, "ask_next", NOW + 5 * MINUTE)
    assert first_step(Policy(()), NOW) is None


def test_each_next_step_counts_from_when_the_one_before_was_done() -> None:
    late = NOW + timedelta(hours=6)
    due = next_step(POLICY, 0, 1, late)
    assert (due.step, due.do, due.due_at) == (1, "tell_supervisor", late + 10 * MINUTE)


def test_repeat_begins_the_next_round_until_rounds_are_used_up() -> None:
    assert next_step(POLICY, 1, 1, NOW).do == "repeat"
    again = next_step(POLICY, 2, 1, NOW)
    assert (again.step, again.round, again.due_at) == (0, 2, NOW + 5 * MINUTE)
    assert next_step(POLICY, 1, 2, NOW) is None


@given(steps, st.booleans(), st.integers(1, 5))
def test_every_policy_comes_to_an_end(some: list[Step], repeats: bool, rounds: int) -> None:
    policy = Policy((*some, Step(1, "repeat")) if repeats else tuple(some), rounds)
    due, done, now = first_step(policy, NOW), [], NOW
    while due is not None:
        assert due.due_at >= now
        now = due.due_at
        done.append((due.round, due.step))
        due = next_step(policy, due.step, due.round, now)
    assert done == sorted(set(done))
    assert len(done) <= (len(some) + 1) * rounds


@given(steps, st.integers(1, 5))
def test_a_policy_survives_being_stored(some: list[Step], rounds: int) -> None:
    policy = Policy(tuple(some), rounds)
    assert Policy.load(policy.dump(), rounds) == policy


@pytest.mark.parametrize(
    ("some", "rounds", "field"),
    [
        ([Step(-1, "ask_next")], 1, "wait_1"),
        ([Step(1, "ask_next"), Step(1441, "ask_next")], 1, "wait_2"),
        ([Step(1, "mark_overdue")], 1, "do_1"),
        ([Step(1, "repeat"), Step(1, "ask_next")], 1, "do_1"),
        ([Step(0, "ask_next"), Step(0, "repeat")], 1, "wait_2"),
        ([Step(1, "ask_next")], 6, "rounds"),
        ([Step(1, "ask_next")] * 13, 1, "steps"),
    ],
)
def test_a_policy_that_cannot_be_names_the_field(some: list[Step], rounds: int, field: str) -> None:
    with pytest.raises(Invalid) as wrong:
        checked(some, rounds, ALLOWED)
    assert field in wrong.value.errors
