"""The people of simulated phones: the same every time, and of every kind."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.messaging.simulation import ANSWERS, Habits, answer_plan

question_ids = st.text(min_size=1, max_size=40)
seeds = st.integers(-(2**63), 2**63)


@given(question_ids, seeds)
def test_a_plan_is_repeatable_and_possible(question_id: str, seed: int) -> None:
    plan = answer_plan(question_id, seed)
    assert plan == answer_plan(question_id, seed)
    assert 0 < plan.delay_seconds <= Habits().longest
    assert plan.digit is None or (len(plan.digit) == 1 and plan.digit in "0123456789")


def test_a_plan_is_the_same_in_another_process() -> None:
    code = "from app.messaging.simulation import answer_plan; print(answer_plan('call-1:ana', 7))"
    environment = {"PYTHONHASHSEED": "123", "PYTHONPATH": ":".join(sys.path)}
    told = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == str(answer_plan("call-1:ana", 7))


def test_a_crowd_holds_all_kinds_in_their_shares() -> None:
    plans = [answer_plan(f"call-1:{number}", 1) for number in range(20_000)]
    answered = [plan for plan in plans if plan.digit is not None]
    wrong = [plan for plan in answered if plan.digit not in ANSWERS]
    digits = Counter(plan.digit for plan in answered)
    assert 1 - len(answered) / len(plans) == pytest.approx(0.12, abs=0.01)
    assert len(wrong) / len(answered) == pytest.approx(0.03, abs=0.006)
    assert digits["1"] / len(answered) == pytest.approx(0.97 * 0.45, abs=0.015)
    assert digits["9"] / len(answered) == pytest.approx(0.97 * 0.18, abs=0.015)
    delays = sorted(plan.delay_seconds for plan in answered)
    assert delays[len(delays) // 10] < 60
    assert 75 < delays[len(delays) // 2] < 180
    assert delays[-len(delays) // 10] > 600


def test_another_seed_is_another_crowd() -> None:
    one, other = ([answer_plan(f"q{number}", seed) for number in range(100)] for seed in (1, 2))
    assert one != other


@pytest.mark.parametrize(
    ("habits", "digits"),
    [
        (Habits(silent=1.0), {None}),
        (Habits(silent=0.0, wrong=0.0, answers={"9": 1.0}), {"9"}),
        (Habits(silent=0.0, wrong=0.0, answers={"1": 1.0, "2": 0.0}), {"1"}),
    ],
)
def test_habits_are_kept(habits: Habits, digits: set[str | None]) -> None:
    assert {answer_plan(f"q{number}", 1, habits).digit for number in range(200)} == digits


@pytest.mark.parametrize(
    ("bad", "names"),
    [
        ({"silent": 1.1}, "silent"),
        ({"late": -0.1}, "late"),
        ({"quick_median": 0}, "quick_median"),
        ({"answers": {}}, "answers"),
    ],
)
def test_impossible_habits_are_refused_by_name(bad: dict, names: str) -> None:
    with pytest.raises(ValueError, match=names):
        Habits(**bad)
