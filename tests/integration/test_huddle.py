"""The huddle through its pages: what is typed counts, what worries is carried over, what is held stays as it was."""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core.clock import ManualClock, local
from app.core.db import Database
from app.core.errors import Conflict, Forbidden, Invalid
from app.facilities.stream import stream_of
from app.huddle import actions
from app.huddle.building import build
from app.huddle.models import HuddleItem, HuddleSheet
from app.huddle.sheet import Sheet, read
from app.journal import entries
from tests.support.client import PageClient
from tests.support.hospital import Hospital
from tests.support.hospital import build as build_hospital
from tests.support.surge import count

HUDDLE = "/capacity/SBMC/huddle"
JSON = {"Accept": "application/json"}


def now_sheet(db: Database, hospital: Hospital, clock: ManualClock) -> Sheet:
    with db.read() as session:
        return build(session, hospital.facility, clock.now())


def kinds(db: Database, hospital: Hospital) -> list[str]:
    with db.read() as session:
        found = entries(session, stream_of(hospital.facility.id))
        return [each.kind for each in found if each.kind.startswith("huddle.")]


def test_a_morning_and_the_next(app: Flask, db: Database, clock: ManualClock, hospital: Hospital) -> None:
    clock.advance(hours=4)  # 08:00
    count(db, clock, hospital, ICU=11, _4W=26, ED=20)
    staff, icu = PageClient(app, hospital.staff), hospital.units["ICU"].id
    page = staff.get(HUDDLE).text
    assert "No earlier huddle has been kept" in page
    assert "no unit has." in page

    typed = {"expected_discharges": "2", "expected_admissions": "4", "nurses_next_shift": "5"}
    answer = staff.post(f"{HUDDLE}/units/{icu}", typed, 200, headers=JSON)
    assert answer.get_json()["message"] == "Intensive Care: saved."
    refused = staff.post(f"{HUDDLE}/units/{icu}", {"expected_discharges": "two"}, 422, headers=JSON)
    assert "is no count" in refused.get_json()["errors"]["expected_discharges"][0]
    staff.post(f"{HUDDLE}/units/{icu}", {}, 422, headers=JSON)
    row = next(each for each in now_sheet(db, hospital, clock).rows if each.code == "ICU")
    assert (row.free, row.nets[-1], row.needed, row.short) == (1, -1, 6, 1)

    wanted = {
        "kind": "equipment",
        "text": "Monitor 4 is down",
        "owner": "Biomed",
        "unit_id": icu,
        "due_at": "2026-11-23T12:00",
    }
    assert "say by when" in staff.post(f"{HUDDLE}/items", wanted | {"due_at": ""}, 422).text
    assert "must be one of" in staff.post(f"{HUDDLE}/items", wanted | {"kind": "gossip"}, 422).text
    staff.post(f"{HUDDLE}/items", wanted)
    sheet = staff.post(f"{HUDDLE}/hold", {"note": "On time", "at_physicians": "2"}).location
    assert "held the huddle a moment ago" in staff.post(f"{HUDDLE}/hold", {}, 409).text
    page = staff.get(sheet).text
    assert "There were: 2 physicians" in page
    assert "Monitor 4 is down" in page
    assert "Its midnight is still to come" in page

    clock.advance(hours=15, minutes=55)  # 23:55
    count(db, clock, hospital, ICU=12, _4W=25)
    clock.advance(hours=8)
    count(db, clock, hospital, ICU=10, _4W=25)
    staff = PageClient(app, hospital.staff)
    page = staff.get(HUDDLE).text
    assert "said 13, had 12" in page
    assert "carried over from 1 huddle" in page
    assert "late" in page[page.index("Monitor 4") :]
    row = next(each for each in now_sheet(db, hospital, clock).rows if each.code == "ICU")
    assert row.out.value is None, "what was said of yesterday is no word on today"

    item = page[page.index('id="item-') :].split('"')[1].removeprefix("item-")
    change = {"owner": "Night supervisor", "due_at": "2026-11-24T20:00"}
    staff.post(f"/capacity/huddle/items/{item}/change", change)
    staff.post(f"/capacity/huddle/items/{item}/done", {"outcome": "Replaced"})
    assert "has ended it already" in staff.post(f"/capacity/huddle/items/{item}/done", {}, 409).text
    second = staff.post(f"{HUDDLE}/hold", {}).location
    assert "Replaced" in staff.get(second).text
    page = staff.get(sheet).text
    assert "Replaced" not in page, "what is kept stays as it was"
    assert page.count("said 13, had 12") == 1, "and what became of it is told beside it"
    compared = staff.get(f"{second}?with={sheet.rsplit('/', 1)[1]}").text
    assert re.search(r"11 → 10\s*<strong>\(−1\)", compared)
    assert staff.get(f"{HUDDLE}/sheets").text.count("/huddle/sheets/") == 2
    assert kinds(db, hospital) == [
        "huddle.item_raised",
        "huddle.held",
        "huddle.item_changed",
        "huddle.item_done",
        "huddle.held",
    ]
    with db.read() as session:
        held = session.scalars(sa.select(HuddleSheet).order_by(HuddleSheet.held_at)).all()
        told = [
            each.data["digest"]
            for each in entries(session, stream_of(hospital.facility.id))
            if each.kind == "huddle.held"
        ]
        assert told == [hashlib.sha256(each.sheet.encode()).hexdigest() for each in held]
        assert read(held[0].sheet).items[0].text == "Monitor 4 is down"


@pytest.mark.engine("sqlite")
def test_who_may_do_what(app: Flask, db: Database, clock: ManualClock, hospital: Hospital) -> None:
    leader, icu = PageClient(app, hospital.leadership), hospital.units["ICU"].id
    page = leader.get(HUDDLE).text
    assert "cell no-print" not in page
    leader.post(f"{HUDDLE}/units/{icu}", {"expected_discharges": "1"}, 403)
    leader.post(f"{HUDDLE}/items", {"kind": "safety", "text": "x", "owner": "y"}, 403)
    leader.post(f"{HUDDLE}/hold", {}, 403)
    other = db.transact(build_hospital, "QRCH", "Quill River")
    stranger = PageClient(app, other.commander)
    for url in (HUDDLE, f"{HUDDLE}/sheets"):
        stranger.get(url, 403)
    due = clock.now() + timedelta(hours=1)
    wanted = {"kind": "safety", "text": "Wet floor", "owner": "Cleaning", "due_at": due}
    item = db.transact(actions.raise_item, hospital.staff, hospital.facility.id, **wanted)
    with pytest.raises(Forbidden):
        db.transact(actions.end_item, other.commander, item.id)
    their = {**wanted, "unit_id": other.units["ICU"].id}
    with pytest.raises(Invalid, match="no such unit"):
        db.transact(actions.raise_item, hospital.staff, hospital.facility.id, **their)
    with pytest.raises(Invalid, match="due_at"):
        db.transact(actions.change_item, hospital.staff, item.id, owner="Cleaning", due_at=due)
    held = db.transact(actions.hold, hospital.staff, hospital.facility.id, attendees={})
    stranger.get(f"{HUDDLE}/sheets/{held.id}", 403)
    PageClient(app, other.commander).get(f"/capacity/QRCH/huddle/sheets/{held.id}", 404)
    with pytest.raises(Conflict, match="Cleo Vance"):
        db.transact(actions.hold, hospital.commander, hospital.facility.id, attendees={})
    with db.read() as session:
        assert session.get_one(HuddleItem, item.id).huddles == 1
    assert local(held.held_at, "America/New_York").date().isoformat() == held.day
