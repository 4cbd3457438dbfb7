"""Requests and stock at the API."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from app.incidents.models import Incident
from tests.support.client import PageClient
from tests.support.hospital import Hospital
from tests.support.requests import declared, stocked

pytestmark = pytest.mark.engine("sqlite")

ASK = {
    "priority": "urgent",
    "deliver_to": "Emergency",
    "why": "Patients keep coming",
    "lines": [
        {"sku": "n95_respirator", "quantity": 40},
        {"description": "Light tower", "unit": "each", "quantity": 2},
    ],
}


@pytest.fixture
def incident(act: Any, hospital: Hospital) -> Incident:
    stocked(act, hospital)
    return declared(act, hospital)


@pytest.fixture
def url(incident: Incident) -> str:
    return f"/incidents/{incident.id}/requests"


def test_a_request_from_end_to_end(commander: PageClient, url: str) -> None:
    asked = commander.api("POST", url, 201, ASK)
    one, boxes, towers = f"{url}/{asked['id']}", asked["lines"][0]["id"], asked["lines"][1]["id"]
    assert (asked["number"], asked["state"], asked["version"]) == (1, "submitted", 1)
    granted = {"lines": [{"line_id": towers, "quantity": 0}], "note": "No towers", "version": 1}
    assert commander.api("POST", f"{one}/approve", 201, granted)["state"] == "approved"
    fill = {"line_id": boxes, "quantity": 40, "source": "stock"}
    filled = commander.api("POST", f"{one}/fill", 201, fill, Idempotency_Key="f1")
    assert commander.api("POST", f"{one}/fill", 201, fill, Idempotency_Key="f1") == filled
    assert filled["state"] == "en_route"
    part = {"fill_id": filled["fills"][0]["id"], "quantity": 30}
    assert commander.api("POST", f"{one}/receive", 201, part)["lines"][0]["received"] == 30
    fell = {"fill_id": part["fill_id"], "reason": "Wet boxes"}
    assert commander.api("POST", f"{one}/fall-through", 201, fell)["state"] == "partly_filled"
    assert "reason" in commander.api("POST", f"{one}/close", 422, {})["errors"]
    closed = commander.api("POST", f"{one}/close", 201, {"reason": "Enough"})
    assert closed == commander.api("GET", one, 200)
    assert commander.api("GET", f"{url}?state=open", 200)["items"] == []
    assert len(commander.api("GET", f"{url}?state=ended", 200)["items"]) == 1


def test_what_was_seen_must_still_stand(commander: PageClient, url: str) -> None:
    asked = commander.api("POST", url, 201, ASK)
    one = f"{url}/{asked['id']}"
    commander.api("POST", f"{one}/approve", 201, {"version": 1})
    problem = commander.api("POST", f"{one}/cancel", 409, {"reason": "Changed my mind", "version": 1})
    assert "Ada Quill at 04:00" in problem["detail"]
    problem = commander.api("POST", f"{one}/deny", 409, {"reason": "Too late"})
    assert "approved" in problem["detail"]


@pytest.mark.parametrize(
    ("changes", "field", "says"),
    [
        ({"priority": "asap"}, "priority", "urgent"),
        ({"lines": []}, "lines", "between 1 and 20"),
        ({"lines": [{"sku": "tourniquet", "quantity": 1.5}]}, "lines.0.quantity", "integer"),
        ({"lines": [{"sku": "tourniquet", "quantity": 0}]}, "lines.0.quantity", "1"),
        ({"lines": [{"sku": "unicorn", "quantity": 1}]}, "lines.0.sku", "catalogue"),
        ({"lines": [{"quantity": 1}]}, "lines.0.description", "empty"),
        ({"lines": [{"sku": "tourniquet", "qty": 1}]}, "lines.0.qty", "Unknown"),
        ({"needed_by": "2026-11-23T03:00:00"}, "needed_by", "datetime"),
        ({"needed_by": "2026-11-23T03:00:00-05:00"}, "needed_by", "future"),
        ({"position": "nobody"}, "position", "not open"),
    ],
)
def test_wrong_input_names_the_field(
    commander: PageClient, url: str, changes: dict[str, Any], field: str, says: str
) -> None:
    problem = commander.api("POST", url, 422, ASK | changes)
    assert says in problem["errors"][field][0]
    assert commander.api("GET", url, 200)["items"] == []


def test_staff_may_ask_and_look_and_no_more(app: Flask, hospital: Hospital, url: str) -> None:
    staff = PageClient(app, hospital.staff)
    asked = staff.api("POST", url, 201, ASK)
    one = f"{url}/{asked['id']}"
    staff.api("GET", one, 200)
    for step in ("approve", "deny", "fill", "receive", "fall-through", "close"):
        assert staff.api("POST", f"{one}/{step}", 403, {})["title"] == "You may not do this"
    leader = PageClient(app, hospital.leadership)
    leader.api("POST", url, 403, ASK)
    leader.api("POST", f"{one}/cancel", 403, {"reason": "x"})


def test_a_request_belongs_to_its_incident(
    commander: PageClient, act: Any, hospital: Hospital, url: str
) -> None:
    asked = commander.api("POST", url, 201, ASK)
    other = declared(act, hospital)
    commander.api("GET", f"/incidents/{other.id}/requests/{asked['id']}", 404)
    commander.api("POST", f"/incidents/{other.id}/requests/{asked['id']}/approve", 404, {})


def test_stock_says_what_is_not_known(
    commander: PageClient, app: Flask, hospital: Hospital, url: str
) -> None:
    stock = {item["sku"]: item for item in commander.api("GET", "/facilities/SBMC/stock", 200)["items"]}
    assert stock["n95_respirator"]["on_hand"] == 100
    assert stock["n95_respirator"]["source"] == "counted: first count"
    assert stock["body_bag"]["on_hand"] is None
    made = commander.api("POST", "/facilities/SBMC/stock", 201, {"sku": "body_bag", "on_hand": 12})
    assert (made["on_hand"], made["changed_by"]) == (12, "Ada Quill")
    problem = commander.api("POST", "/facilities/SBMC/stock", 422, {"sku": "unicorn", "on_hand": 1})
    assert "sku" in problem["errors"]
    PageClient(app, hospital.staff).api(
        "POST", "/facilities/SBMC/stock", 403, {"sku": "body_bag", "on_hand": 1}
    )
