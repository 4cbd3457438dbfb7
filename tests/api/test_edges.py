"""Input that no form would make: answered with the field's name, never with a defect."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.support.client import PageClient
from tests.support.hospital import Hospital

DECLARE = {"guide": "mass_casualty_incident", "facility": "SBMC", "exercise": True, "reason": "Drill"}


@pytest.mark.parametrize("text", ["a\0b", "half \ud800 pair"])
def test_what_is_no_text_is_refused_by_name(commander: PageClient, text: str) -> None:
    problem = commander.api("POST", "/incidents", 422, DECLARE | {"reason": text})
    assert list(problem["errors"]) == ["reason"]


@pytest.mark.parametrize(
    "moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "0401-05-07T19:37:13Z"]
)
def test_times_that_no_clock_shows_are_refused(commander: PageClient, moment: str) -> None:
    incident = commander.api("POST", "/incidents", 201, DECLARE)["id"]
    task = {"position": "safety_officer", "text": "Check the exits", "due_at": moment}
    problem = commander.api("POST", f"/incidents/{incident}/tasks", 422, task)
    assert problem["errors"] == {"due_at": ["must lie in the years 1970 to 2199"]}


def test_nul_in_addresses_and_forms(app: Flask, commander: PageClient, hospital: Hospital) -> None:
    assert "address" in commander.api("GET", "/facilities/%00", 422)["errors"]
    assert "cursor" in commander.api("GET", "/incidents?cursor=%00", 422)["errors"]
    PageClient(app).post("/sign-in", {"email": "a\0b", "password": "x"}, 422)
    PageClient(app, hospital.administrator).get("/accounts?q=%00", 422)


def test_bodies_that_are_no_json(commander: PageClient) -> None:
    headers = {"Authorization": f"Bearer {commander.token}"}
    for body, kind in ((b"{", "application/json"), (b"[1]", "application/json"), (b"a=b", "text/plain")):
        response = commander.http.post("/api/v1/incidents", data=body, content_type=kind, headers=headers)
        assert response.status_code in (400, 415, 422), response.text
        assert response.content_type == "application/problem+json"


def test_wrong_methods_say_which_are_right(commander: PageClient) -> None:
    response = commander.http.delete(
        "/api/v1/incidents", headers={"Authorization": f"Bearer {commander.token}"}
    )
    assert response.status_code == 405
    assert set(response.headers["Allow"].split(", ")) >= {"GET", "POST"}
    assert response.get_json()["status"] == 405


def test_an_idempotency_key_that_is_too_long(commander: PageClient) -> None:
    problem = commander.api("POST", "/incidents", 422, DECLARE, Idempotency_Key="k" * 201)
    assert "Idempotency-Key" in problem["errors"]
