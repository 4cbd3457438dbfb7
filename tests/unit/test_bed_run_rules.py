"""Immediate bed availability: the target, what counts, the pace; and a machine that presses every button."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from app.bedruns import rules
from app.bedruns.audits import judge
from app.bedruns.looks import Run, Unit, look
from app.bedruns.rules import CLEANED, FREED, IDENTIFIED, STAFFED, Count, Tally

ZERO = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
BEDS = {"a": 30, "b": 12}


def at(minutes: float) -> datetime:
    return ZERO + timedelta(minutes=minutes)


def whole(number: int, minutes: float, unit: str = "a", name: str = "") -> list[Count]:
    """So many beds freed, cleaned and staffed at once."""
    kinds = {FREED: "discharge", CLEANED: "", STAFFED: ""}
    return [
        Count(f"{name}{minutes}{unit}{step}", unit, step, kind, number, at(minutes))
        for step, kind in kinds.items()
    ]


def run(target: int = 8, **more: object) -> Run:
    units = {slug: Unit(slug, slug, slug, "icu", beds, None, "huddle", ZERO) for slug, beds in BEDS.items()}
    made = Run("r", False, "Bus crash", 20, 42, target, ZERO, "Ada Quill", at(240), units=units)
    for name, value in more.items():
        setattr(made, name, value)
    return made


@pytest.mark.parametrize(
    ("staffed", "percent", "beds"), [(400, 20, 80), (401, 20, 81), (1, 20, 1), (0, 20, 0), (66, 25, 17)]
)
def test_the_target_is_rounded_up_to_whole_beds(staffed: int, percent: int, beds: int) -> None:
    """400 staffed: 80 by T+4:00, the reference's example."""
    assert rules.target(staffed, percent) == beds
    assert timedelta(hours=4) == rules.HOURS


@given(st.integers(0, 50_000), st.integers(1, 100))
def test_the_target_is_the_least_that_is_enough(staffed: int, percent: int) -> None:
    assert rules.target(staffed, percent) == math.ceil(round(staffed * percent / 100, 6))


def test_a_bed_that_lacks_one_step_does_not_count_and_units_are_not_pooled() -> None:
    counts = [
        Count("1", "a", FREED, "discharge", 3, at(1)),
        Count("2", "a", FREED, "deferred", 2, at(1)),
        Count("3", "a", CLEANED, "", 4, at(2)),
        Count("4", "b", STAFFED, "", 4, at(2)),
    ]
    assert rules.total(rules.tallies(counts)) == 0
    counts.append(Count("5", "a", STAFFED, "", 1, at(3)))
    assert rules.total(rules.tallies(counts)) == 1
    seen = look(run(counts={each.id: each for each in counts}), at(3)).units[0]
    assert (seen.waiting_for, seen.share) == ("1 to clean, 4 to staff", 6)


def test_beds_opened_beyond_the_staffed_ones_do_not_count() -> None:
    full = rules.tallies(whole(12, 5, "b"))["b"]
    more = Count("x", "b", FREED, "transfer", 1, at(6))
    assert "do not count" in rules.refusal(full, more, BEDS["b"])
    assert rules.refusal(full, Count("x", "b", IDENTIFIED, "class_1", 20, at(6)), BEDS["b"]) == ""
    assert "only 0" in rules.refusal(Tally(), Count("x", "b", CLEANED, "", -1, at(6)), BEDS["b"])


def test_quarters_pace_and_line() -> None:
    counts = whole(2, 30) + whole(2, 90) + whole(4, 120)
    seen = look(run(counts={each.id: each for each in counts}), at(120))
    assert [(q.percent, q.beds, q.minutes) for q in seen.quarters] == [
        (25, 2, 30), (50, 4, 90), (75, 6, 120), (100, 8, 120)
    ]  # fmt: skip
    assert seen.line == 4
    assert (seen.reached, seen.mark, seen.projected) == (True, "done", at(120))
    behind = look(run(counts={each.id: each for each in counts[:6]}), at(120))
    assert (behind.counted, behind.projected, behind.in_time, behind.mark) == (4, at(240), True, "normal")
    late = look(run(20, counts={each.id: each for each in counts[:6]}), at(120))
    assert (late.line, late.projected, late.in_time, late.mark) == (10, at(600), False, "watch")
    assert look(run(counts={each.id: each for each in counts[:3]}), at(91)).projected is None
    early = look(run(counts={each.id: each for each in whole(1, 3)}), at(9))
    assert (early.projected, early.early, early.elapsed, early.remaining) == (None, True, 9, 231)


def test_what_was_taken_back_reached_no_quarter() -> None:
    wrong = whole(8, 10)
    back = [Count(f"u{c.id}", "a", c.step, c.kind, -c.change, at(11), c.id) for c in wrong]
    steps = rules.curve(wrong + back + whole(2, 60, name="x"))
    assert [each.minutes for each in rules.quarters(steps, ZERO, 8)] == [60, None, None, None]


def test_the_watchdog_finds_a_run_that_nobody_ended() -> None:
    class Row:
        id, deadline_at = "r", at(240)

    assert judge(Row, at(240.9)) is None
    assert judge(Row, at(241.1)) is not None


def standing(counts: list[Count]) -> dict[str, dict[tuple[str, str], int]]:
    found = {
        unit: {key: n for key, n in tally.parts.items() if n} for unit, tally in rules.tallies(counts).items()
    }
    return {unit: parts for unit, parts in found.items() if parts}


class Pressing(RuleBasedStateMachine):
    """Everybody presses everything, in any order. What the rules let through is kept."""

    @initialize()
    def begin(self) -> None:
        self.counts: list[Count] = []
        self.minute = 0

    def press(self, unit: str, step: str, kind: str, change: int, undoes: str = "") -> bool:
        self.minute += 1
        made = Count(str(len(self.counts)), unit, step, kind, change, at(self.minute), undoes)
        before = rules.tallies(self.counts).get(unit, Tally())
        if rules.refusal(before, made, BEDS[unit]):
            return False
        self.counts.append(made)
        return True

    @rule(
        unit=st.sampled_from(sorted(BEDS)),
        what=st.sampled_from([(step, kind) for step in rules.STEPS for kind in rules.KINDS[step]]),
        change=st.integers(-3, 9).filter(bool),
    )
    def count(self, unit: str, what: tuple[str, str], change: int) -> None:
        self.press(unit, *what, change)

    @precondition(lambda self: self.counts)
    @rule(data=st.data())
    def press_and_take_back(self, data: st.DataObject) -> None:
        """Taking back what was just done restores everything, pressed alone or between others."""
        chosen = data.draw(st.sampled_from(self.counts))
        before = rules.tallies(self.counts)
        if self.press(chosen.unit_id, chosen.step, chosen.kind, 1):
            last = self.counts[-1]
            assert self.press(last.unit_id, last.step, last.kind, -1, last.id)
            assert rules.tallies(self.counts) == before

    @precondition(lambda self: self.counts)
    @rule(data=st.data())
    def take_back_any(self, data: st.DataObject) -> None:
        """Whatever came since: all is as if that count had never been made."""
        chosen = data.draw(st.sampled_from(self.counts))
        if chosen.undoes or any(each.undoes == chosen.id for each in self.counts):
            return
        if self.press(chosen.unit_id, chosen.step, chosen.kind, -chosen.change, chosen.id):
            never = [each for each in self.counts[:-1] if each is not chosen]
            assert standing(never) == standing(self.counts)

    @invariant()
    def only_whole_beds_count(self) -> None:
        found = rules.tallies(self.counts)
        for unit, tally in found.items():
            assert all(number >= 0 for number in tally.parts.values())
            for step in (FREED, CLEANED, STAFFED):
                assert 0 <= tally.counted <= tally.of(step) <= BEDS[unit]

    @invariant()
    def order_makes_no_difference(self) -> None:
        backwards = list(reversed(self.counts))
        assert rules.tallies(backwards) == rules.tallies(self.counts)
        steps = rules.curve(backwards)
        assert steps == rules.curve(self.counts)
        assert (steps[-1][1] if steps else 0) == rules.total(rules.tallies(self.counts))


Pressing.TestCase.settings = settings(max_examples=15, stateful_step_count=20, deadline=None)
TestPressing = Pressing.TestCase
