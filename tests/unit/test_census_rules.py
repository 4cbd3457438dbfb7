"""The census state machine: what each event does, and that order and repetition of delivery do not matter."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.census.rules import CORRECTIONS, KNOWN_EVENTS, Census, fold
from app.census.visits import Base, Effect, Event, Place, State

T0 = datetime(2026, 11, 23, 8, tzinfo=UTC)
ICU, WARD, ED = Place("ICU", "1", "A"), Place("4W", "12", "B"), Place("ED", "", "7")
WAITING = Place("ED")


def ev(kind: str, place: Place | None = None, minute: int = 0, visit: str = "v", **more: object) -> Event:
    at = T0 + timedelta(minutes=minute)
    ident = f"{visit}-{kind}-{minute}"
    return Event(visit, kind, at, more.pop("sent", at), ident, place, **more)  # type: ignore[arg-type]


def run(*steps: tuple[object, ...]) -> Census:
    """Each step: kind, place; one minute apart."""
    return fold(ev(*step, minute=n) for n, step in enumerate(steps))  # type: ignore[arg-type]


CASES = [
    ([("A01", ICU)], State.IN_HOUSE, ICU, "admitted"),
    ([("A01",)], State.IN_HOUSE, None, "admitted"),
    ([("A04", WAITING)], State.REGISTERED, None, "registered"),
    ([("A04", ED)], State.IN_HOUSE, ED, "registered"),
    ([("A05", ICU)], State.EXPECTED, None, "expected"),
    ([("A05",), ("A01", ICU)], State.IN_HOUSE, ICU, "expected admitted"),
    ([("A05",), ("A38",)], State.CANCELLED, None, "undone cancelled"),
    ([("A04", ED), ("A01", ICU)], State.IN_HOUSE, ICU, "registered admitted"),
    ([("A04", ED), ("A01",)], State.IN_HOUSE, ED, "registered admitted"),
    ([("A04", ED), ("A03",)], State.DISCHARGED, ED, "registered left"),
    ([("A01", ICU), ("A01", ICU)], State.IN_HOUSE, ICU, "admitted repeated"),
    ([("A01", ICU), ("A02", WARD)], State.IN_HOUSE, WARD, "admitted moved"),
    ([("A02", WARD)], State.IN_HOUSE, WARD, "moved"),
    ([("A01", ICU), ("A02",)], State.IN_HOUSE, ICU, "admitted unmatched"),
    ([("A01", ICU), ("A03",)], State.DISCHARGED, ICU, "admitted discharged"),
    ([("A01", ICU), ("A03",), ("A03",)], State.DISCHARGED, ICU, "admitted discharged repeated"),
    ([("A03", ICU)], State.DISCHARGED, None, "unmatched"),
    ([("A01", ICU), ("A03",), ("A02", WARD)], State.DISCHARGED, ICU, "admitted discharged unmatched"),
    ([("A01", ICU), ("A03",), ("A01", WARD)], State.IN_HOUSE, WARD, "admitted discharged admitted"),
    # Cancels
    ([("A01", ICU), ("A11",)], State.CANCELLED, None, "undone cancelled"),
    ([("A01", ICU), ("A02", WARD), ("A11",)], State.CANCELLED, None, "undone undone cancelled"),
    ([("A04", ED), ("A01", ICU), ("A11", ICU)], State.IN_HOUSE, ED, "registered undone cancelled"),
    ([("A04", WAITING), ("A01", ICU), ("A11",)], State.REGISTERED, None, "registered undone cancelled"),
    ([("A04", ED), ("A11",)], State.CANCELLED, None, "undone cancelled"),
    ([("A11", ICU)], State.UNKNOWN, None, "unmatched"),
    ([("A01", ICU), ("A03",), ("A11",)], State.DISCHARGED, ICU, "admitted discharged unmatched"),
    ([("A01", ICU), ("A11",), ("A11",)], State.CANCELLED, None, "undone cancelled unmatched"),
    ([("A01", ICU), ("A11",), ("A01", WARD)], State.IN_HOUSE, WARD, "undone cancelled admitted"),
    ([("A01", ICU), ("A02", WARD), ("A12", ICU)], State.IN_HOUSE, ICU, "admitted undone cancelled"),
    # PV1-3 left out, as a public sample does: the last transfer is popped.
    ([("A01", ICU), ("A02", WARD), ("A12",)], State.IN_HOUSE, ICU, "admitted undone cancelled"),
    ([("A01", ICU), ("A02", WARD), ("A02", ED), ("A12",)], State.IN_HOUSE, WARD,
     "admitted moved undone cancelled"),
    ([("A01", ICU), ("A02", WARD), ("A02", ED), ("A12",), ("A12",)], State.IN_HOUSE, ICU,
     "admitted undone undone cancelled cancelled"),
    ([("A01", ICU), ("A12", WARD)], State.IN_HOUSE, ICU, "admitted unmatched"),
    ([("A01", ICU), ("A02", WARD), ("A03",), ("A12",)], State.DISCHARGED, WARD,
     "admitted moved discharged unmatched"),
    ([("A01", ICU), ("A03",), ("A13", WARD)], State.IN_HOUSE, WARD, "admitted undone cancelled"),
    ([("A01", ICU), ("A03",), ("A13",)], State.IN_HOUSE, ICU, "admitted undone cancelled"),
    ([("A01", ICU), ("A13", WARD)], State.IN_HOUSE, ICU, "admitted unmatched"),
    ([("A13", WARD)], State.UNKNOWN, None, "unmatched"),
    # A discharge whose admission was never seen can be cancelled: the patient is there.
    ([("A03", ICU), ("A13", WARD)], State.IN_HOUSE, WARD, "undone cancelled"),
    # Class, leave, swap, and what never moves anybody
    ([("A04", ED), ("A06", ICU)], State.IN_HOUSE, ICU, "registered admitted"),
    ([("A01", ICU), ("A06", WARD)], State.IN_HOUSE, WARD, "admitted reclassified"),
    ([("A01", ICU), ("A07",)], State.IN_HOUSE, ICU, "admitted reclassified"),
    ([("A01", ICU), ("A07", WARD)], State.IN_HOUSE, WARD, "admitted reclassified"),
    ([("A01", ICU), ("A08", WARD)], State.IN_HOUSE, ICU, "admitted none"),
    ([("A01", ICU), ("A09", WARD), ("A10", WARD)], State.IN_HOUSE, ICU, "admitted none none"),
    ([("A01", ICU), ("A17", WARD)], State.IN_HOUSE, WARD, "admitted moved"),
    ([("A01", ICU), ("A21",)], State.ON_LEAVE, ICU, "admitted on_leave"),
    ([("A01", ICU), ("A21",), ("A21",)], State.ON_LEAVE, ICU, "admitted on_leave repeated"),
    ([("A01", ICU), ("A21",), ("A22",)], State.IN_HOUSE, ICU, "admitted on_leave returned"),
    ([("A01", ICU), ("A21",), ("A22", WARD)], State.IN_HOUSE, WARD, "admitted on_leave returned"),
    ([("A01", ICU), ("A21",), ("A03",)], State.DISCHARGED, ICU, "admitted on_leave discharged"),
    ([("A01", ICU), ("A21",), ("A52",)], State.IN_HOUSE, ICU, "admitted undone cancelled"),
    ([("A01", ICU), ("A21",), ("A22",), ("A53",)], State.ON_LEAVE, ICU, "admitted on_leave undone cancelled"),
    ([("A01", ICU), ("A03",), ("A21",)], State.DISCHARGED, ICU, "admitted discharged unmatched"),
    # What a census list says, accepted by a person
    ([("R01", ICU)], State.IN_HOUSE, ICU, "corrected"),
    ([("A01", ICU), ("R01", WARD)], State.IN_HOUSE, WARD, "admitted corrected"),
    ([("A01", ICU), ("R01", Place("ICU"))], State.IN_HOUSE, ICU, "admitted repeated"),
    ([("A01", ICU), ("A03",), ("R01", ICU)], State.IN_HOUSE, ICU, "admitted discharged corrected"),
    ([("R01", ICU), ("A01", WARD)], State.IN_HOUSE, WARD, "corrected admitted"),
    ([("R01", ICU), ("A03",)], State.DISCHARGED, ICU, "corrected left"),
    ([("A01", ICU), ("R03",)], State.DISCHARGED, ICU, "admitted corrected"),
    ([("R03",)], State.UNKNOWN, None, "repeated"),
    # The hospital's own discharge, late, is the one that counts; and who is moved was never gone.
    ([("A01", ICU), ("R03",), ("A03",)], State.DISCHARGED, ICU, "admitted undone discharged"),
    ([("A01", ICU), ("R03",), ("A02", WARD)], State.IN_HOUSE, WARD, "admitted undone moved"),
    ([("A01", ICU), ("R03",), ("A13", WARD)], State.IN_HOUSE, WARD, "admitted undone cancelled"),
    ([("A01", ICU), ("R03",), ("A11",)], State.CANCELLED, None, "undone undone cancelled"),
    ([("A01", ICU), ("A03",), ("R03",)], State.DISCHARGED, ICU, "admitted discharged repeated"),
]  # fmt: skip


@pytest.mark.parametrize(("steps", "state", "place", "effects"), CASES, ids=lambda v: str(v)[:60])
def test_each_event(steps: list[tuple[object, ...]], state: State, place: Place | None, effects: str) -> None:
    census = run(*steps)
    visit = census.visits["v"]
    assert (visit.state, visit.place) == (state, place)
    told = [census.results[f"v-{kind}-{n}"].effect.value for n, (kind, *_) in enumerate(steps)]
    assert " ".join(told) == effects


def test_a_discharge_cancel_goes_to_the_prior_place_when_it_names_no_other() -> None:
    census = fold([ev("A01", ICU), ev("A03", minute=1), ev("A13", None, 2, prior=WARD)])
    assert census.visits["v"].place == WARD


def test_unmatched_says_why() -> None:
    assert run(("A13", WARD)).results["v-A13-0"].why == "no A03 of this visit to cancel"
    assert run(("A01", ICU), ("A03",), ("A11",)).results["v-A11-2"].why == "the visit is discharged"


def test_an_admission_that_comes_late_explains_what_matched_nothing() -> None:
    late, early = ev("A03", minute=5), ev("A01", ICU, 1)
    assert fold([late]).results[late.ident].effect is Effect.UNMATCHED
    assert fold([late, early]).results[late.ident].effect is Effect.DISCHARGED


def test_within_one_second_things_happen_in_their_sense() -> None:
    events = [ev("A13"), ev("A03"), ev("A02", WARD), ev("A01", ICU)]
    assert fold(events).visits["v"].place == WARD
    assert fold(events).visits["v"].state is State.IN_HOUSE


def test_a_feed_that_began_late_still_tells_inpatients_from_visitors() -> None:
    inpatient = fold([ev("A02", WARD, patient_class="I"), ev("A03", minute=1)])
    visitor = fold([ev("A02", WARD, patient_class="O"), ev("A03", minute=1)])
    assert inpatient.results["v-A03-1"].effect is Effect.DISCHARGED
    assert visitor.results["v-A03-1"].effect is Effect.LEFT


def test_a_merge_leaves_one_patient() -> None:
    events = [ev("A01", ICU, 0, "a"), ev("A01", WARD, 1, "b"), ev("A42", None, 2, "a", absorbs="b")]
    census = fold(events)
    assert census.visits["a"].place == ICU
    assert census.visits["b"].state is State.MERGED
    assert census.results["b-A01-1"].effect is Effect.UNDONE


def test_a_merge_hands_the_place_on_and_later_events_find_the_survivor() -> None:
    events = [
        ev("A01", WARD, 0, "b"),
        ev("A42", None, 1, "a", absorbs="b"),
        ev("A02", ICU, 2, "b"),
        ev("A11", None, 3, "a"),
    ]
    census = fold(events[:3])
    assert (census.visits["a"].state, census.visits["a"].place) == (State.IN_HOUSE, ICU)
    census = fold(events)
    assert census.visits["a"].state is State.CANCELLED
    assert census.visits["a"].key == "a"


def test_merges_in_a_circle_end() -> None:
    events = [
        ev("A01", ICU, 0, "a"),
        ev("A42", None, 1, "a", absorbs="b"),
        ev("A42", None, 2, "b", absorbs="a"),
        ev("A42", None, 3, "a", absorbs="a"),
    ]
    assert [v.state for v in fold(events).visits.values()].count(State.IN_HOUSE) == 1


def test_events_that_are_no_longer_kept_cannot_bring_anybody_back() -> None:
    whole = fold([ev("A01", ICU), ev("A03", minute=5)])
    bases = {"v": Base(whole.visits["v"], T0 + timedelta(minutes=5))}
    again = fold([ev("A01", ICU), ev("A13", minute=4)], bases)
    assert again.visits["v"].state is State.DISCHARGED
    assert "no longer kept" in again.results["v-A01-0"].why
    assert fold([ev("A01", WARD, 9)], bases).visits["v"].place == WARD, "a readmission is news"


places = st.sampled_from([None, ICU, WARD, ED, WAITING])
events = st.builds(
    lambda kind, place, minute, visit, other, n: Event(
        visit,
        kind,
        T0 + timedelta(minutes=minute),
        T0 + timedelta(minutes=minute),
        f"{kind}{place}{minute}{visit}{other}{n}",
        place,
        absorbs=other if kind in ("A40", "A42", "A06") else "",
    ),
    st.sampled_from(sorted(KNOWN_EVENTS | CORRECTIONS)),
    places,
    st.integers(0, 30),
    st.sampled_from("abc"),
    st.sampled_from(["", "a", "b", "c"]),
    st.integers(0, 3),
)


@given(st.lists(events, max_size=25), st.data())
def test_order_and_repetition_of_delivery_change_nothing(found: list[Event], data: st.DataObject) -> None:
    again = data.draw(st.lists(st.sampled_from(found), max_size=10)) if found else []
    shuffled = data.draw(st.permutations(found + again))
    assert fold(shuffled) == fold(found)


@given(st.lists(events, max_size=25))
def test_every_event_has_one_result_and_a_reason_when_it_matches_nothing(found: list[Event]) -> None:
    census = fold(found)
    assert set(census.results) == {e.ident for e in found}
    for result in census.results.values():
        assert bool(result.why) == (result.effect is Effect.UNMATCHED)
    for visit in census.visits.values():
        assert visit.state is not State.IN_HOUSE or visit.ended_at is None


CANCELS = ("A11", "A12", "A13", "A38", "A52", "A53")


@given(st.lists(events, max_size=25), st.integers(0, 30))
def test_letting_the_events_of_an_ended_visit_go_changes_nothing_that_comes_after(
    found: list[Event], minute: int
) -> None:
    """But for cancels, which then match nothing."""
    until = T0 + timedelta(minutes=minute)
    alone = [replace(e, absorbs="") for e in found]
    early = [e for e in alone if e.at <= until] + [ev("A03", None, minute, v, sent=until) for v in "abc"]
    ended = {
        key: Base(replace(visit, done=()), until)
        for key, visit in fold(early).visits.items()
        if visit.state in (State.DISCHARGED, State.CANCELLED)
    }
    later = [e for e in alone if e.at > until and e.visit in ended and e.kind not in CANCELS]
    kept, forgotten = fold([*early, *later]), fold(later, ended)
    for key in ended:
        one, other = kept.visits[key], forgotten.visits[key]
        assert (one.state, one.place, one.ended_at) == (other.state, other.place, other.ended_at)
    assert {e.ident: kept.results[e.ident] for e in later} == {
        e.ident: forgotten.results[e.ident] for e in later
    }
