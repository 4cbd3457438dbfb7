"""The beds number by number, surge spaces, and what numbers rest on: by page, as the people who do it."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core.clock import ManualClock
from app.core.db import Database
from app.core.errors import Conflict, Forbidden, Invalid
from app.facilities.models import RatioWaiver, SurgeSpace
from app.facilities.stream import stream_of
from app.incidents.models import stream_of as incident_stream
from app.journal import entries
from app.surge.actions import spaces
from app.surge.capacity import houses
from app.surge.history import words
from tests.support.client import PageClient
from tests.support.hospital import Hospital, build
from tests.support.surge import declare, enter, given

SPACE = {"area": "Endoscopy", "unit_class": "med_surg", "beds": "6", "hours_to_open": "4", "staff": "2 RN"}


def lines(db: Database, stream: str, prefix: str) -> list[str]:
    with db.read() as session:
        return [words(e.kind, e.data) for e in entries(session, stream) if e.kind.startswith(prefix)]


def test_a_surge_space_is_opened_staffed_and_closed_and_the_journals_tell(
    db: Database, clock: ManualClock, hospital: Hospital
) -> None:
    admin, commander, staff = hospital.administrator, hospital.commander, hospital.staff
    wanted = {"area": "Endoscopy", "unit_class": "med_surg", "beds": 6, "hours_to_open": 4, "licensed": False}
    with pytest.raises(Forbidden):
        db.transact(spaces.add_space, commander, hospital.facility.id, **wanted)
    with pytest.raises(Invalid, match="beds: must be"):
        db.transact(spaces.add_space, admin, hospital.facility.id, **{**wanted, "beds": 0})
    made = db.transact(spaces.add_space, admin, hospital.facility.id, **wanted)
    with pytest.raises(Conflict, match="already a surge space called"):
        db.transact(spaces.add_space, admin, hospital.facility.id, **wanted)
    with pytest.raises(Conflict, match="until it is open"):
        db.transact(spaces.count_space, staff, made.id, nurses=1, patients=0)
    with pytest.raises(Forbidden):
        db.transact(spaces.move_space, staff, made.id, state="open", reason="Full")
    real = declare(db, commander, hospital)
    drill = declare(db, commander, hospital, exercise=True)
    for state in ("opening", "open"):
        db.transact(spaces.move_space, commander, made.id, state=state, reason="Wards are full")
        with pytest.raises(Conflict, match=f"Endoscopy is {state} since"):
            db.transact(spaces.move_space, commander, made.id, state=state, reason="Again")
    counted = db.transact(spaces.count_space, staff, made.id, nurses=1, patients=2)
    assert (counted.nurses, counted.patients, counted.counted_at) == (1, 2, clock.now())
    closed = db.transact(spaces.move_space, commander, made.id, state="closed", reason="Quiet")
    assert (closed.nurses, closed.counted_at) == (None, None)
    told = [
        "Surge space Endoscopy (6 beds) is being opened: Wards are full",
        "Surge space Endoscopy (6 beds) is open: Wards are full",
        "Surge space Endoscopy (6 beds) is closed: Quiet",
    ]
    facility = stream_of(hospital.facility.id)
    assert lines(db, facility, "space.") == ["Surge space added: Endoscopy, 6 beds in 4 h", *told]
    assert lines(db, incident_stream(real.id), "space.") == told
    assert lines(db, incident_stream(drill.id), "space.") == []


@pytest.mark.engine("sqlite")
def test_beds_spaces_and_basis_by_page(
    app: Flask, db: Database, clock: ManualClock, hospital: Hospital
) -> None:
    admin, commander = PageClient(app, hospital.administrator), PageClient(app, hospital.commander)
    leader = PageClient(app, hospital.leadership)
    now = clock.now()
    enter(
        db,
        hospital.staff,
        given("ICU", 6, now),
        given("ICU", 4, now, "nurses_on_duty"),
        given("ICU", 2, now, "blocked_beds"),
        given("ICU", 3, now, "blocked_cleaning"),
        given("ICU", 5, now, "openable_24h"),
    )
    page = leader.get("/capacity/SBMC/beds").text
    assert "2, limited by nurses: 4 × 2 = 8" in page
    assert "13 physical beds − 2 blocked = 11" in page
    assert "the causes add up to 3 blocked beds, but 2 are blocked in all" in page
    assert "since when is not recorded" in page
    assert "Good for</dt><dd>90 min" in page

    unit = f"/capacity/SBMC/units/{hospital.units['ICU'].id}/beds"
    leader.get(unit, 403)
    admin.get(unit)
    beds = {"licensed_beds": "14", "physical_beds": "9", "staffed_beds": "9", "patients_per_nurse": "2"}
    assert "no more than" not in admin.post(unit, beds, 422).text
    assert 'value="9"' in admin.post(unit, beds | {"licensed_beds": "many", "reason": "x"}, 422).text
    admin.post(unit, beds | {"reason": "Rooms rebuilt", "since": "2026-11-01T08:00"})
    assert "limited by beds: 9 physical − 2 blocked = 7" in admin.get("/capacity/SBMC/beds").text

    admin.get("/capacity/SBMC/spaces/new")
    again = admin.post("/capacity/SBMC/spaces/new", SPACE | {"staff": "nurses", "beds": "x"}, 422).text
    assert "number first" in again
    assert ">nurses</textarea>" in again
    admin.post("/capacity/SBMC/spaces/new", SPACE)
    with db.read() as session:
        space = f"/capacity/spaces/{session.scalars(sa.select(SurgeSpace)).one().id}"
    assert "Within 4 h</dt><dd>6 beds" in admin.get("/capacity/SBMC/spaces").text
    admin.get(f"{space}/edit")
    admin.post(f"{space}/edit", SPACE | {"staff": "3 RN", "stuff": "6 beds"})
    assert "must not be empty" in commander.post(f"{space}/state", {"state": "open"}, 422).text
    commander.post(f"{space}/state", {"state": "open", "reason": "Full"})
    assert "nobody has said how many nurses" in commander.get(space).text
    commander.post(f"{space}/count", {"nurses": "1", "patients": "x"}, 422)
    commander.post(f"{space}/count", {"nurses": "1", "patients": "2"})
    assert "3, limited by nurses: 1 × 5 = 5" in commander.get(space).text

    basis(admin, leader, db)
    history = leader.get("/capacity/SBMC/history").text
    for said in (
        "physical beds 9, before 13",
        "staff 3 RN, before 2 RN",
        "Nurse ratios: California Title 22",
    ):
        assert said in history
    other = db.transact(build, "QRCH", "Quill River")
    stranger = PageClient(app, other.commander)
    for url in ("/capacity/SBMC/beds", "/capacity/SBMC/spaces", space, "/capacity/SBMC/basis", "/u/SBMC/ICU"):
        stranger.get(url, 403)


def basis(admin: PageClient, leader: PageClient, db: Database) -> None:
    """How the hospital counts, its ratios and a waiver; `leader` only looks."""
    url = "/capacity/SBMC/basis"
    assert "not said" in leader.get(url).text
    leader.post(f"{url}/counting", {"newborns": "excluded", "reason": "x"}, 403)
    assert "must not be empty" in admin.post(f"{url}/counting", {"newborns": "excluded"}, 422).text
    admin.post(f"{url}/counting", {"newborns": "excluded", "reason": "Bed meeting"})
    admin.post(f"{url}/ratios", {"ratio_set": "utopia", "reason": "x"}, 422)
    admin.post(f"{url}/ratios", {"ratio_set": "california_title_22", "reason": "House rule"})
    waiver = {"unit_class": "med_surg", "patients_per_nurse": "7", "reason": "Order 7"}
    assert "a waiver has an end" in admin.post(f"{url}/waivers", waiver, 422).text
    admin.post(f"{url}/waivers", waiver | {"ends_at": "2026-12-24T08:00"})
    assert "1 nurse for 7" in leader.get(url).text
    with db.read() as session:
        waiver_id = session.scalars(sa.select(RatioWaiver.id)).one()
    admin.post(f"/capacity/waivers/{waiver_id}/end", {}, 422)
    admin.post(f"/capacity/waivers/{waiver_id}/end", {"reason": "Over"})


@pytest.mark.engine("sqlite")
def test_many_hospitals_take_as_many_queries_as_one(db: Database, hospital: Hospital) -> None:
    others = [db.transact(build, f"H{number}", f"Hospital {number}") for number in range(2)]
    ids = [hospital.facility.id, *(other.facility.id for other in others)]
    statements: list[str] = []
    sa.event.listen(db.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    with db.read() as session:
        houses(session, ids[:1], db.clock.now(), trend=True)
        one_hospital = [one for one in statements if one != "BEGIN"]
        found = houses(session, ids, db.clock.now(), trend=True)
    assert len([one for one in statements if one != "BEGIN"]) == 2 * len(one_hospital)
    assert len(one_hospital) <= 5
    assert list(found) == ids
    assert all(len(house.units) == 3 for house in found.values())
