"""Resource requests: which step may follow which, and that no unit is lost."""

from __future__ import annotations

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from app.core.errors import Invalid
from app.resources import rules
from app.resources.rules import ENDED, Line, RequestState, Step


@pytest.mark.parametrize("state", sorted(ENDED))
def test_nothing_follows_an_end(state: RequestState) -> None:
    assert not rules.steps_from(state)


@pytest.mark.parametrize("state", sorted(set(RequestState) - ENDED))
def test_every_open_state_can_be_brought_to_an_end(state: RequestState) -> None:
    assert rules.steps_from(state) & {Step.CLOSE, Step.CANCEL, Step.DENY}


def test_what_is_on_its_way_is_not_cancelled() -> None:
    assert not any(rules.may(Step.CANCEL, s) for s in (RequestState.PARTLY_FILLED, RequestState.EN_ROUTE))


def test_a_decision_is_made_once() -> None:
    for step in (Step.APPROVE, Step.DENY):
        assert rules.FROM[step] == {RequestState.SUBMITTED}


@pytest.mark.parametrize(
    ("lines", "state"),
    [
        ([Line(5, 5)], RequestState.APPROVED),
        ([Line(5, 5, 2), Line(3, 3)], RequestState.PARTLY_FILLED),
        ([Line(5, 5, 5), Line(3, 3)], RequestState.PARTLY_FILLED),
        ([Line(5, 5, 5), Line(3, 0)], RequestState.EN_ROUTE),
        ([Line(5, 5, 5, 4), Line(3, 0)], RequestState.EN_ROUTE),
        ([Line(5, 4, 4, 4), Line(3, 0)], RequestState.RECEIVED),
    ],
)
def test_progress_follows_the_units(lines: list[Line], state: RequestState) -> None:
    assert rules.progress(lines) is state


@pytest.mark.parametrize("units", [-1, 6])
def test_no_more_is_granted_than_was_asked(units: int) -> None:
    with pytest.raises(Invalid, match="0 to 5"):
        Line(5).approve(units)


def test_a_full_line_takes_no_more() -> None:
    with pytest.raises(Invalid, match="nothing is still wanted"):
        Line(5, 5, 5).fill(1)
    with pytest.raises(Invalid, match="1 to 3"):
        Line(5, 5, 2).fill(4)
    with pytest.raises(Invalid, match="nothing is on the way"):
        Line(5, 5, 5, 5).fall_through(1)


class Units(RuleBasedStateMachine):
    """Counts every unit by where it is, beside the rules: on the shelf, on the way, in hand, refused."""

    @initialize(asked=st.lists(st.integers(1, 50), min_size=1, max_size=4), shelf=st.integers(0, 200))
    def raised(self, asked: list[int], shelf: int) -> None:
        self.lines = [Line(n) for n in asked]
        self.asked, self.state = asked, RequestState.SUBMITTED
        self.shelf = self.began_with = shelf
        self.way, self.hand, self.refused = [0] * len(asked), [0] * len(asked), [0] * len(asked)

    @rule()
    def nothing_happens(self) -> None:
        """So that a request at its end is no dead end for the machine."""

    @precondition(lambda self: rules.may(Step.APPROVE, self.state))
    @rule(data=st.data())
    def approve(self, data: st.DataObject) -> None:
        granted = [data.draw(st.integers(0, line.asked)) for line in self.lines]
        if any(granted):
            self.lines = [line.approve(n) for line, n in zip(self.lines, granted, strict=True)]
            self.refused = [a - n for a, n in zip(self.asked, granted, strict=True)]
            self.state = rules.progress(self.lines)

    @precondition(lambda self: rules.may(Step.FILL, self.state))
    @rule(data=st.data(), units=st.integers(-2, 60))
    def fill(self, data: st.DataObject, units: int) -> None:
        i = data.draw(st.integers(0, len(self.lines) - 1))
        if units > self.shelf:
            return
        try:
            self.lines[i] = self.lines[i].fill(units)
        except Invalid:
            room = self.asked[i] - self.refused[i] - self.way[i] - self.hand[i]
            assert not 1 <= units <= room
            return
        self.shelf -= units
        self.way[i] += units
        self.state = rules.progress(self.lines)

    @precondition(lambda self: rules.may(Step.RECEIVE, self.state))
    @rule(data=st.data(), units=st.integers(-2, 60))
    def receive(self, data: st.DataObject, units: int) -> None:
        i = data.draw(st.integers(0, len(self.lines) - 1))
        try:
            self.lines[i] = self.lines[i].receive(units)
        except Invalid:
            assert not 1 <= units <= self.way[i]
            return
        self.way[i] -= units
        self.hand[i] += units
        self.state = rules.progress(self.lines)

    @precondition(lambda self: rules.may(Step.FALL_THROUGH, self.state))
    @rule(data=st.data())
    def fall_through(self, data: st.DataObject) -> None:
        i = data.draw(st.integers(0, len(self.lines) - 1))
        if self.way[i]:
            units = data.draw(st.integers(1, self.way[i]))
            self.lines[i] = self.lines[i].fall_through(units)
            self.way[i] -= units
            self.shelf += units
            self.state = rules.progress(self.lines)

    @invariant()
    def no_unit_is_lost(self) -> None:
        assert self.shelf + sum(self.way) + sum(self.hand) == self.began_with
        for line, way, hand, refused in zip(self.lines, self.way, self.hand, self.refused, strict=True):
            assert (line.under_way, line.received, line.denied) == (way, hand, refused)
            assert line.waiting >= 0
            assert line.asked == line.denied + line.received + line.under_way + line.waiting

    @invariant()
    def the_state_says_where_the_units_are(self) -> None:
        if self.state is RequestState.RECEIVED:
            assert rules.outstanding(self.lines) == 0
        if self.state in (RequestState.APPROVED, RequestState.SUBMITTED):
            assert not any(self.way + self.hand)


TestUnits = Units.TestCase
