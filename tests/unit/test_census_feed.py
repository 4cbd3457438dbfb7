"""What of the census may stand as a reading, how a list is read, and how it is held against the census."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.census.feeding import Counted, blocked_beds, disagrees, observed_at, unit_feed
from app.census.listing import read_list
from app.census.reconciling import Difference, Listed, compare, hint, may_accept_itself
from app.census.reduce import Context
from app.census.visits import Place
from app.core.errors import Invalid
from app.core.pseudonyms import Pseudonyms
from tests.support.adt import adt

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
NAMES = Pseudonyms("a secret of at least thirty-two letters", "census: visits")
CONTEXT = Context("f", "America/New_York", NOW, NAMES)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("seen", "unmapped", "occupied", "why"),
    [
        (True, [], 7, ""),
        (True, ["RENAL"], 7, ""),
        (True, ["ICU-2"], None, "ICU-2 may be part of it"),
        (True, ["INTENSIVE CARE"], None, "INTENSIVE CARE may be part of it"),
        (True, ["IC"], None, "IC may be part of it"),
        (False, [], None, "no message has named a place in it"),
    ],
)
def test_a_count_that_may_lack_somebody_is_no_reading(
    seen: bool, unmapped: list[str], occupied: int | None, why: str
) -> None:
    found = unit_feed("ICU", "Intensive Care", occupied=7, blocked=1, seen=seen, unmapped=unmapped)
    assert (found.occupied, found.blocked) == (occupied, 1 if occupied else None)
    assert found.why.startswith(why)


def test_a_count_is_as_old_as_the_newest_event_and_never_of_tomorrow() -> None:
    ahead = NOW + 5 * MINUTE
    assert observed_at(NOW - MINUTE, NOW, NOW + MINUTE) == NOW - MINUTE
    assert observed_at(ahead, NOW - MINUTE, NOW) == NOW - MINUTE
    assert observed_at(ahead, ahead, NOW) == NOW


def test_a_bed_out_of_use_with_its_patient_is_occupied_and_not_blocked() -> None:
    out = [("ICU", "1", "A"), ("ICU", "2", "A")]
    assert blocked_beds(out, {("ICU", "2", "A")}) == 1


@pytest.mark.parametrize(
    ("hand", "fed", "minutes", "differs"),
    [(10, 12, 0, False), (10, 13, 0, True), (13, 10, 89, True), (13, 10, 91, False)],
)
def test_counts_of_about_the_same_time_are_held_against_each_other(
    hand: int, fed: int, minutes: int, differs: bool
) -> None:
    by_hand = Counted(hand, NOW, "entered by hand")
    assert disagrees(by_hand, Counted(fed, NOW - minutes * MINUTE, "ADT feed"), 2) is differs
    assert not disagrees(None, Counted(fed, NOW, "ADT feed"), 2)


def visit(number: str, kind: str = "visit") -> str:
    return NAMES.of("f", kind, number)


@pytest.mark.parametrize(
    "body",
    [
        b"visit,location,room,bed\nV1,ICU,1,A\nV2,4W,12,B\n",
        b"\xef\xbb\xbfName;Visit Number;Unit;Room;Bed\r\nNolan;V1;icu;1;a\r\nNora;V2;4w;12;B\r\n",
        "visit\tlocation\nV1\tICU^1^A\nV2\t4W^12^B\n".encode("utf-16"),
        (adt("A01", "V1", "ICU^1^A") + adt("A08", "V2", "4w^12^B")).encode(),
    ],
)
def test_a_list_is_read_in_the_forms_that_houses_have(body: bytes) -> None:
    found = read_list(body, CONTEXT)
    assert [(row.visit, row.place) for row in found.rows] == [
        (visit("V1"), Place("ICU", "1", "A")),
        (visit("V2"), Place("4W", "12", "B")),
    ]
    assert not found.faults


def test_a_list_says_which_lines_it_could_not_read_and_nothing_of_what_stands_there() -> None:
    body = b"account,unit\nQ7731,ICU\n,ICU\nQ7732,\nQ7731,4W\n" + b"9" * 90 + b",ICU\n"
    found = read_list(body, CONTEXT)
    assert [row.visit for row in found.rows] == [visit("Q7731", "account")]
    assert [fault[:7] for fault in found.faults] == ["Line 3:", "Line 4:", "Line 5:", "Line 6:"]
    assert "Q77" not in "".join(found.faults)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "headings visit"),
        (b"name,bed\nA,B\n", "headings visit"),
        (b"visit,location\n", "no patient"),
        (adt("A01", "", "ICU").encode(), "PV1-19: a visit number is needed"),
        (b'visit,location\n"V1,ICU\n' + b"x" * 200_000, "is no CSV file"),
    ],
)
def test_a_list_that_is_none_is_refused_with_a_reason(body: bytes, says: str) -> None:
    with pytest.raises(Invalid, match=says):
        read_list(body, CONTEXT)


ICU, WARD = Place("ICU", "1", "A"), Place("4W", "12", "B")
somewhere = st.sampled_from([ICU, WARD, Place("ICU"), None])
visits = st.sampled_from("abcdef")


@given(
    st.dictionaries(visits, somewhere), st.dictionaries(visits, st.sampled_from([ICU, WARD])), st.sets(visits)
)
def test_every_visit_agrees_or_differs_once(
    ours: dict[str, Place | None], theirs: dict[str, Place], away: set[str]
) -> None:
    listed = [Listed(key, place, n) for n, (key, place) in enumerate(theirs.items())]
    same, found = compare(ours, listed, away=away)
    excused = sum(key in away and key not in theirs for key in ours)
    assert same + len(found) + excused == len(ours.keys() | theirs.keys())
    assert len({each.visit for each in found}) == len(found)
    kinds = {each.visit: each.kind for each in found}
    assert {k for k, kind in kinds.items() if kind is Difference.OURS} == ours.keys() - theirs.keys() - away
    assert {k for k, kind in kinds.items() if kind is Difference.THEIRS} == theirs.keys() - ours.keys()


def test_a_list_that_mostly_disagrees_is_never_accepted_by_itself() -> None:
    assert may_accept_itself(patients=20, same=19, differences=1, up_to=1)
    assert not may_accept_itself(patients=20, same=18, differences=2, up_to=1)
    assert not may_accept_itself(patients=20, same=9, differences=11, up_to=50)
    assert "this hospital's list" in hint(20, 9)
    assert hint(20, 10) == ""
