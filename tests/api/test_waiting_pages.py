"""The pages of what waits for somebody, the link in its text, and the page that edits policies."""

from __future__ import annotations

import re

from app.core.clock import ManualClock
from app.escalation.planner import Step
from app.escalation.queries import policy_for
from tests.support.client import PageClient
from tests.support.hospital import Hospital
from tests.support.phones import last_text
from tests.support.waiting import coming, item, notices, policy, quiet, task, tick


def late(db, hospital: Hospital):
    policy(db, hospital)
    incident = quiet(db, hospital)
    task(db, hospital, incident)
    tick(db)
    return incident


def test_the_board_and_the_page_show_what_waits_and_take_it_over(db, hospital, commander: PageClient):
    incident = late(db, hospital)
    board = commander.get(f"/incidents/{incident.id}").text
    assert "Waiting for somebody" in board
    assert "nobody yet" in board
    page = f"/incidents/{incident.id}/waiting"
    assert "Open the tent" in commander.get(page).text
    commander.post(f"{page}/{item(db).id}/take", {})
    assert "with Ada Quill" in commander.get(page).text
    assert "with Ada Quill" in commander.get(f"/incidents/{incident.id}").text


def test_what_waits_is_put_aside_with_a_reason_and_taken_back(db, hospital, commander: PageClient):
    other = quiet(db, hospital)
    incident = late(db, hospital)
    base = f"/incidents/{incident.id}/waiting/{item(db).id}"
    again = commander.post(f"{base}/shelve", {"minutes": "60", "reason": ""}, 422).text
    assert "must not be empty" in again
    commander.post(f"{base}/shelve", {"minutes": "60", "reason": "On a truck"})
    assert "On a truck" in commander.get(f"/incidents/{incident.id}/waiting").text
    commander.post(f"{base}/unshelve", {})
    assert coming(db)[0].do == "tell_supervisor"
    commander.post(f"{base}/hand-on", {"position": "incident_commander"})
    assert any(n.role.startswith("handed on by") for n in notices(db))
    commander.post(f"/incidents/{other.id}/waiting/{item(db).id}/take", {}, 404)


def test_a_situation_report_is_given_on_the_page(db, hospital, commander: PageClient):
    incident = quiet(db, hospital)
    commander.post(f"/incidents/{incident.id}/report", {"text": "Twelve admitted, three in theatre"})
    assert "Situation report: Twelve admitted" in commander.get(f"/incidents/{incident.id}/log").text
    assert "The last was given" in commander.get(f"/incidents/{incident.id}/waiting").text


def test_the_link_in_the_text_needs_no_sign_in_and_answers_for_its_person_alone(
    db, hospital, client: PageClient, act
):
    late(db, hospital)
    secret = re.search(r"/w/([\w-]+)", last_text(db, hospital.people[0]))
    assert secret is not None
    url = f"/w/{secret[1]}"
    assert "Open the tent" in client.get(url).text
    client.post(url, {"notice": notices(db)[0].id, "digit": "5"}, 422)
    client.post(url, {"notice": notices(db)[0].id, "digit": "1"})
    assert item(db).owner == "Ada Quill"
    assert "With you" in client.get(url).text
    client.get("/w/unknown", 404)


def test_steps_are_added_moved_removed_and_shown_before_they_are_saved(app, db, hospital, clock: ManualClock):
    admin = PageClient(app, hospital.administrator)
    url = f"/engine/policies/{hospital.facility.id}/task"
    page = admin.get(url).text
    assert "What would happen" in page
    form = {"rounds": "1", "hold_minutes": "20", "bundled": "1", "wait_1": "5", "do_1": "tell_commander"}
    form |= {"to_1": "", "needs_1": "1", "begins_1": "", "ends_1": "", "outside_1": "skip", "only_1": ""}
    form |= {"from_level_1": "", "channels_1": "sms", "asks_1": "1"}
    second = {k.replace("_1", "_2"): v for k, v in form.items() if k.endswith("_1")}
    second |= {"do_2": "tell_role", "to_2": "Logistics Section Chief", "wait_2": "10", "begins_2": "07:00"}
    second |= {"ends_2": "19:00", "outside_2": "wait", "channels_2": "voice"}
    more = admin.post(url, form | second | {"act": "add"}, 200).text
    assert 'name="do_3"' in more
    fewer = admin.post(url, form | second | {"act": "remove-1"}, 200).text
    assert 'name="do_2"' not in fewer
    moved = admin.post(url, form | second | {"act": "up-2"}, 200).text
    assert re.search(r'name="to_1" value="Logistics Section Chief"', moved)
    shown = admin.post(url, form | second | {"act": "show"}, 200).text
    assert "04:05" in shown
    assert "07:00" in shown
    assert "tell the Logistics Section Chief by call" in shown
    with db.read() as session:
        assert policy_for(session, hospital.facility.id, "task").steps == (Step(0, "mark_overdue"),)
    admin.post(url, form | second | {"act": "save"})
    with db.read() as session:
        saved = policy_for(session, hospital.facility.id, "task")
    assert (saved.hold_minutes, saved.bundled) == (20, True)
    assert (saved.steps[1].to, saved.steps[1].channels) == ("logistics_section_chief", ("voice",))
    assert "tell the logistics section chief by call" in admin.get("/engine/policies").text.lower()


def test_what_cannot_be_is_refused_with_its_step_named(app, hospital):
    admin = PageClient(app, hospital.administrator)
    url = f"/engine/policies/{hospital.facility.id}/task"
    form = {"rounds": "1", "hold_minutes": "20", "wait_1": "5", "do_1": "tell_role", "to_1": "Captain"}
    for act in ("save", "show"):
        page = admin.post(url, form | {"act": act, "asks_1": "1", "channels_1": "sms"}, 422).text
        assert "Step 1, who is meant" in page
        assert "there is no &#39;Captain&#39;" in page
    wrong = form | {"to_1": "Safety Officer", "begins_1": "25:00", "ends_1": "07:00", "channels_1": "sms"}
    assert "Step 1, from" in admin.post(url, wrong, 422).text
    admin.post(f"/engine/policies/{hospital.facility.id}/nothing", form, 404)
