"""The pages of scores and of escalation schemes, and a trigger on a score."""

from __future__ import annotations

import io

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core.clock import ManualClock
from app.core.db import Database
from app.journal.models import JournalEntry
from app.surge.models import Reading
from tests.support.client import PageClient
from tests.support.hospital import Hospital, build
from tests.support.surge import firings, given

pytestmark = pytest.mark.engine("sqlite")

INPUTS = {
    "ed_patients": "40",
    "ed_boarding": "9",
    "ed_ventilated": "2",
    "ed_longest_boarding_minutes": "600",
    "ed_last_bed_wait_minutes": "180",
}
# 24 spaces; 46 licensed inpatient beds: -20 + 143 + 117.39 + 26.8 + 9.3 + 16.92
NEDOCS = "Before rounding 293.4; shown from 0 to 200."
TRIGGER = {
    "title": "Department overcrowded",
    "unit_class": "ed",
    "measure": "nedocs",
    "window": "now",
    "comparison": "at_least",
    "threshold": "141",
    "on_delay": "0",
    "on_delay_unit": "minutes",
    "kind": "trigger",
    "resource": "space",
    "severity": "high",
    "recommends_rank": "1",
    "reason": "Huddle",
}


def inputs_url(hospital: Hospital) -> str:
    return f"/capacity/SBMC/scores/{hospital.units['ED'].id}"


def test_scores_from_what_is_typed_to_a_trigger_that_fires(
    app: Flask, db: Database, hospital: Hospital, clock: ManualClock
) -> None:
    staff, editor = PageClient(app, hospital.staff), PageClient(app, hospital.administrator)
    page = staff.get("/capacity/SBMC/scores").text
    assert "ED patients is not known: no number can be given." in page
    assert "No unit has a fresh count" in page
    staff.get(inputs_url(hospital))
    editor.post("/capacity/SBMC/triggers/new", TRIGGER | {"step": "save"})
    assert "enter at least one number" in staff.post(inputs_url(hospital), {}, 422).text
    wrong = staff.post(inputs_url(hospital), {"ed_patients": "many", "ed_waiting_room": "1.5"}, 422).text
    assert wrong.count("is no count") >= 2
    staff.post(inputs_url(hospital), INPUTS)
    page = staff.get("/capacity/SBMC/scores").text
    assert NEDOCS in page
    assert "Dangerously overcrowded" in page
    assert "40 patients in 24 treatment spaces" in page
    assert "ED visits a year is not known" in page
    assert "Boarders are more than 10 % of ED patients" in page
    assert firings(db) == [("Department overcrowded", None)]
    clock.advance(minutes=31)
    later = PageClient(app, hospital.staff).get("/capacity/SBMC/scores").text
    assert "ED patients is out of date: the score is provisional." in later
    assert NEDOCS in later
    db.transact(_look)
    assert firings(db) == [("Department overcrowded", None)], "what is too old clears nothing"
    other = PageClient(app, db.transact(build, "QRCH", "Quill River").commander)
    other.get("/capacity/SBMC/scores", 403)
    other.get(inputs_url(hospital), 403)


def _look(uow: object) -> None:
    from app.surge.actions import look_again
    from tests.support.surge import PROGRAM

    look_again(uow, PROGRAM)  # type: ignore[arg-type]


FILLED = {
    "title": "House tiers",
    "source": "Board paper 7",
    "p0_label": "NEDOCS",
    "p0_direction": "up",
    "p0_cut_points": "60 140",
    "p0_points": "2 5",
    "p0_measure": "nedocs ed",
    "p2_label": "Handover",
    "p2_direction": "up",
    "p2_cut_points": "15, 30",
    "p2_points": "1 3",
    "p2_max_age": "1",
    "b0_level": "1",
    "b0_label": "Level 1",
    "b0_from_points": "0",
    "b0_to_points": "4",
    "b1_level": "2",
    "b1_label": "Level 2",
    "b1_from_points": "5",
    "b1_actions": "acute trust: Open the lounge",
    "reason": "From the annex",
}


def test_a_scheme_from_the_empty_template_to_its_level(
    app: Flask, db: Database, hospital: Hospital, clock: ManualClock
) -> None:
    editor, staff = PageClient(app, hospital.administrator), PageClient(app, hospital.staff)
    assert "No scheme is kept here" in editor.get("/capacity/SBMC/schemes").text
    template = editor.get("/capacity/SBMC/schemes/template.toml").text
    new = "/capacity/SBMC/schemes/new"
    assert "NHS England OPEL, to be filled in" in editor.get(new).text
    kept = {"title": "OPEL, to be filled in", "reason": "To begin with"}
    url = editor.post(new, kept).location
    page = editor.get(url).text
    assert "This scheme is empty" in page
    assert "empty: no level can be given" in editor.get("/capacity/SBMC/schemes").text

    wrong = FILLED | {"p0_points": "5 2", "b1_from_points": "6", "number": "1"}
    page = editor.post(f"{url}/edit", wrong, 422).text
    assert "must rise with every cut-point" in page
    assert "must be 5: sums may neither be left out" in page
    editor.post(f"{url}/edit", FILLED | {"number": "1"})
    assert "at version 2 now" in editor.post(f"{url}/edit", FILLED | {"number": "1"}, 409).text
    assert "nothing has been changed" in editor.post(f"{url}/edit", FILLED | {"number": "2"}, 422).text
    file = {"step": "file", "file": (io.BytesIO(template.encode()), "opel.toml")}
    assert "NHS England OPEL" in editor.post(new, file, 200, content_type="multipart/form-data").text
    bad = {"step": "file", "file": (io.BytesIO(b"title = 3"), "x.toml")}
    assert "does not fit" in editor.post(new, bad, 422, content_type="multipart/form-data").text

    staff.post(inputs_url(hospital), INPUTS)
    page = staff.get(url).text
    assert "5 to 8 points" in page
    assert "Without a value: Handover" in page
    assert "<strong>Level 2</strong> <span" in page, "whatever Handover is"
    assert "is no number" in staff.post(f"{url}/values", {"handover": "long"}, 422).text
    assert "enter at least one value" in staff.post(f"{url}/values", {}, 422).text
    staff.post(f"{url}/values", {"handover": "20"})
    page = staff.get(url).text
    assert "6 points" in page
    assert "Open the lounge" in page
    clock.advance(minutes=31)
    page = PageClient(app, hospital.staff).get(url).text
    assert "At least Level 1, at most Level 2" in page
    assert "not known, or too old" in page
    clock.advance(minutes=30)
    page = PageClient(app, hospital.staff).get(url).text
    assert "Too old: Handover" in page
    assert "no value is known" in page
    staff = PageClient(app, hospital.staff)
    staff.get(f"{url}/edit", 403)
    editor = PageClient(app, hospital.administrator)
    editor.get(f"{url}/edit")
    editor.post(f"{url}/retire", {"reason": "Over"})
    assert "No scheme is kept here" in editor.get("/capacity/SBMC/schemes").text
    with db.read() as session:
        kinds = (
            sa.select(JournalEntry.data).where(JournalEntry.kind == "scheme.saved").order_by(JournalEntry.seq)
        )
        changes = [str(data) for data in session.scalars(kinds)]
    assert [word for data in changes for word in ("new", "changed", "retired") if f'"{word}"' in data] == [
        "new",
        "changed",
        "retired",
    ]


def test_a_score_goes_stale_by_its_own_readings_alone(
    db: Database, hospital: Hospital, clock: ManualClock
) -> None:
    """One visit a year is good for a year: it does not age with the rest."""
    from app.surge.livescores import scores_of
    from tests.support.surge import enter

    now = clock.now()
    enter(db, hospital.staff, given("ED", 40_000, now, "ed_visits_year"))
    with db.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Reading)) == 1
        clock.advance(hours=24 * 90)
        found = scores_of(session, hospital.facility.id, clock.now())["cedocs"]
    by_input = {each.made.origin.input: each.made for each in found.inputs}
    assert by_input["annual_visits"].fresh
    assert found.live.score.score is None
