"""The census goes on as readings, is held against the house's own list, and lets old messages go."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.census import actions, ticks
from app.census.audits import judge_list
from app.census.feed_queries import watched
from app.census.feeding import SOURCE
from app.census.models import AdtEvent, AdtVisit, CensusList
from app.core.clock import ManualClock
from app.core.db import Database
from app.core.errors import Conflict, Forbidden
from app.surge.actions import Given, enter
from app.surge.models import LatestReading, Reading
from tests.support.adt import adt, look, minute, occupied, send
from tests.support.client import PageClient
from tests.support.hospital import Hospital

WANTED = {
    "feeds": True,
    "every_seconds": 60,
    "differs_by": 2,
    "accepts_up_to": 0,
    "silent_days": 14,
    "list_daily": True,
}


def switch(act: Any, hospital: Hospital, **changes: Any) -> None:
    act(actions.set_census, hospital.administrator, hospital.facility.id, **(WANTED | changes))


def latest(db: Database, hospital: Hospital) -> dict[tuple[str, str], tuple[int, str]]:
    names = {unit.id: code for code, unit in hospital.units.items()}
    with db.read() as session:
        rows = session.scalars(sa.select(LatestReading)).all()
    return {(names[r.unit_id], r.metric): (r.value, r.source) for r in rows}


def bed(place: str, status: str, at: str) -> str:
    return adt("A20", "", at=at).split("PID")[0] + f"NPU|{place}|{status}\r"


def test_counts_go_in_as_readings_once_for_all_that_came_together(
    app: Flask, act: Any, hospital: Hospital, db: Database, clock: ManualClock, commander: PageClient
) -> None:
    rt = app.extensions["muster"]
    send(commander, adt("A01", "V1", "ICU^1^A", at=minute(50)) + adt("A01", "V2", "ICU^2^A", at=minute(55)))
    ticks.feed(rt)
    assert latest(db, hospital) == {}, "nobody has switched it on"
    with pytest.raises(Forbidden):
        act(actions.set_census, hospital.commander, hospital.facility.id, **WANTED)
    switch(act, hospital)
    ticks.feed(rt)
    ticks.feed(rt)
    # The other units have never been named: not known, and not zero. No bed status has come.
    assert latest(db, hospital) == {("ICU", "occupied_beds"): (2, SOURCE)}
    with db.read() as session:
        (reading,) = session.scalars(sa.select(Reading)).all()
    assert reading.observed_at == clock.now() - timedelta(minutes=5), "as old as what the messages tell of"

    # Within the same minute nothing more goes in; then all of it, as one count of each unit.
    send(commander, adt("A01", "V3", "4W^1^A", at=minute(58)) + adt("A03", "V1", at=minute(59)))
    send(commander, bed("ICU^2^A", "I", minute(59)) + bed("ICU^9^A", "C", minute(59)))
    ticks.feed(rt)
    assert latest(db, hospital)["ICU", "occupied_beds"] == (2, SOURCE)
    clock.advance(seconds=61)
    ticks.feed(rt)
    assert latest(db, hospital) == {
        ("ICU", "occupied_beds"): (1, SOURCE),
        ("ICU", "blocked_beds"): (1, SOURCE),
        ("4W", "occupied_beds"): (1, SOURCE),
    }

    # A place that may be part of the unit: what is not certain is not said.
    send(commander, adt("A01", "V4", "ICU-B^1^A", at=minute(60)))
    act(
        enter,
        hospital.staff,
        readings=[Given("SBMC", "ICU", "occupied_beds", 6, clock.now(), "entered by hand")],
    )
    clock.advance(seconds=61)
    send(commander, adt("A01", "V5", "ICU^3^A", at=minute(62)))
    ticks.feed(rt)
    assert latest(db, hospital)["ICU", "occupied_beds"] == (6, "entered by hand")
    page = commander.get("/census/SBMC").text
    for words in ("ICU-B may be part of it", "6, entered by hand", "feed said 1", "never compared"):
        assert words in page, words

    # Silent for half an hour: nothing goes in, whatever changes here.
    clock.advance(minutes=31)
    act(actions.map_location, hospital.administrator, hospital.facility.id, "ICU-B",
        unit_id=hospital.units["ICU"].id, left_out=False)  # fmt: skip
    ticks.feed(rt)
    assert latest(db, hospital)["ICU", "occupied_beds"] == (6, "entered by hand")
    assert "the feed is silent" in PageClient(app, hospital.commander).get("/census/SBMC").text


def test_a_list_is_compared_with_the_census_of_its_time_and_a_person_accepts(
    app: Flask, act: Any, hospital: Hospital, db: Database, clock: ManualClock, commander: PageClient
) -> None:
    send(
        commander,
        adt("A01", "V1", "ICU^1^A", at=minute(0))
        + adt("A01", "V2", "ICU^2^A", at=minute(1))
        + adt("A01", "V3", "4W^1^A", at=minute(2))
        + adt("A01", "V5", "4W^5^A", at=minute(50)),  # after the list was taken: no difference
    )
    body = "visit,name,location,room,bed\nV1,Nolan Nobody,ICU,1,A\nV3,N,4W,7,\nV4,N,4W,9,A\n,N,4W,1,A\n"
    headers = {"Authorization": f"Bearer {commander.token}"}
    url = "/api/v1/facilities/SBMC/census/lists"
    sent = commander.http.post(
        f"{url}?taken_at=2026-11-23T08:30:00Z", data=body, content_type="text/csv", headers=headers
    )
    assert sent.status_code == 201, sent.text
    found = sent.get_json()
    assert (found["state"], found["patients"], found["same"]) == ("open", 3, 1)
    assert found["faults"] == ["Line 5: has no visit number."]
    kinds = {d["kind"]: d for d in found["differences"]}
    assert set(kinds) == {"ours", "theirs", "elsewhere"}
    assert kinds["ours"]["ours"]["point_of_care"] == "ICU"
    assert kinds["theirs"]["line"] == 4
    assert kinds["elsewhere"]["theirs"]["room"] == "7"
    assert commander.api("GET", "/facilities/SBMC/census/lists/latest", 200) == found

    page_url = f"/census/SBMC/lists/{found['id']}"
    page = commander.get(page_url).text
    assert "Nolan" not in page
    assert "Look at the differences" in commander.get("/census/SBMC").text
    staff = PageClient(app, hospital.leadership)
    staff.get(page_url)
    staff.post(page_url, {"do": "leave", "reason": "x"}, 403)
    assert "say why" in commander.post(page_url, {"do": "leave"}, 422).text
    with db.read() as session:
        visits = list(session.scalars(sa.select(AdtVisit.visit).where(AdtVisit.room == "2")))
        row = session.scalars(sa.select(CensusList)).one()
    theirs = commander.get(page_url).text.split('name="accept" value="')[1:]
    assert len(theirs) == 3
    commander.post(page_url, {"do": "accept", "accept": [t.split('"')[0] for t in theirs]})
    after = look(commander)
    assert occupied(after) == {"ICU": 1, "4W": 3}
    assert (after["corrected"], after["discharges"]) == (3, 0)
    with pytest.raises(Conflict, match="accepted already by"):
        act(actions.settle_list, hospital.commander, row.id, accept=set(visits))
    page = commander.get("/census/SBMC").text
    assert "never compared" not in page

    # The hospital's own discharge comes late and counts; a transfer after the list shows who was there.
    send(commander, adt("A03", "V2", at=minute(40)))
    after = look(commander)
    assert (occupied(after), after["corrected"], after["discharges"]) == ({"ICU": 1, "4W": 3}, 2, 1)

    # The same list as ADT messages, through the page: it agrees but for V5, who has come since.
    taken = "".join(
        adt("A01", v, p) for v, p in (("V1", "ICU^1^A"), ("V3", "4W^7"), ("V4", "4W^9^A"), ("V5", "4W^5^A"))
    )
    commander.get("/census/SBMC/lists")
    clock.advance(seconds=1)
    commander.post("/census/SBMC/lists", {"list": (io.BytesIO(taken.encode()), "list.hl7")})
    assert commander.api("GET", "/facilities/SBMC/census/lists/latest", 200)["state"] == "agreed"
    commander.post("/census/SBMC/lists", {"list": (io.BytesIO(b"a,b\n1,2\n"), "x.csv")}, 422)

    # A rule may accept a small difference, and says so; a list that mostly disagrees waits for a person.
    switch(act, hospital, accepts_up_to=1)
    with db.read() as session:
        (expected,) = watched(session)
    assert judge_list(expected, clock.now() + timedelta(hours=26)) is None
    assert judge_list(expected, clock.now() + timedelta(hours=26, seconds=1)) is not None
    for body, state in ((taken.replace("V5", "V6"), "open"), (taken.split("MSH")[1:2], "open")):
        text = body if isinstance(body, str) else "MSH" + body[0]
        clock.advance(seconds=1)
        assert commander.api("POST", "/facilities/SBMC/census/lists", 201, {"list": text})["state"] == state
    fewer = taken.rsplit("MSH", 1)[0]
    done = commander.api("POST", "/facilities/SBMC/census/lists", 201, {"list": fewer})
    assert (done["state"], done["differences"][0]["accepted"]) == ("accepted", True)
    assert occupied(look(commander)) == {"ICU": 1, "4W": 2}


def test_old_messages_are_let_go_and_nothing_of_today_changes(
    app: Flask, hospital: Hospital, db: Database, clock: ManualClock, commander: PageClient
) -> None:
    rt = app.extensions["muster"]
    old = (
        adt("A01", "V1", "ICU^1^A", at=minute(0), control="OLD")
        + adt("A03", "V1", at=minute(9))
        + adt("A08", "V1", at=minute(10))
        + adt("A01", "V2", "ICU^2^A", at=minute(0))  # still here
        + adt("A01", "V3", "4W^3^A", at=minute(0))
        + adt("A42", "V2", mrg="||||V3", at=minute(5))  # merged into somebody who is still here
    )
    send(commander, old)
    clock.advance(days=91)  # 04:00 in New York
    send(
        commander,
        adt("A01", "V9", "4W^9^A", at="20270222083000+0000") + adt("A03", "V9", at="20270222084500+0000"),
    )
    before = look(commander)
    assert ticks.tidy(rt) == 3
    assert ticks.tidy(rt) == 0
    with db.read() as session:
        kept = sorted(session.scalars(sa.select(AdtEvent.kind)))
    assert kept == ["A01", "A01", "A01", "A03", "A42"]
    assert look(commander) == before

    # Delivered once more: it is told why, and nobody comes back.
    send(commander, old.split("MSH")[1].join(["MSH", ""]))
    again = look(commander)
    assert occupied(again) == occupied(before)
    assert again["unmatched"] == 0, "counted on the day it happened"
    with db.read() as session:
        why = session.scalars(sa.select(AdtEvent.why).where(AdtEvent.control_id == "OLD")).one()
    assert "no longer kept" in why
    page = PageClient(app, hospital.commander).get("/census/SBMC/lists").text
    assert "1 patient in the census" in page
    clock.advance(hours=2)
    assert ticks.tidy(rt) == 0, "only in the small hours"
