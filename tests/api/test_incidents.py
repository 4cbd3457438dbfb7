"""Incidents at the API."""

from __future__ import annotations

from tests.support.client import PageClient
from tests.support.hospital import Hospital

DECLARE = {
    "guide": "mass_casualty_incident",
    "facility": "SBMC",
    "exercise": False,
    "activation_level": "partial",
    "reason": "Bus crash on Route 9, 30 hurt",
}


def test_declare_copies_the_guide_and_puts_the_declarer_in_command(commander: PageClient) -> None:
    made = commander.api("POST", "/incidents", 201, DECLARE)
    assert made["number"] == "SBMC-2026-0001"
    assert made["state"] == "active"
    found = commander.api("GET", f"/incidents/{made['id']}", 200)
    assert found == made


def test_the_same_idempotency_key_declares_once(commander: PageClient) -> None:
    first = commander.api("POST", "/incidents", 201, DECLARE, Idempotency_Key="k1")
    again = commander.api("POST", "/incidents", 201, DECLARE, Idempotency_Key="k1")
    assert first == again
    assert len(commander.api("GET", "/incidents", 200)["items"]) == 1
    other = DECLARE | {"reason": "Something else"}
    problem = commander.api("POST", "/incidents", 422, other, Idempotency_Key="k1")
    assert "Idempotency-Key" in problem["errors"]


def test_wrong_input_names_the_field_and_what_is_allowed(commander: PageClient) -> None:
    problem = commander.api("POST", "/incidents", 422, DECLARE | {"guide": "alien_landing"})
    assert "mass_casualty_incident" in problem["errors"]["guide"][0]
    problem = commander.api("POST", "/incidents", 422, DECLARE | {"facility": "NOPE"})
    assert "SBMC" in problem["errors"]["facility"][0]
    problem = commander.api("POST", "/incidents", 422, DECLARE | {"exersise": True})
    assert "exersise" in problem["errors"]


def test_staff_may_look_but_not_declare(app, hospital: Hospital) -> None:  # type: ignore[no-untyped-def]
    staff = PageClient(app, hospital.staff)
    assert staff.api("GET", "/incidents", 200) == {"items": [], "next": None}
    assert staff.api("POST", "/incidents", 403, DECLARE)["title"] == "You may not do this"


def test_without_a_token_nothing_is_shown(client: PageClient) -> None:
    response = client.http.get("/api/v1/incidents")
    assert response.status_code == 401
    assert response.content_type == "application/problem+json"
    assert response.headers["WWW-Authenticate"] == "Bearer"
