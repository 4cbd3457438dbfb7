"""I5: a status never goes down; any order, repetition or loss of reports ends in the same state."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.messaging.status import (
    ARRIVED,
    NOT_ARRIVED,
    TERMINAL,
    MessageStatus,
    Projection,
    advance,
    conflicts,
    parse_status,
    project,
)

S = MessageStatus
ON_THE_WAY = [S.ACCEPTED, S.SCHEDULED, S.QUEUED, S.SENDING, S.SENT, S.PARTIALLY_DELIVERED]
ENDINGS = [[], [S.DELIVERED], [S.DELIVERED, S.READ], [S.READ], [S.UNDELIVERED], [S.FAILED], [S.CANCELED]]


@st.composite
def one_history_told_twice(draw: st.DrawFn) -> tuple[list[S], list[S], S]:
    """The same reports in two orders with repetitions, and the last true status among them."""
    ending = draw(st.sampled_from(ENDINGS))
    way = draw(st.lists(st.sampled_from(ON_THE_WAY), unique=True, min_size=0 if ending else 1))
    reports = way + ending
    first = draw(st.permutations(reports + draw(st.lists(st.sampled_from(reports), max_size=5))))
    second = draw(st.permutations(reports + draw(st.lists(st.sampled_from(reports), max_size=5))))
    return first, second, ending[-1] if ending else max(way, key=ON_THE_WAY.index)


@given(one_history_told_twice())
def test_i5_order_and_repetition_do_not_matter(told: tuple[list[S], list[S], S]) -> None:
    first, second, last = told
    assert project(first) == project(second) == Projection(last)


@given(one_history_told_twice(), st.data())
def test_i5_what_is_lost_before_the_end_does_not_matter(
    told: tuple[list[S], list[S], S], data: st.DataObject
) -> None:
    reports, _, last = told
    kept = data.draw(st.lists(st.sampled_from(reports)))
    assert project([*kept, last]).status == project([last, *kept]).status == last


@given(st.lists(st.sampled_from(list(S)), min_size=1))
def test_i5_a_status_never_goes_down(reports: list[S]) -> None:
    order = [*ON_THE_WAY, S.DELIVERED, S.READ]
    status = None
    for report in reports:
        before, status = status, advance(status, report)
        if before in NOT_ARRIVED:
            assert status is before
        elif before is not None:
            assert status in NOT_ARRIVED or order.index(status) >= order.index(before)
            assert not (before in ARRIVED and status in NOT_ARRIVED)


@pytest.mark.parametrize(("first", "second"), list(itertools.permutations(sorted(TERMINAL), 2)))
def test_of_two_ends_that_disagree_the_first_stays_and_both_are_told(first: S, second: S) -> None:
    if {first, second} == ARRIVED:
        assert project([first, second]) == Projection(S.READ)
        assert not conflicts(first, second)
    else:
        assert project([S.SENT, first, second, first]) == Projection(first, frozenset({first, second}))


@given(st.lists(st.sampled_from(list(S)), max_size=8), st.data())
def test_a_conflict_is_told_in_any_order(reports: list[S], data: st.DataObject) -> None:
    other = data.draw(st.permutations(reports))
    assert project(reports).conflicting == project(other).conflicting


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("delivered", S.DELIVERED),
        (" Sent ", S.SENT),
        ("received", None),
        ("", None),
        ("something new", None),
    ],
)
def test_parse_status(word: str, status: S | None) -> None:
    assert parse_status(word) is status


def test_nothing_reported_is_no_status() -> None:
    assert project([]) == Projection(None)
