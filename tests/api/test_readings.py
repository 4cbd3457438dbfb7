"""Readings and capacity at the API."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from app.core.clock import ManualClock, iso
from app.core.db import Database
from tests.support.client import PageClient
from tests.support.hospital import Hospital, build
from tests.support.surge import count, hold

pytestmark = pytest.mark.engine("sqlite")


@pytest.fixture
def reading(clock: ManualClock) -> dict[str, object]:
    return {
        "facility": "SBMC",
        "unit": "ICU",
        "metric": "occupied_beds",
        "value": 9,
        "observed_at": iso(clock.now()),
    }


def test_one_reading_a_list_and_a_wrapped_list(commander: PageClient, reading: dict[str, object]) -> None:
    one = commander.api("POST", "/readings", 201, reading)
    assert one == {"accepted": 1, "unchanged": 0, "corrected": 0, "refused": [], "warnings": []}
    assert commander.api("POST", "/readings", 201, reading)["unchanged"] == 1
    assert commander.api("POST", "/readings", 201, [reading | {"value": 10}])["corrected"] == 1
    both = {"items": [reading | {"unit": "ED"}, reading | {"unit": "4W"}]}
    assert commander.api("POST", "/readings", 201, both)["accepted"] == 2


def test_some_refused_are_named_by_place_and_field(
    commander: PageClient, reading: dict[str, object], clock: ManualClock
) -> None:
    rows = [
        reading,
        reading | {"value": "nine"},
        reading | {"unit": "XX"},
        {k: v for k, v in reading.items() if k != "observed_at"},
        reading | {"observed_at": "2026-11-23T09:00:00"},
        reading | {"observed_at": iso(clock.now() + timedelta(minutes=6))},
        reading | {"metric": "mood"},
        reading | {"value": -1},
        reading | {"valeu": 3},
        reading | {"value": 9.5},
        "what",
    ]
    answer = commander.api("POST", "/readings", 207, rows)
    assert answer["accepted"] == 1
    assert [(r["index"], *r["errors"]) for r in answer["refused"]] == [
        (1, "value"),
        (2, "unit"),
        (3, "observed_at"),
        (4, "observed_at"),
        (5, "observed_at"),
        (6, "metric"),
        (7, "value"),
        (8, "valeu"),
        (9, "value"),
        (10, "body"),
    ]
    assert "staffed_beds" in answer["refused"][5]["errors"]["metric"][0]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"value": None}, "value"),
        ({"value": 100_001}, "value"),
        ({"facility": "NOPE"}, "facility"),
        ({"unit": "NOPE"}, "unit"),
        ({"observed_at": "yesterday"}, "observed_at"),
        ({"source": ""}, "source"),
    ],
)
def test_a_single_wrong_reading_is_a_problem_that_names_the_field(
    commander: PageClient, reading: dict[str, object], change: dict[str, object], field: str
) -> None:
    problem = commander.api("POST", "/readings", 422, reading | change)
    assert list(problem["errors"]) == [field]
    assert field in problem["detail"]


def test_in_a_list_nothing_taken_names_place_and_field(
    commander: PageClient, reading: dict[str, object]
) -> None:
    problem = commander.api("POST", "/readings", 422, [reading | {"value": -1}, reading | {"unit": "XX"}])
    assert list(problem["errors"]) == ["items.0.value", "items.1.unit"]


@pytest.mark.parametrize("body", [None, [], {"items": []}, {"items": 3}, {"items": [], "more": 1}, 7, "x"])
def test_a_body_of_another_shape_says_what_is_wanted(commander: PageClient, body: object) -> None:
    problem = commander.api("POST", "/readings", 422, body)
    assert problem["errors"]


def test_who_may_enter_and_where(
    app: Flask, db: Database, hospital: Hospital, reading: dict[str, object]
) -> None:
    assert PageClient(app, hospital.staff).api("POST", "/readings", 201, reading)
    PageClient(app, hospital.leadership).api("POST", "/readings", 403, reading)
    elsewhere = db.transact(build, "QRCH", "Quill River")
    problem = PageClient(app, elsewhere.staff).api("POST", "/readings", 422, reading)
    assert "facility" in problem["errors"]
    PageClient(app, elsewhere.staff).api("GET", "/facilities/SBMC/capacity", 403)


def test_capacity_shows_values_ages_sums_and_what_is_missing(
    commander: PageClient, db: Database, clock: ManualClock, hospital: Hospital
) -> None:
    before = commander.api("GET", "/facilities/SBMC/capacity", 200)
    assert before["version"] == 0
    icu = next(u for u in before["units"] if u["unit"] == "ICU")
    assert (icu["occupied"], icu["available"], icu["occupancy_percent"], icu["readings"]) == (
        None,
        None,
        None,
        {},
    )
    hold(db, clock, hospital, 120, ICU=11)
    answer = commander.api("GET", "/facilities/SBMC/capacity", 200)
    assert answer["version"] > 0
    icu = next(u for u in answer["units"] if u["unit"] == "ICU")
    assert (icu["occupied"], icu["available"], icu["occupancy_percent"]) == (11, 1, 91.6)
    assert icu["readings"]["occupied_beds"]["source"] == "huddle"
    ward = next(c for c in answer["classes"] if c["unit_class"] == "med_surg")
    assert (ward["occupied"], ward["missing"]) == (None, ["Four West"])
    assert answer["recommendation"]["label"] == "Watch"
    assert answer["level"] is None
    fired = [t["slug"] for t in answer["triggers"] if t["firing"]]
    assert fired == ["icu_tight"]
    clock.advance(minutes=90)
    icu = next(
        u for u in commander.api("GET", "/facilities/SBMC/capacity", 200)["units"] if u["unit"] == "ICU"
    )
    assert icu["occupied"] is None
    assert icu["readings"]["occupied_beds"]["fresh"] is False


def test_an_unknown_hospital_is_not_found(commander: PageClient, hospital: Hospital) -> None:
    commander.api("GET", "/facilities/NOPE/capacity", 404)


def test_a_stale_count_raises_the_version(
    commander: PageClient, db: Database, clock: ManualClock, hospital: Hospital
) -> None:
    from app.surge.actions import look_again
    from tests.support.surge import PROGRAM

    count(db, clock, hospital, ICU=5)
    db.transact(look_again, PROGRAM)
    assert commander.api("GET", "/facilities/SBMC/capacity", 200)["version"] == 1
    clock.advance(minutes=90)
    db.transact(look_again, PROGRAM)
    assert commander.api("GET", "/facilities/SBMC/capacity", 200)["version"] == 2


def test_a_repeated_key_gives_the_same_answer(commander: PageClient, reading: dict[str, object]) -> None:
    first = commander.api("POST", "/readings", 207, [reading, {}], Idempotency_Key="k1")
    assert commander.api("POST", "/readings", 207, [reading, {}], Idempotency_Key="k1") == first
    commander.api("POST", "/readings", 422, [reading], Idempotency_Key="k1")
