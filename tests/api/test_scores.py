"""Scores at the API and on their pages."""

from __future__ import annotations

import pytest
from flask import Flask

from app.scores.catalogue import CALCULATORS
from tests.support.client import PageClient

NEDOCS = {"ed_patients": 60, "ed_beds": 40, "admits_in_ed": 9, "hospital_beds": 300, "ventilated": 2,
          "longest_admit_hours": 10, "last_bed_wait_hours": 3}  # fmt: skip
pytestmark = pytest.mark.engine("sqlite")


def test_a_score_comes_with_its_make_up(commander: PageClient) -> None:
    found = commander.api("POST", "/scores/nedocs", 200, NEDOCS)
    assert (found["name"], found["score"], found["band"]) == ("nedocs", 180, "Severely overcrowded")
    assert found["raw"] == pytest.approx(179.72)
    assert found["provisional"] is False
    assert {"ed_patients", "ventilated"} <= {reason["input"] for reason in found["reasons"]}
    stale = commander.api("POST", "/scores/nedocs", 200, NEDOCS | {"stale": ["ed_patients"]})
    assert (stale["provisional"], stale["score"]) == (True, 180)


def test_no_number_is_said_as_none_with_a_reason(commander: PageClient) -> None:
    found = commander.api("POST", "/scores/nedocs", 200, NEDOCS | {"ed_beds": 0})
    assert (found["raw"], found["score"], found["band"]) == (None, None, None)
    assert found["reasons"][0]["input"] == "ed_beds"


def test_wrong_input_names_the_field_and_what_is_allowed(commander: PageClient) -> None:
    wrong = {
        "ed_patients": -1,
        "ventilated": 1.5,
        "last_bed_wait_hours": "long",
        "stale": ["nothing"],
        "beds": 1,
    }
    errors = commander.api("POST", "/scores/nedocs", 422, wrong)["errors"]
    assert set(errors) == {"ed_patients", "ventilated", "last_bed_wait_hours", "stale.0", "beds", "ed_beds",
                           "admits_in_ed", "hospital_beds", "longest_admit_hours"}  # fmt: skip
    assert "0" in errors["ed_patients"][0]
    unit = {"units": [{"unit": "ICU", "kind": "spaceship", "census": None}]}
    errors = commander.api("POST", "/scores/nurse_need", 422, unit)["errors"]
    assert "icu" in errors["units.0.kind"][0]
    assert "units.0.census" in errors


def test_every_score_is_in_the_description_of_the_api(app: Flask, commander: PageClient) -> None:
    from app.web.api import spec

    paths = spec()["paths"]
    for name in CALCULATORS:
        body = paths[f"/api/v1/scores/{name}"]["post"]["requestBody"]["content"]["application/json"]["schema"]
        assert body["$ref"].endswith("In")
    assert commander.api("POST", "/scores/nothing", 404)["status"] == 404
