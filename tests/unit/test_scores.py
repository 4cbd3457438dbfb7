"""Scores against worked figures, and against wrong formulas that are in use elsewhere."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.scores import cedocs, nedocs
from app.scores.catalogue import CALCULATORS
from app.scores.score import Score, calculate, half_up

CALM = {
    "ed_patients": 20,
    "ed_beds": 40,
    "admits_in_ed": 0,
    "hospital_beds": 300,
    "ventilated": 0,
    "longest_admit_hours": 0,
    "last_bed_wait_hours": 0,
}


def score(name: str, values: dict[str, Any], **changes: Any) -> Score:
    return calculate(CALCULATORS[name], values | changes)


def why(result: Score) -> str:
    return " ".join(reason.text for reason in result.reasons)


# NEDOCS


def test_nedocs_is_the_sum_of_its_parts() -> None:
    result = score(
        "nedocs",
        CALM,
        ed_patients=60,
        admits_in_ed=9,
        ventilated=2,
        longest_admit_hours=10,
        last_bed_wait_hours=3,
    )
    by_hand = -20 + 85.8 * 60 / 40 + 600 * 9 / 300 + 13.4 * 2 + 0.93 * 10 + 5.64 * 3
    assert result.raw == pytest.approx(by_hand) == pytest.approx(179.72)
    assert (result.score, result.band) == (180, "Severely overcrowded")
    assert sum(reason.adds or 0 for reason in result.reasons) == pytest.approx(result.raw)
    assert {reason.input for reason in result.reasons} >= {"ed_patients", "admits_in_ed", "ventilated"}


@pytest.mark.parametrize(
    ("raw", "shown", "band"),
    [
        (-20, 0, "Not busy"),
        (20.4, 20, "Not busy"),
        (20.755, 21, "Busy"),
        (60.49, 60, "Busy"),
        (60.5, 61, "Extremely busy but not overcrowded"),
        (100.5, 101, "Overcrowded"),
        (140.5, 141, "Severely overcrowded"),
        (180.5, 181, "Dangerously overcrowded"),
        (419, 200, "Dangerously overcrowded"),
    ],
)
def test_nedocs_is_rounded_half_up_and_then_banded(raw: float, shown: int, band: str) -> None:
    assert nedocs.shown_on_scale(raw) == (shown, band)


def test_nedocs_keeps_the_raw_number_beyond_the_scale() -> None:
    result = score("nedocs", CALM, ed_patients=160)
    assert result.raw == pytest.approx(323.2)
    assert (result.score, result.band) == (200, "Dangerously overcrowded")


@pytest.mark.parametrize("field", ["ed_beds", "hospital_beds"])
def test_nedocs_gives_no_number_when_nothing_can_be_divided(field: str) -> None:
    result = score("nedocs", CALM, **{field: 0})
    assert (result.raw, result.score, result.band) == (None, None, None)
    assert "are 0" in why(result)


def test_what_is_missing_is_not_zero() -> None:
    result = score("nedocs", CALM, ventilated=None)
    assert result.score is None
    assert why(result) == "Ventilated ED patients is not known: no number can be given."


def test_a_stale_input_makes_it_provisional_and_says_which() -> None:
    result = calculate(CALCULATORS["nedocs"], CALM, ["ed_patients"])
    assert result.provisional
    assert result.score is not None
    assert "ED patients is out of date" in why(result)
    assert not calculate(CALCULATORS["nedocs"], CALM).provisional


def test_nedocs_is_not_one_of_the_wrong_formulas() -> None:
    """Boarders by ED beds with 13.4 and 0.93 swapped shows 419; another takes 600 times waiting time."""
    values = CALM | {"ed_patients": 33, "ed_beds": 22, "admits_in_ed": 6, "hospital_beds": 300}
    values |= {"ventilated": 2, "longest_admit_hours": 6, "last_bed_wait_hours": 12}
    result = score("nedocs", values)
    by_ed_beds = -20 + 85.8 * 1.5 + 600 * 6 / 22 + 0.93 * 2 + 13.4 * 6 + 5.64 * 12
    assert by_ed_beds == pytest.approx(419, abs=5)
    assert result.raw == pytest.approx(-20 + 128.7 + 12 + 26.8 + 5.58 + 67.68) == pytest.approx(220.76)
    assert abs(result.raw - by_ed_beds) > 150
    waiting_by_processing = -20 + 85.8 * 1.5 + 600 * 12 / 6
    assert abs(result.raw - waiting_by_processing) > 150
    assert nedocs.shown_on_scale(50)[1] == "Busy", "one calculator names the bands one too high"


@given(st.integers(0, 500), st.integers(1, 200), st.integers(0, 100), st.integers(1, 2000))
def test_nedocs_never_falls_when_patients_or_boarders_rise(
    patients: int, beds: int, boarders: int, hospital: int
) -> None:
    values = CALM | {
        "ed_patients": patients,
        "ed_beds": beds,
        "admits_in_ed": boarders,
        "hospital_beds": hospital,
    }
    here = score("nedocs", values)
    assert here.raw is not None
    for field in ("ed_patients", "admits_in_ed"):
        more = score("nedocs", values, **{field: values[field] + 1})
        assert more.raw > here.raw
        assert more.score >= here.score


# CEDOCS

COMMUNITY = {
    "critical_care": 2,
    "longest_admit_hours": 4,
    "waiting_room": 6,
    "ed_patients": 25,
    "ed_beds": 20,
    "annual_visits": 40_000,
    "coefficients": "paper",
}


@pytest.mark.parametrize("coefficients", ["paper", "mdcalc"])
def test_cedocs_counts_the_wait_in_hours(coefficients: str) -> None:
    """One program takes minutes and gives 124.8 points for a wait of 4 hours."""
    with_wait = score("cedocs", COMMUNITY, coefficients=coefficients)
    without = score("cedocs", COMMUNITY, coefficients=coefficients, longest_admit_hours=0)
    assert with_wait.raw - without.raw == pytest.approx(4 * cedocs.WEIGHTS[coefficients].boarding)
    assert with_wait.raw - without.raw < 3


def test_cedocs_spline_signs_sum_to_zero_and_a_large_department_does_not_explode() -> None:
    paper = cedocs.WEIGHTS["paper"]
    assert sum(paper.spline) == pytest.approx(0, abs=1e-9)
    for name, by in cedocs.WEIGHTS.items():
        assert cedocs.spline(18_811, by) == 0
        assert -100 < cedocs.spline(75_000, by) < 0, name
        assert 0 < by.visits * 75_000 + cedocs.spline(75_000, by) < 60, name
    literal = sum(
        -a * 1e-12 * max(75_000 - k, 0) ** 3
        for a, k in zip((1.11, 8.23, 8.20, 1.08), cedocs.KNOTS, strict=True)
    )
    assert literal < -500, "the signs as printed"


def test_cedocs_by_hand_is_doubled_and_banded_like_nedocs() -> None:
    result = score("cedocs", COMMUNITY)
    spline = -1.11e-12 * (40_000 - 18_811) ** 3
    by_hand = -30.39 + 3 * 2 + 0.53 * 4 + 1.16 * 6 + 20.66 * 25 / 20 + 0.00126 * 40_000 + spline
    assert result.raw == pytest.approx(by_hand)
    assert result.score == half_up(2 * by_hand)
    assert result.band == nedocs.shown_on_scale(2 * by_hand)[1]
    assert score("cedocs", COMMUNITY, coefficients="mdcalc").raw != pytest.approx(by_hand)
    assert calculate(CALCULATORS["cedocs"], {**COMMUNITY, "coefficients": None}) == result


def test_cedocs_says_where_it_was_not_found_valid() -> None:
    assert "from 18000 visits" in why(score("cedocs", COMMUNITY, annual_visits=17_999))
    assert "from 18000 visits" not in why(score("cedocs", COMMUNITY, annual_visits=18_000))
    assert score("cedocs", COMMUNITY, ed_beds=0).score is None


# EDWIN, READI

WORK = {
    "esi_1": 1,
    "esi_2": 4,
    "esi_3": 10,
    "esi_4": 6,
    "esi_5": 2,
    "attendings": 3,
    "treatment_bays": 20,
    "boarders": 4,
}


def test_edwin_weighs_the_sickest_most() -> None:
    result = score("edwin", WORK)
    assert result.raw == pytest.approx((5 + 16 + 30 + 12 + 2) / (3 * 16))
    assert (result.score, result.band) == (1.35, "Manageable")
    sicker = score("edwin", WORK, esi_1=2, esi_5=1)
    assert sicker.raw > result.raw


@pytest.mark.parametrize(
    ("patients", "value", "band"),
    [(149, 1.49, "Manageable"), (150, 1.5, "Busy"), (200, 2, "Busy"), (201, 2.01, "Crowded")],
)
def test_edwin_bands(patients: int, value: float, band: str) -> None:
    empty = dict.fromkeys((f"esi_{n}" for n in range(1, 6)), 0)
    result = score("edwin", WORK | empty, esi_5=patients, attendings=1, treatment_bays=100, boarders=0)
    assert (result.score, result.band) == (value, band)


@pytest.mark.parametrize("changes", [{"attendings": 0}, {"boarders": 20}, {"boarders": 25}])
def test_edwin_has_no_value_without_attendings_or_bays(changes: dict[str, int]) -> None:
    result = score("edwin", WORK, **changes)
    assert (result.raw, result.score) == (None, None)
    assert result.reasons


DEMAND = {
    "patients": 30,
    "predicted_arrivals": 8,
    "predicted_departures": 6,
    "treatment_spaces": 20,
    "acuity_1": 5,
    "acuity_2": 10,
    "acuity_3": 10,
    "acuity_4": 5,
    "arrivals_per_hour": 9,
    "provider_rate": 5,
}


def test_readi() -> None:
    result = score("readi", DEMAND)
    assert result.raw == pytest.approx((1.6 + 1.8) * 2.5) == pytest.approx(8.5)
    assert result.band == "Look at the ratios"
    assert "overcrowded" in why(result)
    assert "understaffed" in why(result)
    assert score("readi", DEMAND, patients=10).band == "Demand is met"
    for changes in ({"treatment_spaces": 0}, {"provider_rate": 0}, {f"acuity_{n}": 0 for n in range(1, 5)}):
        assert score("readi", DEMAND, **changes).score is None


# ICMED, boarding

MET = {
    "ambulance_offload_p90_minutes": 15,
    "lwbs_percent": 4.9,
    "arrival_to_triage_minutes": 5,
    "ed_patients": 50,
    "ed_beds": 50,
    "patients_over_4h": 5,
    "longest_urgent_wait_minutes": 30,
    "admitted_waiting": 10,
    "admitted_over_2h": 1,
    "boarders": 5,
}
BROKEN = {
    "ambulance_offload_p90_minutes": 15.1,
    "lwbs_percent": 5,
    "arrival_to_triage_minutes": 5.1,
    "ed_beds": 49,
    "patients_over_4h": 6,
    "longest_urgent_wait_minutes": 31,
    "admitted_over_2h": 2,
    "boarders": 6,
}


def test_icmed_on_its_limits_nothing_is_violated() -> None:
    result = score("icmed", MET)
    assert (result.score, result.band, result.provisional) == (0, "Not crowded", False)


@pytest.mark.parametrize("field", BROKEN)
def test_icmed_each_item_beyond_its_limit_is_violated_and_named(field: str) -> None:
    result = score("icmed", MET, **{field: BROKEN[field]})
    assert result.score == 1
    assert sum(reason.text.startswith("Violated") for reason in result.reasons) == 1


def test_icmed_three_are_crowded_and_eight_are_all() -> None:
    names = list(BROKEN)
    assert score("icmed", MET, **{n: BROKEN[n] for n in names[:2]}).band == "Not crowded"
    assert score("icmed", MET, **{n: BROKEN[n] for n in names[:3]}).band == "Crowded"
    assert score("icmed", MET | BROKEN).score == 8


def test_icmed_without_some_items_is_provisional_only_while_they_could_matter() -> None:
    one_unknown = score("icmed", MET, lwbs_percent=None)
    assert (one_unknown.score, one_unknown.provisional) == (0, False)
    two = MET | {n: BROKEN[n] for n in list(BROKEN)[3:5]}
    assert score("icmed", two, lwbs_percent=None).provisional
    crowded = MET | {n: BROKEN[n] for n in list(BROKEN)[3:6]}
    assert not score("icmed", crowded, lwbs_percent=None).provisional
    assert score("icmed", {}).score is None


def test_boarding_hours() -> None:
    result = score("boarding_hours", {"waits_hours": [1.5, 4, 10.25]})
    assert (result.raw, result.score, result.provisional) == (15.75, 15.8, False)
    assert score("boarding_hours", {"waits_hours": []}).score == 0
    assert score("boarding_hours", {"waits_hours": [2, None]}).provisional
    assert score("boarding_hours", {"waits_hours": [None]}).score is None


@pytest.mark.parametrize(
    ("value", "digits", "rounded"),
    [(20.5, 0, 21), (0.5, 0, 1), (2.675, 2, 2.68), (1.005, 2, 1.01), (20.499999, 0, 20)],
)
def test_half_up(value: float, digits: int, rounded: float) -> None:
    assert half_up(value, digits) == rounded


def test_every_input_is_defined_in_words() -> None:
    for calculator in CALCULATORS.values():
        for wanted in calculator.inputs:
            assert wanted.label, (calculator.name, wanted.name)
            assert wanted.definition.endswith("."), (calculator.name, wanted.name)
