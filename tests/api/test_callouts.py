"""Call-outs at the API and on pages."""

from __future__ import annotations

import re

import pytest

from app.board.cards import CARDS, draw
from app.board.picture import fold
from app.core.db import Database
from app.journal import entries
from app.staffing.models import Person
from tests.support.callouts import called, declared, holder, question_to, questions, slots
from tests.support.client import PageClient
from tests.support.hospital import Hospital
from tests.support.phones import deliver, hand_over, intents, reply

OPERATIONS = "operations_section_chief"  # its list: Gita, Ben


@pytest.fixture
def incident(db: Database, hospital: Hospital):
    return declared(db, hospital)


@pytest.fixture
def staff_sender(app, hospital: Hospital) -> PageClient:
    return PageClient(app, hospital.command_staff)


def link_in(db: Database, person: Person) -> str:
    return re.search(r"/a/[\w-]{22}", intents(db, person, "question")[-1].body).group()


def test_open_read_and_stop_at_the_api(commander: PageClient, db, hospital, incident):
    base = f"/incidents/{incident.id}/callouts"
    wanted = {"positions": [OPERATIONS], "groups": [{"skill": "icu_nurse", "needed": 1}], "text": "Lobby"}
    made = commander.api("POST", base, 201, wanted, Idempotency_Key="k")
    assert commander.api("POST", base, 201, wanted, Idempotency_Key="k") == made
    assert [(s["title"], s["needed"], s["counts"]["asked"]) for s in made["slots"]] == [
        ("Operations Section Chief", 1, 1),
        ("ICU nurse", 1, 2),
    ]
    reply(db, hospital.phone(6), "1")
    found = commander.api("GET", f"{base}/{made['id']}", 200)
    asked = found["slots"][0]["asked"][0]
    assert (asked["name"], asked["outcome"], asked["stage"]) == ("Gita Lund", "coming", "asked")
    assert asked["expected_at"] is not None
    assert commander.api("GET", base, 200)["items"] == [found]
    stopped = commander.api("POST", f"{base}/{made['id']}/stop", 201, {"reason": "Enough"})
    assert [s["state"] for s in stopped["slots"]] == ["filled", "stopped"]
    assert commander.api("POST", f"{base}/{made['id']}/stop", 409, {"reason": "Again"})["status"] == 409


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "positions"),
        ({"positions": ["nonsense"]}, "positions"),
        ({"groups": [{"needed": 2}]}, "groups.0.skill"),
        ({"groups": [{"skill": "icu_nurse", "needed": 0}]}, "groups.0.needed"),
        ({"positions": [OPERATIONS], "text": "x" * 161}, "text"),
        ({"position": OPERATIONS}, "position"),
    ],
)
@pytest.mark.engine("sqlite")
def test_wrong_input_names_the_field(commander: PageClient, incident, body, field):
    assert field in commander.api("POST", f"/incidents/{incident.id}/callouts", 422, body)["errors"]


def test_staff_may_look_but_not_call(app, db, hospital, incident):
    staff = PageClient(app, hospital.staff)
    callout = called(db, hospital, incident, OPERATIONS)
    staff.api("POST", f"/incidents/{incident.id}/callouts", 403, {"positions": [OPERATIONS]})
    staff.api("GET", f"/incidents/{incident.id}/callouts/{callout.id}", 200)
    staff.get(f"/incidents/{incident.id}/callouts/{callout.id}")
    staff.get(f"/incidents/{incident.id}/callouts/new", 403)


def test_pick_look_send_watch_and_stop(staff_sender: PageClient, db, hospital, incident):
    base = f"/incidents/{incident.id}/callouts"
    assert "Operations Section Chief" in staff_sender.get(f"{base}/new?position={OPERATIONS}").text
    wanted = {
        "positions": [OPERATIONS],
        "group": "skill:icu_nurse",
        "needed": "1",
        "at_once": "1",
        "text": "",
    }
    shown = staff_sender.post(f"{base}/new", wanted, 200).text
    assert "Send to 3 people" in shown
    assert "GSM-7" in shown
    assert "Ben Orso" in shown
    assert questions(db) == []
    sent = staff_sender.post(f"{base}/new", wanted | {"send": "1"})
    page = staff_sender.get(sent.location).text
    assert "Gita Lund" in page
    assert "Call-out sent." in page
    staff_sender.get(base)
    slot = slots(db)[0]
    staff_sender.post(f"{sent.location}/slots/{slot.id}")
    staff_sender.post(f"{sent.location}/slots/{slot.id}", status=409)
    gita = question_to(db, hospital.people[6])
    staff_sender.post(f"{sent.location}/questions/{gita.id}", {"digit": "1"})
    assert holder(db, incident, OPERATIONS).person_name == "Gita Lund"
    staff_sender.post(f"{sent.location}/stop", {"reason": ""}, 422)
    staff_sender.post(f"{sent.location}/stop", {"reason": "Enough"})
    assert {s.state for s in slots(db)} == {"filled", "stopped"}


def test_what_was_typed_stays_when_it_cannot_be_sent(staff_sender: PageClient, incident):
    base = f"/incidents/{incident.id}/callouts/new"
    page = staff_sender.post(base, {"positions": [], "at_once": "many", "text": "Lobby"}, 422).text
    assert "must be a whole number from 1 to 20" in page
    assert 'value="Lobby"' in page
    page = staff_sender.post(base, {"group": "skill:icu_nurse", "needed": "x", "at_once": "1"}, 422).text
    assert "whole number from 1 to 2000" in page


def test_a_preview_names_the_character_that_makes_texts_longer(staff_sender: PageClient, db, incident):
    wanted = {"positions": [OPERATIONS], "at_once": "1", "text": "Go →"}
    page = staff_sender.post(f"/incidents/{incident.id}/callouts/new", wanted, 422).text
    assert "→" in page
    assert "segments of 2" in page


def test_a_link_shows_and_answers_only_when_pressed(client: PageClient, db, hospital, incident):
    called(db, hospital, incident, OPERATIONS)
    link = link_in(db, hospital.people[6])
    for _ in range(2):
        page = client.get(link).text
        assert "I come, within 60 minutes" in page
        assert "here by 05:00" in page
    assert question_to(db, hospital.people[6]).digit is None
    client.post(link, {"digit": "5"}, 422)
    client.post(link, {"digit": "2"})
    assert "You are expected by" in client.get(link).text
    assert holder(db, incident, OPERATIONS).eta_minutes == 60
    assert intents(db, hospital.people[6], "ack") == []


def test_a_link_wants_its_own_form_and_ends(client: PageClient, db, hospital, incident, clock):
    called(db, hospital, incident, OPERATIONS)
    link = link_in(db, hospital.people[6])
    assert client.http.post(link, data={"digit": "1"}).status_code == 400
    client.get(link[:-1] + ("A" if link[-1] != "A" else "B"), 404)
    clock.advance(hours=25)
    client.get(link, 404)
    client.post(link, {"digit": "1"}, 404)
    assert holder(db, incident, OPERATIONS) is None


def test_a_link_to_a_place_that_is_taken_says_so(client: PageClient, db, hospital, incident):
    called(db, hospital, incident, OPERATIONS, at_once=2)
    link = link_in(db, hospital.people[6])
    hand_over(db)
    reply(db, hospital.phone(1), "1")
    assert "need not come" in client.get(link).text
    client.post(link, {"digit": "1"})
    page = client.get(link).text
    assert "The place is taken" in page
    assert "already filled by Ben Orso" in page


def test_engine_and_policies(app, commander: PageClient, db, hospital, incident):
    called(db, hospital, incident, OPERATIONS)
    assert "ask the next on the list" in commander.get("/engine").text
    commander.get("/engine/policies", 403)
    administrator = PageClient(app, hospital.administrator)
    assert "Positions called for" in administrator.get("/engine/policies").text
    url = f"/engine/policies/{hospital.facility.id}/position"
    administrator.get(url)
    wrong = administrator.post(url, {"wait_1": "5", "do_1": "mark_overdue", "rounds": "1"}, 422).text
    assert "must be one of" in wrong
    administrator.post(url, {"wait_1": "7", "do_1": "ask_next", "rounds": "1"})
    assert "after 7 min ask the next on the list" in administrator.get("/engine/policies").text
    administrator.get(f"/engine/policies/{hospital.facility.id}/nonsense", 404)


def test_the_board_card_tells_the_stages_apart(app, db, hospital, incident):
    called(db, hospital, incident, OPERATIONS, at_once=2)
    deliver(db, "sent", hospital.people[6])
    reply(db, hospital.phone(6), "1")
    with db.read() as session:
        picture = fold(entries(session, incident.stream))
    card = CARDS["callouts"]
    html = draw(card, picture, picture.version("callouts"), card.context(picture))
    assert "Gita Lund by" in html
    assert "2 asked of 2, 1 not sent yet, 1 sent, 1 coming, 1 silent; 2 texted" in " ".join(html.split())
