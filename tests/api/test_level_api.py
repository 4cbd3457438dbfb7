"""The surge level at the API: seen, set, confirmed and declined as a person."""

from __future__ import annotations

import pytest
from flask import Flask

from app.core.clock import ManualClock
from app.core.db import Database
from tests.support.client import PageClient
from tests.support.hospital import Hospital
from tests.support.surge import count, declare, hold

pytestmark = pytest.mark.engine("sqlite")
LEVEL = "/facilities/SBMC/level"


def test_from_a_recommendation_into_crisis_and_back(
    app: Flask, db: Database, clock: ManualClock, hospital: Hospital
) -> None:
    hold(db, clock, hospital, 60, ICU=12)
    incident = declare(db, hospital.commander, hospital)
    api = PageClient(app, hospital.commander).api
    found = api("GET", LEVEL, 200)
    assert (found["label"], found["band"], found["drivers"], found["set_by"]) == (
        "Normal",
        "conventional",
        [],
        None,
    )
    assert found["provisional"], "Four West and the emergency department have not been counted"
    recommended = found["recommendation"]
    assert (recommended["label"], recommended["band"], recommended["drivers"]) == (
        "Severe surge",
        "contingency",
        ["space"],
    )
    (why,) = recommended["reasons"]
    assert (why["resource"], why["version"], why["title"]) == ("space", 1, "Intensive care full")
    assert "12 of 12" in why["said"]
    api("POST", f"/surge/recommendations/{recommended['id']}/confirm", 422, {"reason": ""})
    confirm = {"reason": "Full", "incident_id": incident.id}
    found = api("POST", f"/surge/recommendations/{recommended['id']}/confirm", 201, confirm)
    assert (found["label"], found["drivers"], found["recommendation"]) == ("Severe surge", ["space"], None)
    late = api("POST", f"/surge/recommendations/{recommended['id']}/decline", 409, {"reason": "No"})
    assert "confirmed by Ada Quill" in late["detail"]

    crisis = {"resource": "staff", "band": "crisis", "reason": "No nurse for ten patients"}
    assert "type your name" in api("POST", LEVEL, 422, crisis)["detail"]
    own = {**crisis, "name": "Ada Quill"}
    assert "by itself" in api("POST", LEVEL, 422, {**own, "guide": "staff_shortage"})["detail"]
    assert (
        "name the one" in api("POST", LEVEL, 422, {"rank": 5, "reason": "x", "name": "Ada Quill"})["detail"]
    )
    found = api("POST", LEVEL, 201, own)
    assert (found["label"], found["band"], found["drivers"]) == ("Crisis care", "crisis", ["staff"])
    sides = {each["resource"]: each for each in found["resources"]}
    assert (sides["space"]["band"], sides["space"]["asks"], sides["stuff"]["band"]) == (
        "contingency",
        "contingency",
        "conventional",
    )

    down = {"rank": 4, "reason": "Forty nurses came"}
    assert "fresh numbers" in api("POST", LEVEL, 409, down)["detail"]
    count(db, clock, hospital, ICU=12, ED=5, _4W=5)
    assert "staffed to start again" in api("POST", LEVEL, 422, down)["detail"]
    found = api("POST", LEVEL, 201, {**down, "restart": True})
    assert (found["label"], found["band"], found["drivers"], found["provisional"]) == (
        "Critical",
        "contingency",
        ["staff", "space"],
        False,
    )
    for wrong in (
        {},
        {"rank": 2, "resource": "staff", "band": "crisis"},
        {"resource": "staff"},
        {"rank": 77},
    ):
        api("POST", LEVEL, 422, {"reason": "x", **wrong})
    named = api("GET", "/facilities/SBMC/levels", 200)
    assert (named["version"], [each["rank"] for each in named["levels"]]) == (0, [0, 1, 2, 3, 4, 5])
    leader = PageClient(app, hospital.leadership)
    leader.api("GET", LEVEL, 200)
    leader.api("POST", LEVEL, 403, {"rank": 1, "reason": "Because"})
