"""A bed run by its pages and at the API: one walk each."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from app.core.clock import ManualClock
from app.core.db import Database
from tests.support.client import PageClient
from tests.support.hospital import Hospital
from tests.support.surge import declare, enter
from tests.support.surge import given as reading

pytestmark = pytest.mark.engine("sqlite")


def staffed(db: Database, clock: ManualClock, hospital: Hospital, **beds: int) -> None:
    now = clock.now()
    enter(
        db, hospital.staff, *(reading(u.removeprefix("_"), n, now, "staffed_beds") for u, n in beds.items())
    )


def test_a_guided_run_by_its_pages(
    app: Flask, db: Database, clock: ManualClock, hospital: Hospital, commander: PageClient
) -> None:
    incident = declare(db, hospital.commander, hospital)
    assert "No bed run yet" in commander.get("/capacity/SBMC/bedruns").text
    new = "/capacity/SBMC/bedruns/new"
    page = commander.get(new).text
    assert "Staffed beds to enter first" in page
    assert f"/capacity/SBMC/units/{hospital.units['ICU'].id}" in page
    wanted = {"exercise": "real", "reason": "Bus crash", "units": ["ICU", "4W"], "incident_id": incident.id}
    page = commander.post(new, wanted, 422).text
    assert "Four West, staffed beds not reported" in page
    staffed(db, clock, hospital, ICU=12, _4W=30)
    assert "choose real or exercise" in commander.post(new, wanted | {"exercise": ""}, 422).text
    url = str(commander.post(new, wanted).location).removeprefix("http://localhost")
    page = commander.get(url).text
    assert "0 of 9" in page
    assert "Class 5: risk up to 100 %" in page
    assert "Kelen" in page
    assert 'data-cards-followed="bedrun"' in page
    assert "Confirm: target reached" not in page
    clock.advance(minutes=60)
    commander, nurse = PageClient(app, hospital.commander), PageClient(app, hospital.staff)
    counts = f"{url}/counts"
    nurse.post(counts, {"unit": "4W", "step": "identified", "press": "class_1 1"})
    for step, kind in (("freed", "discharge"), ("cleaned", ""), ("staffed", "")):
        nurse.post(counts, {"unit": "4W", "step": step, "kind": kind, "change": "8"})
        clock.advance(seconds=1)
        nurse.post(counts, {"unit": "ICU", "step": step, "press": f"{kind or '-'} 1"})
    assert (
        "only 1 are counted"
        in nurse.post(counts, {"unit": "ICU", "step": "cleaned", "press": "- -2"}, 422).text
    )
    assert "whole number" in nurse.post(counts, {"unit": "ICU", "step": "cleaned", "change": "x"}, 422).text
    page = nurse.get(f"{url}?step=cleaned").text
    assert "9 of 9" in page
    assert "target reached" in page
    assert "1 bed run under way" in commander.get(f"/incidents/{incident.id}/close").text
    board = commander.get(f"/incidents/{incident.id}").text
    assert "Immediate bed availability" in board
    assert "9 freed, 9 cleaned, 9 staffed" in board
    taken_back = re.findall(rf"{counts}/[^/]+/undo", page)[0]
    nurse.post(taken_back, {"step": "staffed"})
    assert "8 of 9" in nurse.get(url).text
    nurse.post(f"{url}/end", {"how": "reached"}, 403)
    assert "8 of 9 beds count" in commander.post(f"{url}/end", {"how": "reached"}, 409).text
    nurse.post(counts, {"unit": "ICU", "step": "staffed", "press": "- 1"})
    commander.post(f"{url}/end", {"how": "reached"})
    page = commander.get(url).text
    assert "Minutes to each quarter" in page
    assert "60 min" in page
    assert "target reached" in commander.get("/capacity/SBMC/bedruns").text
    assert "Bed run target reached: 9 of 9 beds count" in commander.get("/capacity/SBMC/history").text
    record = commander.get(f"/incidents/{incident.id}/review?group=Surge").text
    assert "Bed run started" in record
    assert "how many minutes each quarter" in record
    assert "Immediate bed availability" in commander.get(f"/incidents/{incident.id}?at=99999").text


def test_a_run_at_the_api(
    db: Database, clock: ManualClock, hospital: Hospital, commander: PageClient
) -> None:
    staffed(db, clock, hospital, ICU=20, _4W=380)
    wanted = {"facility": "SBMC", "reason": "Drill", "exercise": True}
    made = commander.api("POST", "/bedruns", 201, wanted, Idempotency_Key="a")
    assert commander.api("POST", "/bedruns", 201, wanted, Idempotency_Key="a") == made
    assert (made["staffed_beds"], made["target"], made["counted"]) == (400, 80, 0)
    url = f"/bedruns/{made['id']}"
    one = {"unit": "ICU", "step": "freed", "kind": "transfer", "change": 2}
    first = commander.api("POST", f"{url}/counts", 201, one, Idempotency_Key="b")
    assert commander.api("POST", f"{url}/counts", 201, one, Idempotency_Key="b") == first
    seen = commander.api("GET", url, 200)
    freed = {each["unit"]: each["freed"]["transfer"] for each in seen["units"]}
    assert freed == {"4W": 0, "ICU": 2}
    assert seen["projected_at"] is None
    problem = commander.api("POST", f"{url}/counts", 422, one | {"kind": "class_1"})
    assert "discharge, transfer, deferred" in problem["errors"]["kind"][0]
    undone = commander.api("POST", f"{url}/counts/{first['count_id']}/undo", 201)
    assert all(each["freed"]["transfer"] == 0 for each in undone["units"])
    assert commander.api("POST", f"{url}/end", 409, {"reached": True})["detail"].startswith("0 of 80")
    ended = commander.api("POST", f"{url}/end", 201, {"reached": False, "reason": "Enough seen"})
    assert ended["state"] == "stopped"
    assert [run["id"] for run in commander.api("GET", "/bedruns?facility=SBMC", 200)["items"]] == [made["id"]]
