"""The pages of triggers and of the lab."""

from __future__ import annotations

import gzip
import io
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core.clock import ManualClock
from app.core.db import Database
from app.surge.models import Firing, LabRun, Trigger
from tests.support.client import PageClient
from tests.support.hospital import Hospital, build
from tests.support.surge import declare, hold

pytestmark = pytest.mark.engine("sqlite")


def trigger_id(db: Database, slug: str = "icu_full") -> str:
    with db.read() as session:
        return session.scalars(sa.select(Trigger.id).where(Trigger.slug == slug)).one()


def form(**changes: str) -> dict[str, str]:
    return {
        "title": "ICU over 85",
        "unit_class": "icu",
        "measure": "occupancy",
        "window": "now",
        "comparison": "above",
        "threshold": "85",
        "on_delay": "60",
        "on_delay_unit": "minutes",
        "clear_limit": "80",
        "off_delay": "4",
        "off_delay_unit": "hours",
        "kind": "trigger",
        "resource": "space",
        "severity": "high",
        "recommends_rank": "2",
        "reason": "Huddle",
    } | changes


@pytest.fixture
def full(db: Database, clock: ManualClock, hospital: Hospital) -> Hospital:
    hold(db, clock, hospital, 120, ICU=12)
    return hospital


def test_the_editor_previews_and_saves(app: Flask, db: Database, full: Hospital) -> None:
    editor = PageClient(app, full.administrator)
    assert "Intensive care full" in editor.get("/capacity/SBMC/triggers").text
    new = "/capacity/SBMC/triggers/new"
    editor.get(new)
    page = editor.post(new, form(step="preview"), 200).text
    assert (
        "When occupancy in Intensive care is above 85 % for 60 minutes, until it is 80 % or less for 4 hours"
        in page
    )
    assert "It would have fired 1 time in the last 14 days" in page
    assert "<polyline" in page
    editor.post(new, form(step="save"))
    made = trigger_id(db, "icu_over_85")
    page = editor.get(f"/capacity/triggers/{made}").text
    assert "12 of 12 beds in use" in page
    edit = f"/capacity/triggers/{made}/edit"
    page = editor.get(edit).text
    assert 'value="85"' in page
    assert 'value="80"' in page
    editor.post(edit, form(step="save", version="1", threshold="150", clear_limit="150"))
    page = editor.get(f"/capacity/triggers/{made}").text
    assert "Version 2: When occupancy in Intensive care is above 150 %" in page
    assert "Version 1: When" in page
    stale = editor.post(edit, form(step="save", version="1", threshold="120"), 409).text
    assert "version 2 now" in stale
    history = editor.get("/capacity/SBMC/history").text
    assert "ICU over 85, changed, version 2: above 150 % for 60 minutes. Huddle" in history
    assert "must not be empty" in editor.post(f"/capacity/triggers/{made}/retire", {}, 422).text
    editor.post(f"/capacity/triggers/{made}/retire", {"reason": "Enough"})
    assert "1 retired" in editor.get("/capacity/SBMC/triggers").text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"threshold": "much"}, "This number: must be a number"),
        ({"threshold": "85.123"}, "at most two decimals"),
        ({"clear_limit": "90"}, "must be the limit itself, or below it"),
        ({"on_delay": "soon"}, "must be a whole number of minutes"),
        ({"on_delay": "99999", "on_delay_unit": "days"}, "For this long: must be 0 to"),
        ({"window": "mean"}, "Over how long: must be 1 to"),
        ({"measure": "ed_patients"}, "not counted in units of this kind"),
        ({"kind": "indicator"}, "an indicator recommends no level"),
        ({"scripted": "1"}, "say what is done at once"),
        ({"title": ""}, "Name: must have 1 to 200"),
        ({"reason": ""}, "Why: must not be empty"),
        ({"comparison": "near"}, "must be one of above"),
    ],
)
def test_refused_input_names_its_field_and_comes_back(
    app: Flask, full: Hospital, changes: dict[str, str], said: str
) -> None:
    editor = PageClient(app, full.administrator)
    page = editor.post("/capacity/SBMC/triggers/new", form(step="save", **changes), 422).text
    assert said in page
    assert "ICU over 85" in page or "title" in changes


def test_a_published_rule_to_start_from(app: Flask, db: Database, full: Hospital) -> None:
    editor = PageClient(app, full.administrator)
    page = editor.get("/capacity/SBMC/triggers/new?pack=california&rule=ca_hospital_notifies").text
    assert "Notify the department." in page
    editor.get("/capacity/SBMC/triggers/new?pack=california&rule=none", 404)


def test_seen_and_put_aside_by_page_and_on_the_board(app: Flask, db: Database, full: Hospital) -> None:
    incident = declare(db, full.commander, full)
    commander = PageClient(app, full.commander)
    board = commander.get(f"/incidents/{incident.id}").text
    assert "Page the intensivist on call" in board
    with db.read() as session:
        firing = session.scalars(sa.select(Firing).where(Firing.title == "Intensive care full")).one()
    commander.post(f"/capacity/firings/{firing.id}/acknowledge", {})
    assert "seen by Ada Quill" in commander.get(f"/incidents/{incident.id}").text
    found = trigger_id(db)
    commander.get(f"/capacity/triggers/{found}/shelve")
    assert (
        "choose for how long"
        in commander.post(f"/capacity/triggers/{found}/shelve", {"reason": "x"}, 422).text
    )
    commander.post(f"/capacity/triggers/{found}/shelve", {"reason": "Two leave at ten", "hours": "4"})
    board = commander.get(f"/incidents/{incident.id}").text
    assert "Put aside" in board
    assert "Two leave at ten" in board
    assert "put aside until" in commander.get(f"/capacity/triggers/{found}").text
    commander.post(f"/capacity/triggers/{found}/unshelve", {})
    assert "no longer put aside" in commander.get("/capacity/SBMC/history").text


def test_who_may_not_edit_may_look(app: Flask, db: Database, full: Hospital) -> None:
    found = trigger_id(db)
    commander = PageClient(app, full.commander)
    for url in (f"/capacity/triggers/{found}", "/capacity/SBMC/triggers", "/capacity/SBMC/lab"):
        commander.get(url)
    commander.get(f"/capacity/triggers/{found}/edit", 403)
    commander.get("/capacity/SBMC/triggers/new", 403)
    other = db.transact(build, "QRCH", "Quill River")
    stranger = PageClient(app, other.commander)
    for url in (f"/capacity/triggers/{found}", "/capacity/SBMC/triggers", "/capacity/SBMC/lab"):
        stranger.get(url, 403)


def question(**changes: Any) -> dict[str, Any]:
    return {
        "place": "icu",
        "measure": "occupancy",
        "days": "14",
        "target_comparison": "at_least",
        "target": "100",
        "hold": "1",
        "hold_unit": "hours",
        "ahead": "3",
        "ahead_unit": "days",
        "flap": "1",
        "flap_unit": "days",
        "rules_a": [],
        "rules_b": [],
    } | changes


def test_the_lab_over_the_hospitals_own_history(app: Flask, db: Database, full: Hospital) -> None:
    commander = PageClient(app, full.commander)
    own = f"own:{trigger_id(db, 'icu_tight')}"
    commander.get(f"/capacity/SBMC/lab?trigger={own[4:]}")
    tried = commander.get(f"/capacity/SBMC/lab?trigger={own[4:]}&care=chatters").text
    assert 'name="what_if_on_delay" value="240"' in tried, "twice as long"
    sent = commander.post("/capacity/SBMC/lab", question(rules_a=[own], title="Tight or full"))
    page = commander.get(sent.location).text
    assert "Tight or full" in page
    assert "Intensive care nearly full" in page
    assert "version 1" in page
    assert "Tight or full" in commander.get("/capacity/SBMC/lab").text


def ramp() -> bytes:
    """Two series of daily numbers: one goes over 100 on day 20, one stays quiet; one number is suppressed."""
    lines = ["at,used,of,series"]
    for day in range(40):
        used = 80 + day if day < 30 else 85
        lines.append(f"2026-01-{day + 1:02d}" if day < 31 else f"2026-02-{day - 30:02d}")
        lines[-1] += f",{'-999999' if day == 5 else used},100,North"
        lines.append(lines[-1].rsplit(",", 3)[0] + ",70,100,South")
    return gzip.compress("\n".join(lines).encode())


def test_the_lab_over_a_file_compares_two_sets(app: Flask, db: Database, full: Hospital) -> None:
    commander = PageClient(app, full.commander)
    own = f"own:{trigger_id(db, 'icu_tight')}"
    sent = commander.post(
        "/capacity/SBMC/lab",
        question(
            rules_a=[own],
            rules_b=[own],
            what_if_threshold="95",
            what_if_clear_limit="93",
            ahead="14",
            hold="1",
            hold_unit="days",
            file=(io.BytesIO(ramp()), "ramp.csv.gz"),
        ),
        content_type="multipart/form-data",
    )
    page = commander.get(sent.location).text
    assert "2 series, 79 numbers" in page
    assert "9.9 days" in page, "from 90 % on day 10, two hours on"
    assert "4.9 days" in page, "from 95 % on day 15"
    assert "version 1, with other numbers" in page
    assert page.count("<polyline") >= 2
    with db.read() as session:
        kept = session.scalars(sa.select(LabRun)).one()
    assert '"threshold":95' in kept.question


@pytest.mark.engine("sqlite")
def test_the_lab_tries_rules_about_several_things_on_one_file(app: Flask, full: Hospital) -> None:
    lines = [f"2026-01-{day:02d},{day + 10},30,{day},{day // 2}" for day in range(1, 31)]
    file = "\n".join(["at,occupied_beds,staffed_beds,staff_absent,ed_longest_wait", *lines])
    asked = question(
        rules_a=["pack:california:ca_hospital_notifies", "pack:iom_2009:iom_ed_wait_12_h"],
        target="95",
        file=(io.BytesIO(file.encode()), "ward.csv"),
    )
    commander = PageClient(app, full.commander)
    kept = commander.post("/capacity/SBMC/lab", asked, content_type="multipart/form-data")
    page = commander.get(kept.location).text
    assert "1 series, 30 numbers" in page
    assert page.count('data-label="Warned in time">1 of 1') == 2, "the set, and its rule about free beds"
    assert page.count('data-label="Warned in time">0 of 1') == 1, "the wait comes after"
    asked["rules_a"], asked["file"] = (
        ["pack:iom_2009:iom_staff_ill_10"],
        (io.BytesIO(file.encode()), "ward.csv"),
    )
    again = commander.post("/capacity/SBMC/lab", asked, 422, content_type="multipart/form-data").text
    assert "columns staff_absent and staff_rostered" in again


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "choose at least one rule"),
        ({"rules_a": ["own:nothing"]}, "choose rules of the list"),
        ({"rules_a": ["pack:california:ca_hospital_notifies"], "target": "x"}, "must be a number"),
        ({"rules_a": ["pack:california:ca_hospital_notifies"], "days": "0"}, "must be a whole number from 1"),
        (
            {"rules_a": ["pack:california:ca_hospital_notifies"], "measure": "ed_patients"},
            "not counted there",
        ),
        ({"rules_a": ["pack:california:ca_hospital_notifies"], "place": "nicu"}, "nobody has reported"),
        (
            {"rules_a": ["pack:california:ca_hospital_notifies"], "what_if_threshold": "9"},
            "get other numbers",
        ),
        (
            {"rules_a": ["pack:iom_2009:iom_no_icu_bed"], "csv": b"at,value\n2026-01-01,1\n"},
            "not in this file",
        ),
        (
            {"rules_a": ["pack:california:ca_hospital_notifies"], "csv": b"a,b\n1,2\n"},
            "must name the columns",
        ),
        ({"rules_a": ["pack:california:ca_hospital_notifies"], "csv": b"at,value\nsoon,2\n"}, "line 2"),
        (
            {"rules_a": ["pack:california:ca_hospital_notifies"], "csv": b"at,value\n2026-01-01,x\n"},
            "is no number",
        ),
    ],
)
def test_a_question_that_cannot_be_answered_names_its_field(
    app: Flask, full: Hospital, changes: dict[str, Any], said: str
) -> None:
    asked = question(**changes)
    if "csv" in asked:
        asked["file"] = (io.BytesIO(asked.pop("csv")), "file.csv")
    page = PageClient(app, full.commander).post(
        "/capacity/SBMC/lab", asked, 422, content_type="multipart/form-data"
    )
    assert said in page.text
