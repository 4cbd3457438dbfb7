"""Assignments, tasks, objectives, notes and command at the API."""

from __future__ import annotations

import pytest
from flask import Flask

from app.core.db import Database
from app.incidents.models import Incident
from tests.support.client import PageClient
from tests.support.hospital import Hospital
from tests.support.incidents import declared

CHIEF = "operations_section_chief"


@pytest.fixture
def incident(db: Database, hospital: Hospital) -> Incident:
    return declared(db, hospital)


@pytest.fixture
def base(incident: Incident) -> str:
    return f"/incidents/{incident.id}"


def test_fill_a_position_once_and_end_it(commander: PageClient, base: str, hospital: Hospital) -> None:
    gita, ben = hospital.people[6], hospital.people[1]
    made = commander.api("POST", f"{base}/assignments", 201, {"position": CHIEF, "person_id": gita.id})
    assert (made["person_name"], made["source"], made["also_holds"]) == ("Gita Lund", "by_hand", [])
    problem = commander.api("POST", f"{base}/assignments", 409, {"position": CHIEF, "person_id": ben.id})
    assert "Gita Lund since 04:00" in problem["detail"]
    ended = commander.api("POST", f"{base}/assignments/{made['id']}/end", 201, {"reason": "Rest"})
    assert ended["ended_at"] is not None
    everyone = commander.api("GET", f"{base}/assignments?position={CHIEF}", 200)
    assert [a["id"] for a in everyone["items"]] == [made["id"]]
    assert commander.api("GET", f"{base}/assignments?position={CHIEF}&active=true", 200)["items"] == []
    assert len(commander.api("GET", f"{base}/assignments?active=true", 200)["items"]) == 1


def test_a_double_assignment_is_told(
    db: Database, commander: PageClient, base: str, hospital: Hospital, incident: Incident
) -> None:
    other = declared(db, hospital, guide="utility_failure")
    gita = {"position": CHIEF, "person_id": hospital.people[6].id}
    commander.api("POST", f"{base}/assignments", 201, gita)
    again = commander.api("POST", f"/incidents/{other.id}/assignments", 201, gita)
    assert again["also_holds"] == [f"Operations Section Chief in {incident.number}"]


def test_wrong_assignments_name_the_field(commander: PageClient, base: str, hospital: Hospital) -> None:
    someone = hospital.people[6].id
    cases = [
        ({"position": CHIEF, "person_id": "7"}, "person_id"),
        ({"position": CHIEF, "person_id": "00000000-0000-7000-8000-000000000000"}, "person_id"),
        ({"position": "bridge_officer", "person_id": someone}, "position"),
        ({"person_id": someone}, "position"),
        ({"position": CHIEF, "person_id": someone, "eta": 5}, "eta"),
    ]
    for body, field in cases:
        assert field in commander.api("POST", f"{base}/assignments", 422, body)["errors"]


def test_the_commander_is_transferred_not_ended(commander: PageClient, base: str) -> None:
    (held,) = commander.api("GET", f"{base}/assignments?active=true", 200)["items"]
    problem = commander.api("POST", f"{base}/assignments/{held['id']}/end", 409, {"reason": "Tired"})
    assert "transfer" in problem["detail"]


def test_tasks_are_added_done_reopened_and_set_aside(commander: PageClient, base: str) -> None:
    body = {"position": CHIEF, "text": "Open triage", "due_at": "2026-11-23T10:00:00Z"}
    task = commander.api("POST", f"{base}/tasks", 201, body)
    assert (task["state"], task["due_at"]) == ("open", "2026-11-23T10:00:00+00:00")
    url = f"{base}/tasks/{task['id']}"
    assert commander.api("POST", f"{url}/done", 201, {"note": "At 04:20"})["note"] == "At 04:20"
    assert "already" in commander.api("POST", f"{url}/done", 409, {})["detail"]
    assert commander.api("POST", f"{url}/reopen", 201, {})["state"] == "open"
    assert "reason" in commander.api("POST", f"{url}/not-applicable", 422, {})["errors"]
    aside = commander.api("POST", f"{url}/not-applicable", 201, {"reason": "No triage here"})
    assert aside["state"] == "not_applicable"
    ended = commander.api("GET", f"{base}/tasks?state=ended", 200)["items"]
    assert [t["id"] for t in ended] == [task["id"]]
    assert "due_at" in commander.api("POST", f"{base}/tasks", 422, body | {"due_at": "soon"})["errors"]
    assert (
        "due_at"
        in commander.api("POST", f"{base}/tasks", 422, body | {"due_at": "2026-11-23T10:00"})["errors"]
    )


def test_lists_come_in_pages(commander: PageClient, base: str) -> None:
    seen: list[str] = []
    cursor = ""
    while True:
        found = commander.api("GET", f"{base}/tasks?limit=7{cursor}", 200)
        seen += [t["id"] for t in found["items"]]
        if found["next"] is None:
            break
        cursor = f"&cursor={found['next']}"
    assert len(seen) == len(set(seen)) > 14
    assert "cursor" in commander.api("GET", f"{base}/tasks?cursor=abc", 422)["errors"]


def test_objectives(commander: PageClient, base: str) -> None:
    made = commander.api("POST", f"{base}/objectives", 201, {"text": "Open triage", "priority": 1})
    assert (made["priority"], made["state"]) == (1, "open")
    assert len(commander.api("GET", f"{base}/objectives", 200)["items"]) == 7
    ended = commander.api("POST", f"{base}/objectives/{made['id']}/end", 201, {"state": "met"})
    assert ended["state"] == "met"
    assert (
        "priority" in commander.api("POST", f"{base}/objectives", 422, {"text": "x", "priority": 0})["errors"]
    )


def test_notes_keep_both_times(commander: PageClient, base: str) -> None:
    told = {"text": "Police closed the road", "occurred_at": "2026-11-23T08:30:00Z"}
    note = commander.api("POST", f"{base}/notes", 201, told)
    assert note["occurred_at"] == "2026-11-23T08:30:00+00:00"
    assert note["recorded_at"] == "2026-11-23T09:00:00+00:00"
    future = told | {"occurred_at": "2026-11-23T09:30:00Z"}
    assert "future" in commander.api("POST", f"{base}/notes", 422, future)["errors"]["occurred_at"][0]


def test_command_is_offered_and_accepted(
    app: Flask, commander: PageClient, base: str, hospital: Hospital
) -> None:
    administrator = PageClient(app, hospital.administrator)
    offer = {"person_id": hospital.administrator.person_id, "briefing": "Thirty hurt"}
    made = commander.api("POST", f"{base}/command/offer", 201, offer)
    assert made["state"] == "open"
    assert commander.api("POST", f"{base}/command/accept", 403)["status"] == 403
    taken = administrator.api("POST", f"{base}/command/accept", 201)
    assert (taken["source"], taken["person_name"]) == ("transfer", "Edda Roth")
    assert administrator.api("POST", f"{base}/command/accept", 409)["status"] == 409


def test_positions_are_opened_once(commander: PageClient, base: str) -> None:
    opened = commander.api("POST", f"{base}/positions", 201, {"slug": "staging_manager"})
    assert opened["title"] == "Staging Manager"
    commander.api("POST", f"{base}/positions", 409, {"slug": "staging_manager"})
    slugs = [p["slug"] for p in commander.api("GET", f"{base}/positions", 200)["items"]]
    assert "staging_manager" in slugs
    assert slugs[0] == "incident_commander"


def test_the_level_changes_with_a_reason(commander: PageClient, base: str) -> None:
    level = {"activation_level": "full", "reason": "Second bus"}
    assert commander.api("POST", f"{base}/level", 201, level)["activation_level"] == "full"
    assert "reason" in commander.api("POST", f"{base}/level", 422, {"activation_level": "full"})["errors"]


def test_the_library(commander: PageClient) -> None:
    guides = commander.api("GET", "/guides", 200)
    assert guides["next"] is None
    assert len(guides["items"]) == 16
    assert guides["items"][0]["tasks"][0]["due_minutes"] > 0
    positions = commander.api("GET", "/positions", 200)["items"]
    assert len(positions) == 76
    assert positions[0]["slug"] == "incident_commander"


def test_hospitals_and_units(commander: PageClient) -> None:
    assert [f["code"] for f in commander.api("GET", "/facilities", 200)["items"]] == ["SBMC"]
    found = commander.api("GET", "/facilities/SBMC", 200)
    assert {u["code"] for u in found["units"]} == {"ICU", "4W", "ED"}
    assert "NOPE" in commander.api("GET", "/facilities/NOPE", 404)["detail"]


def test_phones_leave_the_roster_masked(app: Flask, commander: PageClient, hospital: Hospital) -> None:
    people = commander.api("GET", "/people?q=nurse", 200)["items"]
    assert {p["name"] for p in people} == {"Cleo Vance", "Finn Sayer", "Hal Brook"}
    assert hospital.phone(2) not in str(people)
    assert people[0]["contacts"][0]["address"].startswith("••")
    one = commander.api("GET", f"/people/{people[0]['id']}", 200)
    assert one == people[0]
    assert commander.api("GET", "/people?facility=NOPE", 422)["errors"]["facility"]
    staff = PageClient(app, hospital.staff)
    assert staff.api("GET", "/people", 403)["status"] == 403


def test_a_roster_of_another_hospital_stays_there(app: Flask, db: Database, commander: PageClient) -> None:
    from tests.support.hospital import build

    other = db.transact(build, code="TLH", name="Tamarack Lake Hospital")
    names = [p["facility_id"] for p in commander.api("GET", "/people", 200)["items"]]
    assert other.facility.id not in names
    assert commander.api("GET", f"/people/{other.people[0].id}", 403)["status"] == 403
