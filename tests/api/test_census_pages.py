"""The census and score pages, opened as people open them."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.accounts.actions import create_account
from app.accounts.identity import actor_of
from app.census.models import AdtRefusal
from app.census.receive import Receiver
from app.core.db import Database
from app.core.permissions import Role
from app.scores.catalogue import CALCULATORS
from tests.support.adt import adt, minute
from tests.support.client import PageClient
from tests.support.hospital import PASSWORD, SETUP, Hospital, build

pytestmark = pytest.mark.engine("sqlite")


def feed(app: Flask, hospital: Hospital, *messages: str) -> None:
    receiver = Receiver(app.extensions["muster"], hospital.commander, hospital.facility)
    receiver.receive("".join(messages).encode())


def test_the_only_hospital_is_shown_at_once(commander: PageClient) -> None:
    assert commander.get("/census", 302).headers["Location"] == "/census/SBMC"
    page = commander.get("/census/SBMC").text
    assert "No message has come" in page
    assert "not known" in page


def test_the_page_says_what_needs_an_eye(app: Flask, hospital: Hospital, commander: PageClient) -> None:
    feed(
        app,
        hospital,
        adt("A01", "V1", "ICU^1^A"),
        adt("A01", "V2", "ICU^1^A"),
        adt("A01", "V3", "RENAL^1^A"),
        adt("A13", "V9", "ICU^2^A", control="LOST1", at=minute(2)),
        adt("A01", "", control="BAD1"),
    )
    page = commander.get("/census/SBMC").text
    for words in ("1 bed with two patients", "RENAL", "1 in no unit", "LOST1", "no A03 of this visit to cancel",
                  "1 refused message waits"):  # fmt: skip
        assert words in page, words


def test_a_refused_message_is_looked_at(
    app: Flask, hospital: Hospital, commander: PageClient, db: Database
) -> None:
    feed(app, hospital, adt("A01", "", "ICU^1^A", control="BAD1"))
    page = commander.get("/census/SBMC/refused").text
    assert "PV1-19: a visit number is needed" in page
    assert "NOBODY" not in page
    assert "You are here" in page
    with db.read() as session:
        refusal_id = session.scalars(sa.select(AdtRefusal.id)).one()
    commander.post(f"/census/SBMC/refused/{refusal_id}/seen")
    assert "Nothing refused" in commander.get("/census/SBMC/refused").text


def test_an_administrator_says_what_a_location_is(app: Flask, hospital: Hospital) -> None:
    administrator = PageClient(app, hospital.administrator)
    feed(app, hospital, adt("A01", "V1", "RENAL^1^A"))
    assert "no unit" in administrator.get("/census/SBMC/locations").text
    administrator.post("/census/SBMC/locations", {"point_of_care": "renal", "unit": "4W"})
    page = administrator.get("/census/SBMC/locations").text
    assert "Four West" in page
    assert "RENAL is saved." in page
    bad = administrator.post("/census/SBMC/locations", {"point_of_care": "", "unit": "4W"}, 422)
    assert "1 to 80 characters" in bad.text
    bad = administrator.post("/census/SBMC/locations", {"point_of_care": "X", "unit": "NOPE"}, 422)
    assert "must be one of" in bad.text


def test_who_may_see_what(app: Flask, hospital: Hospital, commander: PageClient, act: Any) -> None:
    act(build, "HGEN", "Harbor General")
    commander.get("/census/HGEN", 403)
    commander.get("/census/NOPE", 404)
    commander.get("/census/SBMC/locations", 403)
    commander.get("/census/HGEN/refused", 403)
    assert "Nothing refused" in PageClient(app, hospital.leadership).get("/census/SBMC/refused").text


def test_who_belongs_to_all_hospitals_sees_a_list(app: Flask, hospital: Hospital, act: Any) -> None:
    act(build, "HGEN", "Harbor General")
    wanted = {"email": "all@demo.example", "role": Role.LEADERSHIP, "facility_id": None, "name": "Ida Voss"}
    account, _ = act(create_account, SETUP, **wanted, password=PASSWORD)
    page = PageClient(app, actor_of(account)).get("/census").text
    assert "Harbor General" in page
    assert page.count("no messages") == 2


def test_every_score_has_a_page_that_defines_its_inputs(commander: PageClient) -> None:
    listed = commander.get("/scores").text
    for calculator in CALCULATORS.values():
        assert f"/scores/{calculator.name}" in listed
        page = commander.get(f"/scores/{calculator.name}").text
        for wanted in calculator.inputs:
            assert wanted.label in page, wanted.name
    commander.get("/scores/nothing", 404)


NEDOCS = ("ed_patients=60&ed_beds=40&admits_in_ed=9&hospital_beds=300&ventilated=2&longest_admit_hours=10"
          "&last_bed_wait_hours=3")  # fmt: skip


def test_a_calculator_answers_with_the_make_up(commander: PageClient) -> None:
    page = commander.get(f"/scores/nedocs?{NEDOCS}").text
    assert "180" in page
    assert "Severely overcrowded" in page
    assert "provisional" not in page.split("What it is made of")[0].split("Result")[1]
    assert "out of date" in commander.get(f"/scores/nedocs?{NEDOCS}&stale=ed_beds").text
    missing = commander.get("/scores/nedocs?ed_patients=4").text
    assert "No number can be given" in missing
    assert "ED treatment spaces is not known" in missing
    assert "Must be greater" in commander.get(f"/scores/nedocs?{NEDOCS.replace('=60', '=-6')}").text
    boxes = commander.get("/scores/ppe?boxes=120+112,101+95+84").text
    assert "9.33" in boxes or "9.3" in boxes
    lines = "ICU,icu,14%0AM/S,med_surg,61%0A"
    assert "20" in commander.get(f"/scores/nurse_need?units={lines}").text
    wrong = commander.get("/scores/nurse_need?units=ICU,icu%0AX,moon,3").text
    assert "1: census" in wrong
    assert "2: kind" in wrong
