"""The pages of the four S, the step into crisis, and a hospital's own levels."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from flask import Flask

from app.core.clock import ManualClock
from app.core.db import Database
from app.core.errors import Conflict, Invalid
from app.facilities.stream import stream_of
from app.journal import entries
from app.surge import actions, inforce, queries
from app.surge.definitions import read
from app.surge.levels import Level
from tests.support.client import PageClient
from tests.support.hospital import Hospital
from tests.support.surge import count as counted
from tests.support.surge import declare, hold, open_one, recommendations

pytestmark = pytest.mark.engine("sqlite")
LEVEL, LEVELS, CRISIS = "/capacity/SBMC/level", "/capacity/SBMC/levels", "/capacity/SBMC/crisis"


def speak_for_crisis(db: Database, hospital: Hospital) -> None:
    """The trigger for a full intensive care recommends crisis care from now on."""
    with db.read() as session:
        found = next(t for t, _ in queries.triggers(session, hospital.facility.id) if t.slug == "icu_full")
        definition = read(found.definition)
    changed = type(definition)(**{**vars(definition), "recommends_rank": 5})
    db.transact(
        actions.edit_trigger,
        hospital.administrator,
        found.id,
        version=1,
        definition=changed,
        reason="Table-top of May",
    )


def test_what_drives_the_level_and_one_s_at_a_time(
    app: Flask, db: Database, clock: ManualClock, hospital: Hospital
) -> None:
    hold(db, clock, hospital, 60, ICU=12)
    commander = PageClient(app, hospital.commander)
    page = commander.get(LEVEL).text
    assert "Confirm or decline Severe surge" in page
    assert "triggers ask for contingency" in page
    assert "Missing or too old: Emergency, Four West" in page
    assert "No trigger watches this" in page
    with db.read() as session:
        renamed = replace(inforce.levels_of(session, hospital.facility.id)[3], label="Code orange")
    who, said = hospital.administrator, "Our own names"
    db.transact(actions.change_level, who, hospital.facility.id, version=0, level=renamed, reason=said)
    assert sorted(recommendations(db)) == [("Code orange", "open"), ("Severe surge", "superseded")]
    assert "choose where it stands" in commander.post(f"{LEVEL}/staff", {"plan": "note"}, 422).text
    staff = {"band": "contingency", "plan": "note", "reason": "Nine nurses ill"}
    assert "the level rises with it" in commander.get(f"{LEVEL}/staff").text
    commander.post(f"{LEVEL}/staff", staff)
    page = commander.get(LEVEL).text
    assert "Surge level: Surge" in page
    assert "Driven by <strong>staff</strong>" in page
    assert "Nine nurses ill" in page
    commander.post(f"/capacity/recommendations/{open_one(db).id}/confirm", {"reason": "Full", "plan": "note"})
    assert "Driven by <strong>staff and space</strong>" in commander.get(LEVEL).text
    counted(db, clock, hospital, ICU=12, ED=5, _4W=5)
    page = commander.get(LEVEL).text
    assert "Not yet: Intensive care full" in page
    down = {"rank": "2", "plan": "note", "reason": "Quiet"}
    assert "Not yet: Intensive care full" in commander.post(LEVEL, down, 409).text
    commander.get("/capacity/SBMC/level/money", 404)
    history = commander.get("/capacity/SBMC/history").text
    assert "Surge level Surge, before Normal, driven by staff: Nine nurses ill" in history
    commander.post(f"{LEVEL}/staff", {"band": "conventional", "plan": "note", "reason": "Float pool came"})
    history = commander.get("/capacity/SBMC/history").text
    assert "Staff is conventional, before contingency: Float pool came" in history


def test_a_lower_level_instead_answers_the_recommendation_and_an_exercise_has_its_own_four(
    app: Flask, db: Database, clock: ManualClock, hospital: Hospital
) -> None:
    drill = declare(db, hospital.commander, hospital, exercise=True)
    hold(db, clock, hospital, 60, ICU=12)
    commander = PageClient(app, hospital.commander)
    instead = {"rank": "2", "plan": "note", "reason": "Two leave at ten", "instead_of": open_one(db).id}
    commander.post(LEVEL, {**instead, "resources": ["space"]})
    assert recommendations(db) == [("Severe surge", "declined")]
    assert "Surge instead: Two leave at ten" in commander.get("/capacity/SBMC/history").text
    page = commander.get(f"{LEVEL}?incident={drill.id}").text
    assert "Surge level: Normal" in page
    assert "Intensive care full" not in page
    crisis = {"resource": "stuff", "plan": drill.id, "reason": "Inject 9", "name": "Ada Quill"}
    commander.post(CRISIS, crisis)
    page = commander.get(f"{LEVEL}?incident={drill.id}").text
    assert "Driven by <strong>stuff</strong>" in page
    assert "Surge level: Surge" in commander.get(LEVEL).text
    assert "stuff" in commander.get(f"{LEVEL}/stuff?incident={drill.id}").text
    down = {"rank": "4", "plan": drill.id, "reason": "Inject 12"}
    assert "staffed to start again" in commander.post(LEVEL, down, 422).text
    commander.post(LEVEL, {**down, "restart": "1"})


def test_crisis_is_confirmed_by_itself_with_the_persons_name(
    app: Flask, db: Database, clock: ManualClock, hospital: Hospital
) -> None:
    incident = declare(db, hospital.commander, hospital)
    counted(db, clock, hospital, ICU=5)
    speak_for_crisis(db, hospital)
    hold(db, clock, hospital, 60, ICU=12)
    recommendation = open_one(db)
    assert (recommendation.band, recommendation.drivers) == ("crisis", "space")
    commander = PageClient(app, hospital.commander)
    assert "Decide about crisis" in commander.get(f"/incidents/{incident.id}").text
    url = f"/capacity/recommendations/{recommendation.id}"
    page = commander.get(url).text
    assert f'action="{url}/confirm"' not in page, "not with the same button as any level"
    assert "name the one" in commander.post(f"{url}/confirm", {"reason": "x", "plan": "note"}, 422).text
    page = commander.get(f"{CRISIS}?recommendation={recommendation.id}").text
    assert not re.search(r'name="resource"[^>]*checked', page), "nothing is chosen beforehand"
    form = {"recommendation": recommendation.id, "resource": "space", "plan": incident.id}
    form["reason"] = "No bed, no transfer"
    assert "type your name" in commander.post(CRISIS, {**form, "name": "Ada"}, 422).text
    assert "choose the one" in commander.post(CRISIS, {**form, "resource": ""}, 422).text
    commander.post(CRISIS, {**form, "name": "ada quill"})
    assert recommendations(db) == [("Crisis care", "confirmed")]
    page = commander.get(LEVEL).text
    assert "Surge level: Crisis care" in page
    assert "The care that was put off is staffed" in page
    assert "Crisis care" in commander.get(f"/incidents/{incident.id}").text
    more = {"resource": "staff", "plan": "note", "reason": "One nurse for ten", "name": "Ada Quill"}
    commander.post(CRISIS, more)
    assert "space" in commander.get(f"{LEVEL}/space").text
    back = {"band": "contingency", "plan": "note", "reason": "Agency nurses"}
    assert "staffed to start again" in commander.post(f"{LEVEL}/staff", back, 422).text
    commander.post(f"{LEVEL}/staff", {**back, "restart": "1"})
    with db.read() as session:
        standing = inforce.standing(session, hospital.facility.id, clock.now())
    assert (standing.band, standing.drivers) == ("crisis", ("space",))


def test_a_hospital_edits_its_levels_and_what_is_in_force_stays(
    app: Flask, db: Database, clock: ManualClock, hospital: Hospital
) -> None:
    facility_id = hospital.facility.id
    db.transact(actions.set_level, hospital.commander, facility_id, rank=3, reason="Huddle")
    PageClient(app, hospital.commander).get(f"{LEVELS}/3", 403)
    editor = PageClient(app, hospital.administrator)
    page = editor.get(LEVELS).text
    assert "Recommended by" in page
    assert "in force" in page
    editor.get(f"{LEVELS}/7", 404)
    editor.get(f"{LEVELS}/new")
    form = {"version": "0", "label": "Code orange", "meaning": "Most units are full.", "colour": "orange"}
    form |= {"band": "contingency", "reason": "Our own plan of 2026"}
    card = {
        "task-0-text": "Open the lounge",
        "task-0-position": "liaison_officer",
        "task-0-due_minutes": "20",
    }
    for wrong, said in (
        ({"task-2-text": "Call", "task-2-due_minutes": "soon"}, "choose one of the positions"),
        ({"label": "Watch"}, "another level has this name"),
        ({"band": "crisis"}, "Critical above it cannot be contingency"),
        ({"colour": "pink"}, "must be one of grey"),
        ({"reason": ""}, "must not be empty"),
    ):
        page = editor.post(f"{LEVELS}/3", {**form, **card, **wrong}, 422).text
        assert said in page
        assert "Open the lounge" in page, "what was typed stays"
    editor.post(f"{LEVELS}/3", {**form, **card, "task-0-evidence": "hour it opened"})
    assert "version 1 is in force" in editor.post(f"{LEVELS}/3", {**form, **card}, 409).text
    page = editor.get(LEVELS).text
    assert "Severe surge: name, meaning, plan changed" in page
    assert "hour it opened" in page
    with db.read() as session:
        level = queries.level(session, facility_id)
        ladder = inforce.levels_of(session, facility_id)
    assert level is not None
    assert (level.label, level.version, ladder[3].label) == ("Severe surge", 0, "Code orange")
    assert [task.text for task in ladder[3].tasks] == ["Open the lounge"]
    incident = declare(db, hospital.commander, hospital)
    db.transact(
        actions.set_level, hospital.commander, facility_id, rank=4, reason="More", incident_id=incident.id
    )
    counted(db, clock, hospital, ICU=5, ED=5, _4W=5)
    db.transact(
        actions.set_level, hospital.commander, facility_id, rank=3, reason="Less", incident_id=incident.id
    )
    board = PageClient(app, hospital.commander).get(f"/incidents/{incident.id}").text
    assert "Code orange" in board
    assert "Open the lounge" in board


def test_levels_come_and_go_but_never_from_under_a_trigger_or_a_level_in_force(
    app: Flask, db: Database, hospital: Hospital
) -> None:
    editor = PageClient(app, hospital.administrator)
    new = {"version": "0", "rank": "7", "label": "Crisis II", "meaning": "Worse.", "colour": "purple"}
    new |= {"band": "crisis", "reason": "State plan"}
    assert "another level stands there" in editor.post(f"{LEVELS}/new", {**new, "rank": "5"}, 422).text
    editor.post(f"{LEVELS}/new", new)
    assert "Crisis II" in PageClient(app, hospital.commander).get(CRISIS).text, "two to choose from"
    page = editor.post(f"{LEVELS}/3/remove", {"version": "1", "reason": "Fewer"}, 409).text
    assert "Intensive care full" in page
    assert "cannot be removed" in editor.post(f"{LEVELS}/0/remove", {"version": "1", "reason": "x"}, 422).text
    db.transact(actions.set_level, hospital.commander, hospital.facility.id, rank=4, reason="Huddle")
    with pytest.raises(Conflict, match="Critical is in force"):
        db.transact(
            actions.remove_level, hospital.administrator, hospital.facility.id, version=1, rank=4, reason="x"
        )
    editor.post(f"{LEVELS}/7/remove", {"version": "1", "reason": "Not needed"})
    with db.read() as session:
        ladder = inforce.levels_of(session, hospital.facility.id)
        last = list(entries(session, stream_of(hospital.facility.id)))[-1]
    assert (ladder.version, ladder.ranks) == (2, [0, 1, 2, 3, 4, 5])
    assert (last.kind, last.data["change"]) == ("surge.levels_edited", "Crisis II removed")
    graver = [replace(ladder[rank], band="crisis") for rank in (4, 3)]
    facility_id, reason = hospital.facility.id, "State plan"

    def change(version: int, level: Level) -> None:
        db.transact(
            actions.change_level,
            hospital.administrator,
            facility_id,
            version=version,
            level=level,
            reason=reason,
        )

    change(2, graver[0])
    with pytest.raises(
        Invalid, match="below Critical, which is in force as contingency; it cannot be crisis"
    ):
        change(3, graver[1])
