"""What a poll asks, when it asks again, and which replies it understands."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.polls import texts
from app.polls.audits import judge_poll
from app.polls.models import Poll
from app.polls.rules import (
    MINUTES,
    PRESETS,
    AskState,
    asked_of,
    chase_minutes,
    code_in,
    completeness,
    next_chase,
    read_reply,
    state_of,
)
from app.surge.metrics import BEDS

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def test_a_unit_is_asked_for_what_it_has() -> None:
    assert asked_of("icu", BEDS) == BEDS
    assert asked_of("icu", ("ed_patients", "occupied_beds")) == ("occupied_beds",)
    assert asked_of("ed", ("ed_patients", "occupied_beds")) == ("ed_patients", "occupied_beds")
    assert asked_of("whole_hospital", BEDS) == ()


@given(st.integers(*MINUTES), st.integers(0, 300))
def test_chases_lie_within_the_poll_and_what_was_missed_is_one(minutes: int, later: int) -> None:
    chase = chase_minutes(minutes)
    assert all(0 < each < minutes for each in chase)
    found = next_chase(NOW, chase, NOW + later * MINUTE)
    assert found is None or found > NOW + later * MINUTE
    assert (found is None) == (later >= max(chase))


def test_presets_can_be_started() -> None:
    for preset in PRESETS:
        assert MINUTES[0] <= preset.minutes <= MINUTES[1]
        assert all(0 < each < preset.minutes for each in preset.chase)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ICU 12 3 0", ("ICU", [12, 3, 0])),
        (" icu: 12, 3, 0 ", ("ICU", [12, 3, 0])),
        ("4w 5", ("4W", [5])),
        ("ICU 12 3", None),
        ("ICU 12 3 0 1", None),
        ("ICU 12 3 about 4", None),
        ("ICU -1 3 0", None),
        ("12 3 0", None),
        ("1", None),
        ("ED 1", None),
        ("ICU 12 3 1.5", None),
        ("", None),
    ],
)
def test_only_a_clear_reply_is_taken(text: str, found: tuple[str, list[int]] | None) -> None:
    assert read_reply(text, {"ICU": 3, "4W": 1}) == found


@given(
    st.text(max_size=20), st.dictionaries(st.text("1234567890 AB", min_size=1, max_size=3), st.integers(1, 3))
)
def test_no_text_is_misread_and_a_code_of_digits_is_never_meant(text: str, asked: dict[str, int]) -> None:
    found = read_reply(text, asked)
    assert found is None or (len(found[1]) == asked[found[0]] and found[0] == code_in(text, asked))
    assert code_in("7 1 2", {"7": 2}) is None
    assert code_in("ICU is full", {"ICU": 1}) is None


def test_a_unit_has_answered_when_nothing_is_missing() -> None:
    assert state_of(BEDS, BEDS) is AskState.ANSWERED
    assert state_of(BEDS, BEDS[:1]) is AskState.PARTLY
    assert state_of(BEDS, ()) is AskState.OPEN


def test_completeness_names_what_is_missing() -> None:
    A, P, O = AskState.ANSWERED, AskState.PARTLY, AskState.OPEN  # noqa: E741
    assert completeness({"ICU": A, "ED": A}) == "2 of 2 units answered."
    assert (
        completeness({"ICU": A, "ED": O, "4 West": O, "5 East": P})
        == "1 of 4 units answered; 1 in part: 5 East; 2 missing: ED, 4 West."
    )
    assert "and 3 more" in completeness({f"U{n}": O for n in range(15)})


def test_texts_say_what_is_wanted_by_when_and_offer_a_reply_where_it_is_clear() -> None:
    one = texts.ask(
        "SBMC",
        "America/New_York",
        "Beds now",
        [("ICU", BEDS)],
        due_at=NOW,
        link="http://x/p/s",
        exercise=False,
    )
    assert one.startswith(
        "SBMC: Beds now. Please give the numbers of ICU by 04:00: http://x/p/s Or reply: ICU and"
    )
    assert "such as ICU 12 3 0" in one
    many = texts.ask(
        "SBMC", "America/New_York", "Beds now", [("ICU", BEDS), ("ED", BEDS)],
        due_at=NOW, link="", exercise=True, again=True,
    )  # fmt: skip
    assert many.startswith("EXERCISE. SBMC: Not answered yet. Please give the numbers of ICU, ED by 04:00")
    assert "reply" not in many


def test_the_watchdog_sees_a_chase_and_a_close_that_did_not_happen() -> None:
    poll = Poll(id="p", due_at=NOW, next_chase_at=NOW - 10 * MINUTE)
    assert judge_poll(poll, NOW - 8 * MINUTE) is None
    found = judge_poll(poll, NOW - 7 * MINUTE)
    assert found is not None
    assert "asked again" in found.words
    poll.next_chase_at = None
    assert judge_poll(poll, NOW + 32 * MINUTE) is None
    assert judge_poll(poll, NOW + 33 * MINUTE) is not None
