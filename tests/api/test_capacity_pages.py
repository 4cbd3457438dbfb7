"""The pages of capacity, levels and the board's cards."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core.clock import ManualClock
from app.core.db import Database
from app.surge import actions
from app.surge.models import LatestReading, Recommendation
from tests.support.client import PageClient
from tests.support.hospital import Hospital, build
from tests.support.surge import count, declare, given, hold, open_one, recommendations

pytestmark = pytest.mark.engine("sqlite")


def unit_url(hospital: Hospital, code: str = "ICU") -> str:
    return f"/capacity/SBMC/units/{hospital.units[code].id}"


def latest(db: Database) -> dict[str, int]:
    with db.read() as session:
        rows = session.execute(sa.select(LatestReading.metric, LatestReading.value))
        return {row.metric: row.value for row in rows}


def test_capacity_opens_at_the_own_hospital(commander: PageClient) -> None:
    assert commander.get("/capacity", 302).location.endswith("/capacity/SBMC")
    page = commander.get("/capacity/SBMC").text
    assert "No unit has a fresh count" in page
    assert "Nobody has set a level yet" in page
    commander.get("/capacity/NOPE", 404)


def test_numbers_stand_with_age_source_and_what_is_missing(
    app: Flask, db: Database, clock: ManualClock, hospital: Hospital
) -> None:
    hold(db, clock, hospital, 120, ICU=11)
    commander = PageClient(app, hospital.commander)
    page = commander.get("/capacity/SBMC").text
    assert "91.6 %" in page
    assert "huddle" in page
    assert "1 of 1 unit not in the sum" in page
    assert "Recommended: Watch" in page
    clock.advance(minutes=90)
    commander = PageClient(app, hospital.commander)
    page = commander.get("/capacity/SBMC").text
    assert "occupied beds too old" in page
    assert "staffed beds occupied, 91.6 %" not in page


def test_what_is_wrong_comes_first_and_lines_carry_the_levels_that_were_set(
    app: Flask, db: Database, clock: ManualClock, hospital: Hospital
) -> None:
    count(db, clock, hospital, ICU=13, _4W=20, ED=9)
    commander = PageClient(app, hospital.commander)
    commander.post("/capacity/SBMC/level", {"rank": "1", "plan": "note", "reason": "Bus on the way"})
    page = " ".join(commander.get("/capacity/SBMC").text.split())
    first = page.index('class="grid classes"')
    assert "1 too many: 13 patients" in page[:first]
    assert "Missing or too old in 3 of 3 units" in page[:first]
    assert "Blocked beds: never reported" in page[:first]
    icu = page[page.index('id="class-icu"') : page.index('id="class-med_surg"')]
    assert "13 occupied" in icu
    assert "limit 90 %, limit 100 %, Watch set 23 Nov" in icu
    assert icu.count('<path class="flag"') == 1
    assert "Ask them all by text" not in page or "polls.start" in app.view_functions
    clock.advance(hours=2)
    page = PageClient(app, hospital.commander).get("/capacity/SBMC").text
    assert "Occupied beds: 13," in page
    assert "1 of 1 unit not in the sum" in page


def test_counting_a_unit_by_form_and_by_one_tap(
    app: Flask, db: Database, clock: ManualClock, hospital: Hospital
) -> None:
    staff = PageClient(app, hospital.staff)
    staff.get(unit_url(hospital))
    staff.post(unit_url(hospital), {"occupied_beds": "9", "staffed_beds": "12", "blocked_beds": ""})
    assert latest(db) == {"occupied_beds": 9, "staffed_beds": 12}
    page = staff.get(unit_url(hospital)).text
    assert "Intensive Care: 2 numbers saved" in page
    assert "limited by reported staffed beds: 12 (nurses on duty not reported)" in page
    assert (
        page.index("Due now")
        < page.index("Nurses on duty")
        < page.index("Good for now")
        < page.index("Still 9")
    )
    staff.post(unit_url(hospital), {"step": "occupied_beds:1", "nurses_on_duty": "6"})
    assert (latest(db)["occupied_beds"], latest(db)["nurses_on_duty"]) == (10, 6)
    assert "2, limited by nurses: 6 × 2 = 12" in staff.get(unit_url(hospital)).text
    staff.post(unit_url(hospital), {"same": "occupied_beds"})
    assert latest(db)["occupied_beds"] == 10
    for nothing in (
        {"same": "blocked_beds"},
        {"step": "blocked_beds:-1"},
        {"step": "x"},
        {"same": "ed_patients"},
    ):
        assert "at least one number" in staff.post(unit_url(hospital), nothing, 422).text
    staff.post(unit_url(hospital), {"blocked_beds": "1", "blocked_cleaning": "2"})
    assert (
        "the causes add up to 2 blocked beds, but 1 are blocked in all" in staff.get(unit_url(hospital)).text
    )
    assert staff.get("/u/SBMC/ICU", 302).location.endswith(unit_url(hospital))
    staff.get("/u/SBMC/NOPE", 404)
    clock.advance(minutes=91)
    page = PageClient(app, hospital.staff).get(unit_url(hospital)).text
    assert page.index("Due now") < page.index("Still 10") < page.index("Good for now") < page.index("Still 6")
    assert "not known: occupied beds too old" in page


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({}, "enter at least one number"),
        ({"occupied_beds": "nine"}, "is no count"),
        ({"occupied_beds": "-1"}, "is no count"),
        ({"occupied_beds": "9", "observed_at": "2026-11-23T09:00"}, "in the future"),
        ({"occupied_beds": "9", "observed_at": "soon"}, "must be a date and time"),
    ],
)
def test_a_wrong_number_comes_back_with_what_was_typed(
    commander: PageClient, hospital: Hospital, db: Database, form: dict[str, str], said: str
) -> None:
    page = commander.post(unit_url(hospital), form, 422).text
    assert said in page
    assert all(f'value="{value}"' in page for value in form.values())
    assert latest(db) == {}


def test_too_many_patients_is_taken_with_a_warning(commander: PageClient, hospital: Hospital) -> None:
    commander.post(unit_url(hospital), {"occupied_beds": "20"})
    assert "20 occupied beds, but it has 13 physical beds" in commander.get("/capacity/SBMC").text


def test_leadership_may_look_and_nothing_else(app: Flask, hospital: Hospital) -> None:
    leader = PageClient(app, hospital.leadership)
    leader.get("/capacity/SBMC")
    leader.get("/capacity/SBMC/history")
    leader.get(unit_url(hospital), 403)
    leader.get("/capacity/SBMC/level", 403)
    leader.get("/capacity/upload", 403)


def test_another_hospitals_people_see_nothing(app: Flask, db: Database, hospital: Hospital) -> None:
    other = db.transact(build, "QRCH", "Quill River")
    stranger = PageClient(app, other.commander)
    for url in ("/capacity/SBMC", "/capacity/SBMC/history", "/capacity/SBMC/level", unit_url(hospital)):
        stranger.get(url, 403)


def test_confirming_by_page_declares_and_starts_the_plan(
    app: Flask, db: Database, clock: ManualClock, hospital: Hospital
) -> None:
    hold(db, clock, hospital, 60, ICU=12)
    commander = PageClient(app, hospital.commander)
    url = f"/capacity/recommendations/{open_one(db).id}"
    page = commander.get(url).text
    assert "Intensive care full" in page
    assert "choose where" in commander.post(f"{url}/confirm", {"reason": "Full"}, 422).text
    assert "guide" in commander.post(f"{url}/confirm", {"reason": "Full", "plan": "declare"}, 422).text
    assert "must not be empty" in commander.post(f"{url}/confirm", {"plan": "note"}, 422).text
    commander.post(f"{url}/confirm", {"reason": "Full", "plan": "declare", "guide": "staff_shortage"})
    assert "The level is Severe surge." in commander.get("/capacity/SBMC").text
    late = commander.post(f"{url}/decline", {"reason": "No"}, 409).text
    assert "confirmed by Ada Quill" in late
    commander.get(url, 302)
    history = commander.get("/capacity/SBMC/history").text
    assert "Surge level Severe surge, before Normal, driven by space: Full" in history


def test_declining_and_setting_by_page(
    app: Flask, db: Database, clock: ManualClock, hospital: Hospital
) -> None:
    hold(db, clock, hospital, 60, ICU=12)
    commander = PageClient(app, hospital.commander)
    commander.post(f"/capacity/recommendations/{open_one(db).id}/decline", {"reason": "Two leave at ten"})
    assert recommendations(db) == [("Severe surge", "declined")]
    commander.get("/capacity/SBMC/level")
    for form in ({}, {"rank": "9"}, {"rank": "x"}):
        assert (
            "choose one of the levels"
            in commander.post("/capacity/SBMC/level", {"plan": "note", "reason": "x", **form}, 422).text
        )
    commander.post("/capacity/SBMC/level", {"rank": "2", "plan": "note", "reason": "Bus on the way"})
    page = commander.get("/capacity/SBMC/level").text
    assert "Going down needs fresh numbers" in page
    assert "Nobody named what drives the level" in page
    down = {"rank": "1", "plan": "note", "reason": "Quiet"}
    assert "Four West" in commander.post("/capacity/SBMC/level", down, 409).text


def test_the_board_shows_level_recommendation_and_beds(
    app: Flask, db: Database, clock: ManualClock, hospital: Hospital
) -> None:
    incident = declare(db, hospital.commander, hospital)
    url = f"/incidents/{incident.id}"
    assert "no fresh count" in PageClient(app, hospital.commander).get(url).text
    hold(db, clock, hospital, 60, ICU=12)
    commander = PageClient(app, hospital.commander)
    page = commander.get(url).text
    assert "recommended: Severe surge" in page
    assert "12 of 12" in page
    assert "100.0 %" in page
    assert "Trigger fired, Intensive care full: 12 of 12 beds in use" in page
    confirm = f"/capacity/recommendations/{open_one(db).id}/confirm"
    answer = commander.post(
        confirm, {"reason": "Full", "plan": incident.id}, 200, headers={"Accept": "application/json"}
    )
    assert answer.get_json()["message"] == "The level is Severe surge."
    page = commander.get(url).text
    assert "Set by Ada Quill" in page
    assert "recommended: Severe surge" not in page


def test_an_exercise_board_says_what_is_real(
    app: Flask, db: Database, clock: ManualClock, hospital: Hospital
) -> None:
    drill = declare(db, hospital.commander, hospital, exercise=True)
    hold(db, clock, hospital, 60, ICU=12)
    commander = PageClient(app, hospital.commander)
    page = commander.get(f"/incidents/{drill.id}").text
    assert "This is real, not part of the exercise" in page
    commander.post("/capacity/SBMC/level", {"rank": "2", "plan": drill.id, "reason": "Inject 4"})
    assert "Inject 4" in commander.get(f"/incidents/{drill.id}").text
    assert "Nobody has set a level yet" in commander.get("/capacity/SBMC").text


def test_the_beds_card_has_the_version_of_the_readings(
    commander: PageClient, db: Database, clock: ManualClock, hospital: Hospital
) -> None:
    incident = declare(db, hospital.commander, hospital)
    cards = f"/incidents/{incident.id}/cards?after=9999"

    def version() -> int:
        found = commander.http.get(cards).get_json()["cards"]
        return next(card["version"] for card in found if card["id"] == "capacity")

    assert version() == 0
    count(db, clock, hospital, ICU=5)
    assert version() == 1
    db.transact(actions.enter, hospital.staff, readings=[given("ICU", 5, clock.now())])
    assert version() == 1
    with db.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Recommendation)) == 0
