"""Scores as triggers see them: known, surely so high while part of it is old, or not known at all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.surge.definitions import Definition, sentence
from app.surge.facts import Fact, UnitBeds
from app.surge.measures import MEASURES, suits
from app.surge.metrics import METRICS
from app.surge.occupancy import Known, samples
from app.surge.scoring import ORIGINS, SET_UP, live, metrics_of
from app.surge.triggers import Rule, Sample, State, Status, evaluate
from app.surge.windows import UNKNOWN, Bounds

ED = UnitBeds("ed", 40, 44, house=300)
FULL = {
    "ed_patients": 60,
    "ed_boarding": 9,
    "ed_ventilated": 2,
    "ed_longest_boarding_minutes": 600,
    "ed_last_bed_wait_minutes": 180,
    "ed_critical_care": 3,
    "ed_waiting_room": 12,
    "ed_visits_year": 40_000,
    **{f"ed_triage_{n}": count for n, count in zip(range(1, 6), (2, 10, 30, 14, 4), strict=True)},
    "ed_attendings": 4,
    "ed_boarding_minutes": 2_000,
    "ed_offload_p90_minutes": 16,
    "ed_left_unseen_day": 10,
    "ed_arrivals_day": 200,
    "ed_arrival_to_triage_minutes": 5,
    "ed_over_4h": 6,
    "ed_urgent_wait_minutes": 30,
    "ed_boarding_over_2h": 0,
}


def facts(values: dict[str, int], stale: set[str] = frozenset()) -> Any:  # type: ignore[assignment]
    return lambda _unit, metric: Fact(values[metric], metric not in stale) if metric in values else None


def look(measure: str, values: dict[str, int], stale: set[str] = frozenset()) -> Bounds:  # type: ignore[assignment]
    found = MEASURES[measure]
    return found.bounds(found.parts([ED], facts(values, stale)))


def without(*names: str) -> dict[str, int]:
    return {name: value for name, value in FULL.items() if name not in names}


@pytest.mark.parametrize(
    ("measure", "value"),
    [
        ("nedocs", 180),  # 179.72: hours, not minutes; boarders by hospital beds
        ("edwin", 1.4),  # 172 / (4 * (40 - 9))
        ("ed_occupancy", 150),
        ("boarding_hours", 33.3),
        ("icmed", 4),  # offload, left unseen, more patients than spaces, boarders over 10 %
        ("ed_longest_boarding", 600),
    ],
)
def test_each_score_from_whole_numbers(measure: str, value: float) -> None:
    found = look(measure, FULL)
    assert found.known
    assert found.low == pytest.approx(value, abs=0.02)


def test_a_trigger_sees_what_a_person_sees_and_goes_on_beyond_the_scale() -> None:
    person = live("nedocs", [ED], facts(FULL))
    assert person.score.score == 180
    crowded = FULL | {"ed_patients": 160, "ed_boarding": 60}
    assert live("nedocs", [ED], facts(crowded)).score.score == 200
    assert look("nedocs", crowded).low == 496
    assert "no number" not in MEASURES["nedocs"].said(MEASURES["nedocs"].parts([ED], facts(crowded)))


def test_what_is_old_is_provisional_for_a_person_and_a_lower_bound_for_a_trigger() -> None:
    stale = {"ed_boarding"}
    person = live("nedocs", [ED], facts(FULL, stale)).score
    assert (person.score, person.provisional) == (180, True)
    assert look("nedocs", FULL, stale) == Bounds(162, None)
    assert look("nedocs", FULL | {"staffed_beds": 30}, {"staffed_beds"}).low == pytest.approx(168, abs=0.5)
    assert live("nedocs", [ED], facts(without("ed_ventilated"))).score.score is None
    assert look("nedocs", without("ed_ventilated")) == Bounds(153, None)


def test_without_what_it_cannot_do_without_nothing_is_known() -> None:
    assert look("cedocs", FULL, {"ed_visits_year"}) == UNKNOWN
    assert look("edwin", FULL, {"ed_attendings"}) == UNKNOWN
    assert look("edwin", FULL | {"ed_boarding": 40}) == UNKNOWN
    assert look("nedocs", {}) == UNKNOWN
    nowhere = UnitBeds("ed", 40, 44, house=0)
    assert MEASURES["nedocs"].parts([nowhere], facts(FULL)).bounds == UNKNOWN
    assert look("boarding_hours", FULL, {"ed_boarding_minutes"}) == UNKNOWN


def test_icmed_what_nobody_reports_leaves_room_and_what_is_old_leaves_it_open() -> None:
    assert look("icmed", without("ed_left_unseen_day")) == Bounds(3, 4)
    assert look("icmed", FULL, {"ed_over_4h"}) == Bounds(4, None)
    assert look("icmed", without(*FULL)) == UNKNOWN
    person = live("icmed", [ED], facts(without("ed_left_unseen_day"))).score
    assert (person.score, person.band) == (3, "Crowded")


def test_two_departments_add_up_and_the_longest_wait_counts() -> None:
    both = [ED, UnitBeds("fast", 10, 10, house=300)]
    found = live("nedocs", both, facts(FULL))
    by_input = {each.origin.input: each.value for each in found.made}
    assert (by_input["ed_patients"], by_input["ed_beds"], by_input["hospital_beds"]) == (120, 50, 300)
    assert (by_input["longest_admit_hours"], by_input["last_bed_wait_hours"]) == (10, 3)
    one_silent = live("nedocs", both, lambda unit, m: facts(FULL)("", m) if unit == "ed" else None)
    assert one_silent.score.score is None


ANY = st.fixed_dictionaries({name: st.integers(0, 120) for name in metrics_of("nedocs")})


@given(ANY, st.sets(st.sampled_from(metrics_of("nedocs"))), st.sets(st.sampled_from(metrics_of("nedocs"))))
def test_the_true_score_is_never_below_what_is_surely_so(
    values: dict[str, int], stale: set[str], missing: set[str]
) -> None:
    """Whatever the old and the missing numbers really are (never more spaces than there are)."""
    values["staffed_beds"] = min(values["staffed_beds"], ED.physical)
    true = look("nedocs", values)
    told = {name: 0 if name in stale else value for name, value in values.items() if name not in missing}
    if "staffed_beds" in missing and values["staffed_beds"] > ED.staffed:
        return
    sure = look("nedocs", told, stale)
    if sure.low is not None and true.low is not None:
        assert sure.low <= true.low
    assert sure.high is None or sure == true or "staffed_beds" in missing


T0 = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def at(minutes: int) -> datetime:
    return T0 + timedelta(minutes=minutes)


def reported(minutes: int, **changes: int) -> list[tuple[tuple[str, str], Known]]:
    values = {name: FULL[name] for name in metrics_of("nedocs") if name in FULL} | changes
    return [(("ed", name), Known(value, at(minutes))) for name, value in values.items()]


def test_the_one_evaluator_fires_on_a_score_and_what_is_old_does_not_clear_it() -> None:
    rule = Rule("above", 140, on_delay=10, off_delay=10, deadband=20)
    calm = {name: 0 for name in metrics_of("nedocs") if name != "staffed_beds"}
    arrivals = [*reported(0), *reported(20), *reported(40, **calm)]
    seen = samples([ED], {}, arrivals, None, at(60), MEASURES["nedocs"])
    outcome = evaluate(rule, State(), seen, at(60))
    assert [(each.kind, each.at) for each in outcome.transitions if each.kind in ("fired", "cleared")] == [
        ("fired", at(10)),
        ("cleared", at(50)),
    ]
    silent = samples([ED], {}, arrivals[: len(reported(0)) * 2], None, at(600), MEASURES["nedocs"])
    state = evaluate(rule, State(), silent, at(600)).state
    assert (state.fired_at, state.provisional) == (at(10), True)
    assert seen[0].at == T0
    assert (
        samples([ED], {}, [(("ed", "ed_visits_year"), Known(1, T0))], None, at(1), MEASURES["nedocs"]) == []
    )


def test_a_range_clears_only_when_all_of_it_is_clear() -> None:
    rule = Rule("at_least", 3)
    fired = evaluate(rule, State(), [Sample(T0, Bounds(3, 4))], at(0)).state
    assert fired.fired_at == T0
    for bounds, status in (
        (Bounds(2, 3), Status.ACTIVE),
        (Bounds(2, None), Status.ACTIVE),
        (Bounds(1, 2), None),
    ):
        after = evaluate(rule, fired, [Sample(at(1), bounds)], at(1)).state
        assert (after.fired_at is None) is (status is None), bounds
    below = Rule("below", 3)
    assert evaluate(below, State(), [Sample(T0, Bounds(1, 3))], T0).state.status is Status.UNKNOWN
    assert evaluate(below, State(), [Sample(T0, Bounds(3, 5))], T0).state.status is Status.NORMAL


def test_a_rules_own_age_is_not_for_what_is_counted_once_a_year() -> None:
    arrivals = [(("ed", name), Known(FULL[name], at(0))) for name in metrics_of("cedocs") if name in FULL]
    yearly = [(("ed", "ed_visits_year"), Known(40_000, at(-5000)))]
    seen = samples([ED], dict(yearly), arrivals, at(-1), at(5), MEASURES["cedocs"], stale_after=20)
    assert seen[-1].bounds.known


def test_a_rule_on_a_score_is_said_by_its_name() -> None:
    crowded = Definition("x", "nedocs", "ed", Rule("at_least", 141, on_delay=15))
    assert (
        sentence(crowded, "Emergency")
        == "When NEDOCS is at least 141 for 15 minutes, until it is less than 141"
    )


def test_every_input_is_a_metric_and_scores_belong_to_the_emergency_department() -> None:
    for origins in ORIGINS.values():
        assert all(each.metric in METRICS for each in origins if each.metric != SET_UP)
    for slug in ("nedocs", "cedocs", "edwin", "icmed", "boarding_hours", "ed_occupancy"):
        assert suits(MEASURES[slug], "ed")
        assert not suits(MEASURES[slug], "icu")
